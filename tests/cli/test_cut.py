#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Whoever owns a segment may cut its file while others look: test_cut.py CONNSTAT WORKER PRELOAD.

PRELOAD is the library of cut_when_mapped.c, so that it happens at the worst moment."""

import os
import signal
import subprocess
import sys
import time

from harness import CliTest, CONNSTAT, OK, PATIENCE_S, RUNTIME, SEGMENT, main

SAID = "the file of the segment was cut while it was read"
READERS = [["counts"], ["list"], ["list", "--sort", "id"], ["list", "-g", "pid"], ["count"],
           ["workers"], ["deaths"], ["totals"], ["system"], ["check"]]


class Cut(CliTest):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.directory, f"{SEGMENT}.connstat")
        worker = self.create()
        for user in range(5):
            worker.register("ws_socket", user_id=user)
        with open(self.path, "rb") as file:
            self.whole = file.read()

    def mend(self):
        with open(self.path, "r+b") as file:
            file.write(self.whole)

    def test_every_reader_goes_on(self):
        for arguments in READERS:
            with self.subTest(arguments):
                done = self.run_connstat(*arguments,
                                         env=self.environment | {"LD_PRELOAD": sys.argv[3]})
                self.assertIn(done.returncode, (OK, RUNTIME), done.stderr)
                self.assertEqual(done.stderr.decode().count(SAID), 1, done.stderr)
                self.mend()

    def test_ls_maps_nothing(self):
        done = self.run_connstat("ls", env=self.environment | {"LD_PRELOAD": sys.argv[3]})
        self.assertEqual((done.returncode, done.stderr), (OK, b""))
        self.assertEqual(os.stat(self.path).st_size, len(self.whole))

    def test_one_that_watches(self):
        """It is cut under one that has read it before, and is ended as ever."""
        watch = subprocess.Popen([CONNSTAT, "watch", "-o", "jsonl", "-i", "0.1"],
                                 env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        self.addCleanup(watch.stderr.close)
        self.addCleanup(watch.stdout.close)
        self.assertTrue(watch.stdout.readline())
        os.truncate(self.path, 4096)
        os.set_blocking(watch.stderr.fileno(), False)
        deadline, said = time.monotonic() + PATIENCE_S, b""
        while SAID.encode() not in said and watch.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            said += watch.stderr.read() or b""
            time.sleep(0.02)
        self.assertIsNone(watch.poll())
        watch.send_signal(signal.SIGTERM)
        self.assertNotEqual(watch.wait(PATIENCE_S), -signal.SIGBUS)


if __name__ == "__main__":
    main()
