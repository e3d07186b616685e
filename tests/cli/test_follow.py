#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Lines that come as things happen: list and deaths that follow, watch."""

import json
import select
import subprocess
import time

from harness import CliTest, CONNSTAT, PATIENCE_S, USAGE, main


class Follow(CliTest):
    """Lines that come as things happen."""

    def follow(self, *arguments):
        process = subprocess.Popen([CONNSTAT, *arguments, "-o", "jsonl", "-i", "0.05"], bufsize=0,
                                   env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.following = process
        return lambda: json.loads(process.stdout.readline())

    def come_and_go_until_seen(self, worker):
        """What was there when it began is no news: returns how many came until one was seen."""
        for count in range(1, 5 * PATIENCE_S):
            entry = worker.register("live_view", page="/probe")
            seen, _, _ = select.select([self.following.stdout], [], [], 0.2)
            worker.do("unregister", entry)
            if seen:
                return count
        raise AssertionError("nothing was ever seen")

    def test_entries_that_come_and_go(self):
        worker = self.create()
        other = self.worker()
        there = worker.register("ws_socket", user_id=42)
        other.register("ws_socket", user_id=7)
        line = self.follow("list", "--follow", "-t", "ws_socket", "-w", "user_id=42")
        first = line()
        self.assertEqual((first["event"], first["id"], first["metadata"], first["unseen"]),
                         ("there", str(there), {"user_id": 42}, None))
        came = worker.register("ws_socket", key="k", user_id=42)
        worker.register("ws_socket", user_id=43)
        worker.register("lobby_channel", user_id=42)
        event = line()
        self.assertEqual((event["event"], event["id"], event["key"]), ("came", str(came), "k"))
        worker.do("unregister", there)
        event = line()
        self.assertEqual((event["event"], event["id"], event["pid"]),
                         ("went", str(there), worker.pid))
        worker.die("crash", 9)
        event = line()
        self.assertEqual((event["event"], event["id"]), ("went", str(came)))

    def test_watch_entries_and_what_it_did_not_see(self):
        worker = self.create()
        worker.register("live_view", page="/")
        line = self.follow("watch", "--entries", "-t", "live_view")
        all_of_them = self.come_and_go_until_seen(worker) + 401
        seen = 0
        for _ in range(400):
            worker.do("unregister", worker.register("live_view", page="/short"))
        stays = worker.register("live_view", key=5, page="/long")
        while True:
            event = line()
            if event["event"] == "unseen":
                seen += event["unseen"]
            elif event["event"] == "came":
                seen += 1
                if event["id"] == str(stays):
                    break
        self.assertLessEqual(seen, all_of_them)
        worker.do("unregister", worker.register("ws_socket", page="/another"))
        worker.do("unregister", stays)
        while event["event"] != "went" or event["id"] != str(stays):
            event = line()
            seen += event["unseen"] or 0
        # Of those that came after it was seen to look, none is missing, and none counts twice.
        while seen < 401:
            ready, _, _ = select.select([self.following.stdout], [], [], PATIENCE_S)
            self.assertTrue(ready, f"{seen} of 401 were told")
            seen += line()["unseen"] or 0
        self.assertLessEqual(seen, all_of_them)

    def test_deaths(self):
        worker = self.create()
        worker.do("reaper")
        self.worker().die("exit", 3)
        doomed = self.worker()
        doomed.register("ws_socket")
        line = self.follow("deaths", "--follow")
        counts = self.follow("watch", "-t", "party_channel")
        self.assertEqual(counts()["name"], "party_channels")
        time.sleep(0.2)  # the reaper watches a worker from 100 ms after it joined at the latest
        doomed.die("crash", 9)
        death = line()
        self.assertEqual((death["pid"], death["lost_total"]), (doomed.pid, 1))
        event = counts()
        self.assertEqual((event["name"], event["change"]), ("deaths", 1))

    def test_wrong_usage(self):
        self.create()
        for arguments in (["list", "--follow", "--sort", "id"], ["list", "--follow", "-g", "id"],
                          ["list", "-i", "1"], ["list", "-f", "-i", "0"], ["deaths", "-i", "1s"],
                          ["deaths", "-f", "-i", "2d"], ["watch", "-w", "a=1"], ["watch", "-k", "1"],
                          ["watch", "--entries", "-w", "a"], ["watch", "-i", "0.001"]):
            self.connstat(*arguments, status=USAGE)


main()
