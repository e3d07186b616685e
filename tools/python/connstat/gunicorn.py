# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Hooks for gunicorn. In gunicorn.conf.py:

    import connstat.gunicorn
    connstat.gunicorn.install(globals(), "web")

The master makes the segment and clears what dead workers leave; workers join it with the label
"gunicorn worker"; requests of the synchronous workers (sync, gthread) are registered as http_request
while they are served. Hooks that the configuration has before the call are called as well.
"""

from typing import Any, Callable, Mapping

from . import Tracker

TYPES = {"http_request": "channel", "ws_socket": "connection"}

_PATH_CHARACTERS = 40


class Hooks:
    """What gunicorn calls; each is given on to what the configuration had under that name."""

    def __init__(self, name: str | None, types: Mapping[str, Any], options: Mapping[str, Any],
                 before: Mapping[str, Callable[..., None]]) -> None:
        self.name, self.types, self.options, self.before = name, types, options, before
        self.tracker: Tracker | None = None

    def _call_before(self, hook: str, *arguments: Any) -> None:
        if hook in self.before:
            self.before[hook](*arguments)

    def on_starting(self, server: Any) -> None:
        self.tracker = Tracker(self.name, self.types, **self.options)
        self._call_before("on_starting", server)

    def when_ready(self, server: Any) -> None:
        self.tracker.start_reaper()
        self._call_before("when_ready", server)

    def post_fork(self, server: Any, worker: Any) -> None:
        self.tracker.join("gunicorn worker")
        self._call_before("post_fork", server, worker)

    def pre_request(self, worker: Any, request: Any) -> None:
        self._call_before("pre_request", worker, request)
        peer = request.peer_addr if isinstance(request.peer_addr, tuple) else (None, None)
        path = request.path.encode("utf-8", "replace").decode("utf-8")[:_PATH_CHARACTERS]
        try:
            request.connstat_entry = self.tracker.register(
                "http_request", addr=peer[0], port=peer[1], path=path)
        except OSError:
            request.connstat_entry = None  # a refused registration refuses no client

    def post_request(self, worker: Any, request: Any, environ: Any, response: Any) -> None:
        entry = getattr(request, "connstat_entry", None)
        if entry is not None:
            entry.close()
        self._call_before("post_request", worker, request, environ, response)


def install(configuration: dict[str, Any], name: str | None = None,
            types: Mapping[str, Any] | None = None, **options: Any) -> Hooks:
    """Put the hooks into a configuration file's globals(). options are Tracker's."""
    names = ("on_starting", "when_ready", "post_fork", "pre_request", "post_request")
    before = {hook: configuration[hook] for hook in names if hook in configuration}
    hooks = Hooks(name, types or TYPES, options, before)

    # gunicorn counts a hook's parameters, and wants functions of just so many.
    def on_starting(server):
        hooks.on_starting(server)

    def when_ready(server):
        hooks.when_ready(server)

    def post_fork(server, worker):
        hooks.post_fork(server, worker)

    def pre_request(worker, req):
        hooks.pre_request(worker, req)

    def post_request(worker, req, environ, resp):
        hooks.post_request(worker, req, environ, resp)

    configuration.update(on_starting=on_starting, when_ready=when_ready, post_fork=post_fork,
                         pre_request=pre_request, post_request=post_request)
    return hooks
