# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Drive the real connstat against segments of real workers, in a directory of the test's own.

A test script is run as: test_x.py CONNSTAT WORKER, and ends with harness.main().
"""

import csv
import io
import json
import os
import shutil
import string
import subprocess
import sys
import tempfile
import time
import unittest

CONNSTAT, WORKER = sys.argv[1:3]
PATIENCE_S = 60
SEGMENT = "game"

# The exit statuses that connstat documents.
OK, RUNTIME, USAGE, NO_SEGMENT, PERMISSION, DAMAGED = range(6)


PLAIN = (string.ascii_letters + string.digits + "_.:-").encode()


def escape(text):
    """As tests/cli/worker.c reads it."""
    if isinstance(text, str):
        text = text.encode()
    return "".join(chr(byte) if byte in PLAIN else f"%{byte:02x}" for byte in text)


def field(name, value):
    letter = {bool: "b", int: "i", float: "f"}.get(type(value), "t")
    text = str(int(value)) if isinstance(value, bool) else value
    return f"{letter}{escape(name)}={escape(text if letter == 't' else str(text))}"


# Where the test was given it: the library of early_clock.c.
EARLY_CLOCK = sys.argv[3] if len(sys.argv) > 3 else None


class Worker:
    """A process in the segment."""

    def __init__(self, environment):
        self.process = subprocess.Popen([WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment, text=True, encoding="utf-8")
        self.pid = self.process.pid

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().split()

    def do(self, *words):
        answer = self.ask(*words)
        assert answer and answer[0] == "ok", f"{words}: {answer}"
        return int(answer[1])

    def register(self, kind, key=None, **metadata):
        if isinstance(key, bytes):
            key = "x" + key.hex()
        else:
            key = "-" if key is None else f"u{key}" if isinstance(key, int) else "t" + escape(key)
        return self.do("register", kind, key, *(field(*pair) for pair in metadata.items()))

    def update(self, identity, **metadata):
        self.do("update", identity, *(field(*pair) for pair in metadata.items()))

    def die(self, *words):
        """By "crash SIGNAL" or "exit STATUS"; it is a zombie no more when this returns."""
        print(*words, file=self.process.stdin, flush=True)
        return self.process.wait(PATIENCE_S)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="connstat-cli.", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("CONNSTAT_", "CLICOLOR", "NO_COLOR", "LC_", "NOTIFY_"))}
        self.environment |= {"CONNSTAT_DIR": self.directory, "CONNSTAT_NAME": SEGMENT,
                             "LANG": "C.UTF-8", "TZ": "UTC"}

    def worker(self, *first):
        """A worker that has done the first command: "open" of the segment, unless told."""
        worker = Worker(self.environment)
        self.addCleanup(worker.end)
        worker.do(*(first or ("open", SEGMENT)))
        return worker

    def create(self, capacity=1000):
        return self.worker("create", SEGMENT, capacity)

    def run_connstat(self, *arguments, **options):
        options = {"env": self.environment, "stdin": subprocess.DEVNULL, "timeout": PATIENCE_S,
                   "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run([CONNSTAT, *map(str, arguments)], check=False, **options)

    def connstat(self, *arguments, status=OK, remarks=False, **options):
        """Its standard output; it must end with that status, and be silent beside it if that is 0
        and no remarks are expected. What it says there is self.complaint."""
        done = self.run_connstat(*arguments, **options)
        complaint = done.stderr.decode()
        self.assertEqual(done.returncode, status, f"{arguments}: {complaint}")
        self.complaint = complaint
        if status == OK and not remarks:
            self.assertEqual(complaint, "", arguments)
        return done.stdout.decode() if done.stdout is not None else None

    def json(self, *arguments, **options):
        document = json.loads(self.connstat(*arguments, "--json", **options))
        self.assertEqual(document["schema"], 2 if "total_connections" in document else 1)
        return document

    def jsonl(self, *arguments, **options):
        output = self.connstat(*arguments, "-o", "jsonl", **options)
        lines = [json.loads(line) for line in output.splitlines()]
        for line in lines:
            self.assertEqual(line.pop("schema"), 2 if "ws_sockets" in line else 1)
        return lines

    def csv(self, *arguments, **options):
        """RFC 4180: CRLF, every row as long as the header."""
        output = self.connstat(*arguments, "-o", "csv", **options)
        self.assertTrue(output.endswith("\r\n"), output)
        header, *rows = csv.reader(io.StringIO(output, newline=""), strict=True)
        self.assertEqual(header[0], "schema")
        for row in rows:
            self.assertEqual(len(row), len(header), row)
            self.assertEqual(row[0], "1")
        return [dict(zip(header[1:], row[1:])) for row in rows]

    def eventually(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain: {what}")
            time.sleep(0.02)


def main():
    unittest.main(argv=[sys.argv[0]], verbosity=2)


__all__ = ["CONNSTAT", "CliTest", "DAMAGED", "NO_SEGMENT", "OK", "PATIENCE_S", "PERMISSION",
           "EARLY_CLOCK", "RUNTIME", "SEGMENT", "USAGE", "escape", "field", "main"]
