#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Who reads a segment after connstat-segment(5) sees what connstat shows:
test_segment_format.py CONNSTAT WORKER."""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import SEGMENT, CliTest, main
from segment import Segment


class Format(CliTest):
    def read(self):
        return Segment(os.path.join(self.directory, SEGMENT + ".connstat"))

    def listed(self):
        entries = self.json("list")["entries"]
        return {(entry["id"], entry["type"], entry["pid"], repr(sorted(entry["metadata"].items())))
                for entry in entries}

    def seen(self):
        return {(entry["id"], entry["type"], entry["pid"], repr(sorted(entry["metadata"].items())))
                for entry in self.read().entries()}

    def test_entries_are_those_of_list(self):
        first, second = self.create(capacity=777), self.worker()
        self.assertEqual(self.seen(), set())
        first.do("many", "ws_socket", 100)
        ids = [second.register("live_view", user_id=n, page="/ü" * (n % 9), rtt=n / 8 + 1 / 16,
                               authenticated=n % 2 == 0) for n in range(-40, 40)]
        second.register("party_channel", key=7)
        for number in ids[::3]:
            second.do("unregister", number)
        self.assertEqual(len(self.seen()), 100 + len(ids) - len(ids[::3]) + 1)
        self.assertEqual(self.seen(), self.listed())

    def test_updates_and_activity(self):
        worker = self.create()
        ids = [worker.register("ws_socket", addr="10.0.0.7") for _ in range(10)]
        worker.register("live_view", key=7, page="/")
        for turn in range(5):
            for number, identity in enumerate(ids[:turn + 3]):
                worker.update(identity, addr="10.0.0.7", user_id=number, role="é" * turn)
            self.assertEqual(self.seen(), self.listed())
        time.sleep(0.05)
        before = time.time_ns()
        worker.do("touch", ids[9])
        entries = {entry["id"]: entry for entry in self.read().entries()}
        self.assertEqual(len(entries), 11)
        self.assertGreater(entries[str(ids[9])]["active_ns"], before - 12_000_000)
        self.assertLess(entries[str(ids[9])]["started_ns"], before)
        self.assertEqual(entries[str(ids[8])]["active_ns"], entries[str(ids[8])]["started_ns"])

    def test_tables_that_have_grown(self):
        first, second = self.worker("create", SEGMENT, 64, 20000), self.worker()
        first.do("many", "ws_socket", 60)
        self.assertEqual(self.seen(), self.listed())
        second.do("many", "ws_socket", 3000)
        second.register("live_view", key=7)
        first.register("ws_socket", key=7)
        first.do("many", "live_view", 700)
        second.do("many", "ws_socket", 3000)
        self.assertEqual(len(self.seen()), 60 + 3000 + 2 + 700 + 3000)
        self.assertEqual(self.seen(), self.listed())

    def test_the_start_is_told(self):
        worker = self.create()
        before = time.time_ns()
        worker.register("ws_socket")
        entry, = self.read().entries()
        self.assertLess(abs(entry["started_ns"] - before), 10 * 10**9)

    def test_a_dead_worker_and_a_retired_segment(self):
        first, second = self.create(), self.worker()
        first.do("many", "ws_socket", 5)
        second.do("many", "ws_socket", 3)
        second.die("crash", "9")
        self.connstat("reap")
        self.assertEqual(len(self.seen()), 5)
        self.assertEqual(self.seen(), self.listed())
        segment = self.read()
        self.assertEqual(segment.state, 1)
        self.connstat("destroy", "--force")
        self.assertEqual(segment.at("Q", 16), (2,))


main()
