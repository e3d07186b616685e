#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What is not as it should be: check and doctor, and what nobody can tell."""

import json
import os
import unittest

from harness import CliTest, DAMAGED, EARLY_CLOCK, SEGMENT, main


class Health(CliTest):
    def test_check(self):
        self.create().register("ws_socket", user_id=1)
        self.assertEqual(self.connstat("check"), f'segment "{SEGMENT}" is consistent\n')
        self.assertEqual(self.json("check")["violations"], [])
        self.assertIn("mended", self.connstat("check", "--repair"))
        self.assertEqual(self.json("check", "--repair")["violations"], [])

    def find_violation(self):
        """Change the words of the segment that are in use, one at a time, until check opens it
        and finds it wrong."""
        with open(os.path.join(self.directory, f"{SEGMENT}.connstat"), "r+b", buffering=0) as file:
            whole = file.read()
            for place in range(0, len(whole), 8):
                word = whole[place:place + 8]
                if word == bytes(8):
                    continue
                os.pwrite(file.fileno(), bytes([word[0] ^ 1]), place)
                done = self.run_connstat("check")
                if b"VIOLATION" in done.stdout:
                    return done
                os.pwrite(file.fileno(), word, place)
        self.fail("no change of a word was found")

    def test_check_finds_damage(self):
        self.create(30).do("many", "ws_socket", "20")
        done = self.find_violation()
        self.assertEqual(done.returncode, DAMAGED)
        self.assertTrue(done.stdout.startswith(b"VIOLATION\n"))
        document = json.loads(self.run_connstat("check", "--json").stdout)
        self.assertTrue(all(row["violation"] for row in document["violations"]))
        self.assertGreaterEqual(len(document["violations"]), 1)
        done = self.run_connstat("doctor", "--json")
        self.assertEqual(done.returncode, DAMAGED)
        verdicts = {row["check"]: row["verdict"] for row in json.loads(done.stdout)["checks"]}
        self.assertEqual(verdicts["check"], "broken")

    def checks(self):
        return {row["check"]: row for row in self.json("doctor")["checks"]}

    def test_doctor(self):
        worker = self.create(10)
        checks = self.checks()
        self.assertEqual(checks["reaper"]["verdict"], "warning")
        self.assertIn("connstat reaper", checks["reaper"]["advice"])
        self.assertEqual({row["verdict"] for name, row in checks.items()
                          if name not in ("reaper", "directory")}, {"ok"})
        worker.do("reaper")
        worker.do("many", "ws_socket", "9")
        self.eventually(lambda: self.checks()["reaper"]["verdict"] == "ok", "the reaper")
        self.assertIn("ws_socket: 9 of 10", self.checks()["capacity"]["finding"])
        self.assertEqual(worker.ask("many", "ws_socket", "9")[0], "error")
        self.assertEqual(self.checks()["refusals"]["verdict"], "warning")
        self.assertIn("connstat totals", self.connstat("doctor"))
        types = {row["name"]: row for row in self.json("totals")["types"]}
        self.assertEqual(types["ws_sockets"]["refused"]["full"], 1)


class Unknown(CliTest):
    """What is not known is said to be so: null, and "-" for people. It is not zero."""

    def test_times_of_a_clock_that_was_not_set(self):
        self.environment["LD_PRELOAD"] = EARLY_CLOCK
        early = self.create()
        early.do("join", "early")
        early.register("ws_socket", user_id=1)
        del self.environment["LD_PRELOAD"]
        late = self.worker()
        late.register("ws_socket", user_id=2)
        entries = {entry["metadata"]["user_id"]: entry for entry in self.json("list")["entries"]}
        self.assertEqual((entries[1]["started_at"], entries[1]["age_s"]), (None, None))
        self.assertLess(entries[2]["age_s"], 3600)
        for arguments in (["--older", "1s"], ["--older", "1000d"], ["-w", "age>1d"],
                          ["-w", "age<1ms"], ["-w", "started<2000-01-01"]):
            self.assertNotIn(1, [entry["metadata"]["user_id"] for entry in
                                 self.json("list", *arguments)["entries"]], arguments)
        self.assertEqual(len(self.json("list", "-w", "age!=5s")["entries"]), 2)
        self.assertRegex(self.connstat("list", "-w", "user_id=1", "-o", "wide").splitlines()[1],
                         r"\d  +-  +-  +- ")
        for order in ("started", "age", "-started"):
            last = self.json("list", "--sort", order)["entries"][-1]
            self.assertEqual(last["metadata"]["user_id"], 1)
        row, = [row for row in self.json("workers")["workers"] if row["label"] == "early"]
        self.assertEqual((row["joined_at"], row["age_s"]), (None, None))
        self.assertIsNone(self.json("system")["uptime_seconds"])
        self.assertIsNone(self.json("ls")["segments"][0]["age_s"])
        early.die("crash", 9)
        self.connstat("reap")
        self.assertIsNone(self.json("deaths")["deaths"][0]["lived_s"])

    @unittest.skipIf(os.geteuid() != 0, "needs root to become somebody else")
    def test_what_proc_refuses(self):
        worker = self.create()
        worker.register("ws_socket")
        os.chmod(self.directory, 0o755)
        os.chmod(f"{self.directory}/{SEGMENT}.connstat", 0o644)
        names = ("open_fds", "max_fds", "memory_total_bytes", "memory_workers_bytes")
        self.assertTrue(all(self.json("system")[name] for name in names))
        stranger = {"user": 65534, "group": 65534, "extra_groups": []}
        document = self.json("system", **stranger)
        self.assertEqual([document[name] for name in names], [None] * 4)
        self.assertGreater(document["memory_segment_bytes"], 0)
        self.assertRegex(self.connstat("system", **stranger), r"(?m)^Open files +-$")


main()
