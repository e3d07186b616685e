# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Requests and WebSockets of an ASGI application:

    tracker = connstat.Tracker("web", types=connstat.asgi.TYPES)
    app = connstat.asgi.Tracked(app, tracker)

A request or a WebSocket is registered while the application serves it, with addr and port of its
client and its path. The application finds its entry in scope["connstat.entry"], to update it. A
registration that is refused refuses no client; there the entry is None.
"""

from typing import Any, Awaitable, Callable, MutableMapping

from . import Tracker

TYPES = {"http_request": "channel", "ws_socket": "connection"}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_TYPE_OF_SCOPE = {"http": "http_request", "websocket": "ws_socket"}
_PATH_CHARACTERS = 40


class Tracked:
    def __init__(self, application: Application, tracker: Tracker) -> None:
        self.application = application
        self.tracker = tracker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = _TYPE_OF_SCOPE.get(scope["type"])
        if kind is None:
            await self.application(scope, receive, send)
            return
        addr, port = (scope.get("client") or (None, None))[:2]
        path = scope["path"].encode("utf-8", "replace").decode("utf-8")[:_PATH_CHARACTERS]
        try:
            entry = self.tracker.register(kind, addr=addr, port=port, path=path)
        except OSError:
            entry = None
        scope["connstat.entry"] = entry
        try:
            await self.application(scope, receive, send)
        finally:
            if entry is not None:
                entry.close()
