#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The examples do what they say: test_examples.py WORKER PREFORK READER LIMIT."""

import os
import subprocess
import sys
import tempfile
import unittest

WORKER, PREFORK, READER, LIMIT = sys.argv[1:5]
PATIENCE_S = 60


class Examples(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="connstat-examples-")
        self.addCleanup(self.directory.cleanup)
        self.environment = {**os.environ, "CONNSTAT_DIR": self.directory.name}

    def run_example(self, *words):
        done = subprocess.run(words, env=self.environment, text=True, capture_output=True,
                              timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr

    def test_prefork(self):
        self.assertEqual(self.run_example(PREFORK), (
            0, ["two workers: 2 entries", "one was killed: 1 entry"], ""))
        self.assertEqual(os.listdir(self.directory.name), [])

    def test_limit(self):
        self.assertEqual(self.run_example(LIMIT), (0, [
            "socket 1: welcome", "socket 2: welcome", "socket 3: welcome",
            "socket 4: refused, the user has 3", "after one left: welcome"], ""))

    def test_reader(self):
        with subprocess.Popen([WORKER], env=self.environment, text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as worker:
            for words in ["create game 16",
                          "register ws_socket - iuser_id=42 ttext=%20x bgood=1 frtt=1.5"]:
                print(words, file=worker.stdin, flush=True)
                self.assertTrue(worker.stdout.readline().startswith("ok"), words)
            self.assertEqual(self.run_example(READER, "game"), (0, [
                f"ws_socket of worker {worker.pid}: user_id=42 text= x good=true rtt=1.5",
                "1 entries"], ""))

    def test_reader_without_segment(self):
        status, lines, complaint = self.run_example(READER, "game")
        self.assertEqual((status, lines), (1, []))
        self.assertTrue(complaint.startswith("reader: "), complaint)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
