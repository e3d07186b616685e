#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Debian's gunicorn with the package's hooks, beside what the kernel says (ss): workers of the kinds
sync, gthread and uvicorn, recycled and killed."""

import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import connstat

PATIENCE_S = 60
HERE = pathlib.Path(__file__).parent
REQUEST = b"GET %s HTTP/1.1\r\nHost: test\r\n\r\n"


class GunicornTest(unittest.TestCase):
    def setUp(self):
        if shutil.which("gunicorn", path="/usr/bin") is None:
            self.skipTest("no gunicorn")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="connstat-gunicorn.",
                                                       dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.environment = os.environ | {"CONNSTAT_DIR": str(self.directory)}
        self.environment["PYTHONPATH"] += f":{HERE}"
        self.clients = contextlib.ExitStack()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]

    def start(self, application, *arguments):
        configuration = self.directory / "gunicorn.conf.py"
        configuration.write_text("import connstat.gunicorn\n"
                                 'connstat.gunicorn.install(globals(), "web")\n')
        log = open(self.directory / "log", "w+")
        self.addCleanup(log.close)
        self.gunicorn = subprocess.Popen(
            [sys.executable, "/usr/bin/gunicorn", "-c", configuration, "-b",
             f"127.0.0.1:{self.port}", "-w", "2", "--worker-tmp-dir", "/dev/shm",
             "--graceful-timeout", "2", *arguments, f"application:{application}"],
            env=self.environment, stdout=log, stderr=log)
        self.addCleanup(self.end)
        self.addCleanup(self.clients.close)
        self.eventually(lambda: (self.directory / "web.connstat").exists(), "the segment")
        self.tracker = connstat.open("web", directory=str(self.directory))
        self.addCleanup(self.tracker.close)
        self.eventually(lambda: len(self.tracker.workers()) == 2, "two workers")

    def end(self):
        self.gunicorn.send_signal(signal.SIGTERM)
        self.gunicorn.wait(PATIENCE_S)

    def eventually(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"waited in vain: {what}\n{(self.directory / 'log').read_text()}")
            time.sleep(0.02)

    def client(self, path=b"/"):
        made = self.clients.enter_context(
            socket.create_connection(("127.0.0.1", self.port), PATIENCE_S))
        made.sendall(REQUEST % path)
        return made

    def kernel(self):
        lines = subprocess.run(["ss", "-Htn", "state", "established",
                                f"( sport = :{self.port} )"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        return len(lines.splitlines())

    def count(self, kind):
        return self.tracker.count(kind)

    def kill_a_worker(self):
        """The busiest; gunicorn starts another."""
        victim = max(self.tracker.workers(), key=lambda worker: worker["live_total"])
        os.kill(victim["pid"], signal.SIGKILL)
        self.eventually(lambda: victim["pid"] in
                        [death["pid"] for death in self.tracker.deaths()], "the death")
        self.eventually(lambda: len(self.tracker.workers()) == 2, "another worker")
        return victim

    def held(self, kind, requests):
        self.start("wsgi", "-k", kind, "--threads", "4" if kind == "gthread" else "1")
        clients = [self.client(b"/held") for _ in range(requests)]
        self.eventually(lambda: self.count("http_request") == requests, "all are served")
        self.assertEqual(self.kernel(), requests)
        (self.directory / "go").touch()
        for client in clients:
            self.assertIn(b"200 OK", client.recv(4096))
        self.eventually(lambda: self.count("http_request") == 0, "all are answered")

    def test_sync(self):
        self.held("sync", 2)

    def test_gthread(self):
        self.held("gthread", 4)  # one worker may have to serve them all

    def test_a_killed_worker(self):
        self.start("wsgi", "-k", "gthread", "--threads", "4")
        for _ in range(4):
            self.client(b"/held")
        self.eventually(lambda: self.count("http_request") == 4, "all are served")
        victim = self.kill_a_worker()
        self.assertEqual(self.count("http_request"), 4 - victim["live_total"])
        self.eventually(lambda: self.kernel() == self.count("http_request"), "the kernel agrees")

    def test_recycled_workers(self):
        """--max-requests: each worker leaves in order, again and again, and nothing stays."""
        self.start("wsgi", "-k", "gthread", "--threads", "4", "--max-requests", "5")
        for _ in range(60):
            with contextlib.suppress(ConnectionError):
                client = self.client()
                client.recv(4096)
                client.close()
        self.eventually(lambda: self.count("http_request") == 0, "all are answered")
        self.eventually(lambda: len(self.tracker.workers()) == 2, "two workers")
        self.assertEqual([death for death in self.tracker.deaths() if death["lost_total"]], [])

    def test_websockets(self):
        import websockets

        async def play():
            async with contextlib.AsyncExitStack() as open_ones:
                players = [await open_ones.enter_async_context(
                    websockets.connect(f"ws://127.0.0.1:{self.port}/")) for _ in range(40)]
                for player in players:
                    await player.send("hello")
                    self.assertEqual(await player.recv(), "hello")
                self.assertEqual((self.count("ws_socket"), self.kernel()), (40, 40))
                victim = self.kill_a_worker()
                self.assertEqual(self.count("ws_socket"), 40 - victim["live_total"])
                self.eventually(lambda: self.kernel() == self.count("ws_socket"),
                                "the kernel agrees")
                for player in players:
                    with contextlib.suppress(websockets.ConnectionClosed, ConnectionError):
                        await asyncio.wait_for(player.close(), PATIENCE_S)
            self.eventually(lambda: self.kernel() == self.count("ws_socket") == 0, "all have gone")
        self.start("asgi", "-k", "uvicorn.workers.UvicornWorker")
        asyncio.run(play())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
