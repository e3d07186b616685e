# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Drive the real `connstat serve` on a free port of the loopback.

A test script is run as: test_x.py CONNSTAT WORKER, and ends with main().
"""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))

from harness import CONNSTAT, CliTest, OK, PATIENCE_S, SEGMENT, main  # noqa: E402


class Server:
    """One `connstat serve`; ends in order, or the test fails."""

    def __init__(self, test, *arguments, **options):
        self.test = test
        listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
        self.process = subprocess.Popen(
            [CONNSTAT, "serve", *listen, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, **({"env": test.environment} | options))
        self.pid = self.process.pid
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise AssertionError(self.process.communicate(timeout=PATIENCE_S)[1])
        self.host, port = self.url.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)

    def end(self, number=signal.SIGTERM):
        """Returns what it said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, complaint = self.process.communicate(timeout=PATIENCE_S)
        if number == signal.SIGTERM:
            self.test.assertEqual(self.process.returncode, OK, complaint)
        return complaint

    def connect(self):
        return socket.create_connection((self.host.strip("[]"), self.port), PATIENCE_S)

    def ask(self, path, method="GET", headers=None, body=None):
        """Status, headers and body."""
        connection = http.client.HTTPConnection(self.host.strip("[]"), self.port, PATIENCE_S)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()

    def json(self, path, parameters=(), status=200, **options):
        query = urllib.parse.urlencode(parameters)
        answer = self.ask(path + (query and f"?{query}"), **options)
        self.test.assertEqual(answer[0], status, answer)
        document = json.loads(answer[2])
        holds_counts = "total_connections" in document or "lease_ms" in document
        self.test.assertEqual(document["schema"], 2 if holds_counts else 1)
        return document

    def pages(self, **parameters):
        """The entries of /api/v1/entries, page by page."""
        parameters.setdefault("limit", 7)
        while True:
            page = self.json("/api/v1/entries", parameters)
            yield page["entries"]
            if not page["next"]:
                return
            parameters["after"] = page["next"]

    def entries(self, **parameters):
        return [entry for page in self.pages(**parameters) for entry in page]

    def metrics(self):
        """{name: {labels: value}}, labels as they stand between the braces, but for the test's
        own segment."""
        status, headers, text = self.ask("/metrics")
        self.test.assertEqual(status, 200)
        self.test.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        found = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                name, _, labels = series.partition("{")
                labels = labels.rstrip("}")
                own = f'segment="{SEGMENT}"'
                if labels.startswith(own):
                    labels = labels.removeprefix(own).removeprefix(",")
                found.setdefault(name, {})[labels] = float(value)
        return found

    @contextlib.contextmanager
    def events(self, query="", headers=None):
        """A generator of (event, data)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request("GET", "/events" + query, headers=headers or {})
            response = connection.getresponse()
            self.test.assertEqual(response.status, 200)
            self.test.assertEqual(response.headers["Content-Type"], "text/event-stream")
            yield read_events(response)


def read_events(response):
    event = {}
    while line := response.readline().decode():
        if line == "\n" and "data" not in event:
            event = {}  # only tells when to come back
        elif line == "\n":
            yield event["event"], json.loads(event["data"])
            event = {}
        else:
            name, _, value = line.rstrip("\n").partition(": ")
            event[name] = value


class ServeTest(CliTest):
    def serve(self, *arguments, **options):
        server = Server(self, *arguments, **options)
        self.addCleanup(self.finish, server)
        return server

    def finish(self, server):
        """Sanitizers report on standard error and by the exit status."""
        complaint = server.end()
        # Root stays root in the test's own directory, which nobody else can enter.
        if os.geteuid() == 0:
            complaint = "".join(line for line in complaint.splitlines(True)
                                if "stays user root" not in line)
        self.assertEqual(complaint, "")


__all__ = ["CONNSTAT", "OK", "PATIENCE_S", "SEGMENT", "Server", "ServeTest", "contextlib", "json",
           "main", "os", "signal", "socket", "subprocess", "sys", "threading", "time"]
