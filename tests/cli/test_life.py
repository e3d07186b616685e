#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Segments and workers that come and go: create, destroy, reap, deaths, watch, exec."""

import json
import os
import signal
import subprocess
import sys

from harness import CliTest, CONNSTAT, NO_SEGMENT, PATIENCE_S, RUNTIME, SEGMENT, USAGE, main


class Segments(CliTest):
    def path(self, name=SEGMENT):
        return os.path.join(self.directory, f"{name}.connstat")

    def test_create(self):
        made = self.json("create", "--type", "http:connection:64", "--type", "cart:channel",
                         "--capacity", "100", "--max-workers", "7", "--metadata-bytes", "200",
                         "--mode", "0600")
        self.assertEqual((made["segment"], made["path"], made["types"]), (SEGMENT, self.path(), 2))
        self.assertEqual((made["max_workers"], made["metadata_bytes"]), (7, 200))
        self.assertEqual(made["size_bytes"], os.stat(self.path()).st_size)
        self.assertEqual(os.stat(self.path()).st_mode & 0o777, 0o600)
        rows = {row["name"]: row for row in self.csv("counts")}
        self.assertEqual({name: row["capacity"] for name, row in rows.items()
                          if not name.startswith("total")}, {"http": "64", "cart": "100"})

    def test_create_again_adopts(self):
        worker = self.create()
        worker.register("ws_socket", user_id=1)
        self.connstat("create", "--capacity", "1000", "--metadata-bytes", "1024")
        self.assertEqual(self.json("counts")["ws_sockets"], 1)
        self.connstat("create", "--capacity", "10", status=RUNTIME)
        self.assertIn("another layout", self.complaint)
        self.assertEqual(self.json("counts")["ws_sockets"], 1)

    def test_create_wrong(self):
        for arguments in (["--type", "x"], ["--type", "x:tree"], ["--type", "x:channel:0"],
                          ["--type", "x:channel:1:2"], ["--type", "UPPER:channel"],
                          ["--type", "x:channel", "--type", "x:connection"],
                          ["--type", "x:channel:99999999"], ["--type", "y" * 40 + ":channel"],
                          ["--type", ":channel"], ["--capacity", "0"], ["--capacity", "x"],
                          ["--max-workers", "8193"], ["--metadata-bytes", "4097"],
                          ["--mode", "rw"], ["--mode", "1777"], ["stray"]):
            with self.subTest(arguments):
                self.connstat("create", *arguments, status=USAGE)
                self.assertFalse(os.path.exists(self.path()))

    def test_create_says_what_is_wrong(self):
        """Not the name, where it is another thing."""
        for arguments in (["--capacity", "5", "--max", "3"], ["--type", "a:channel", "--max", "16"]):
            for name in ([], ["-n", "good"]):
                self.connstat("create", *arguments, *name, status=USAGE)
                self.assertIn("none above --max", self.complaint)
                self.assertNotIn("name for a segment", self.complaint)
        for name in ("a/b", ".x"):
            self.connstat("create", "-n", name, status=USAGE)
            self.assertIn("no name for a segment", self.complaint)
        self.environment["CONNSTAT_NAME"] = "a/b"
        self.connstat("create", status=USAGE)
        self.assertIn("no name for a segment", self.complaint)

    def test_resize(self):
        self.connstat("create", "--type", "door:connection:64", "--max", "5000")
        made = self.json("resize", "--type", "door", "--capacity", "3000")
        self.assertEqual((made["slots_before"], made["slots"], made["slots_max"]),
                         (64, 3000, 5000))
        self.assertGreater(made["added_bytes"], 250000)
        self.assertEqual(self.json("resize", "--type", "door", "--capacity", "10")["slots"], 3000)
        self.connstat("resize", "--type", "door", "--capacity", "5001", status=RUNTIME)
        self.assertIn("5000 slots at most", self.complaint)
        self.connstat("resize", "--capacity", "10", status=USAGE)
        self.connstat("resize", "--type", "nothing", "--capacity", "10", status=USAGE)

    def test_destroy(self):
        worker = self.create()
        worker.register("ws_socket", user_id=1)
        self.connstat("destroy", status=RUNTIME)
        self.assertIn("1 worker lives", self.complaint)
        self.assertTrue(os.path.exists(self.path()))
        self.connstat("destroy", "--force")
        self.assertFalse(os.path.exists(self.path()))
        self.connstat("counts", status=NO_SEGMENT)
        worker.register("ws_socket", user_id=2)

    def test_destroy_of_the_dead(self):
        worker = self.create()
        worker.register("ws_socket", user_id=1)
        worker.die("crash", "9")
        self.connstat("destroy")
        self.assertFalse(os.path.exists(self.path()))

    def test_segment_by_environment(self):
        self.connstat("create")
        self.environment["CONNSTAT_NAME"] = "other"
        self.connstat("counts", status=NO_SEGMENT)
        self.environment["CONNSTAT_NAME"] = ""
        self.connstat("counts", status=NO_SEGMENT)
        self.assertIn('"default"', self.complaint)


class Deaths(CliTest):
    def setUp(self):
        super().setUp()
        self.one = self.create()
        self.one.register("ws_socket", user_id=1)
        self.doomed = self.worker()
        self.doomed.do("join", "doomed")
        self.doomed.do("many", "user_channel", "312")
        self.doomed.register("ws_socket", user_id=2)

    def test_right_where_nobody_reaps(self):
        self.doomed.die("crash", "9")
        for _ in range(2):
            document = self.json("counts")
            self.assertEqual((document["ws_sockets"], document["user_channels"]), (1, 0))
            self.assertEqual(len(self.json("list")["entries"]), 1)
            self.assertEqual(self.connstat("count", "-t", "user_channel"), "0\n")
            self.assertEqual([row["pid"] for row in self.json("workers")["workers"]],
                             [self.one.pid])
            for row in self.json("totals")["types"]:
                self.assertEqual(row["live"], document[row["name"]], row["name"])
                self.assertEqual(row["opened"], row["closed"] + row["lost"] + row["live"])

    def test_reap_and_deaths(self):
        self.assertEqual(self.connstat("deaths"), "no worker has died\n")
        self.assertEqual(self.json("deaths")["deaths"], [])
        self.doomed.die("crash", "9")
        self.assertEqual(self.json("reap")["reaped"], 1)
        self.assertEqual(self.json("reap")["reaped"], 0)
        death, = self.json("deaths")["deaths"]
        self.assertEqual((death["number"], death["pid"], death["label"], death["lost_total"]),
                         (1, self.doomed.pid, "doomed", 313))
        self.assertEqual({name: count for name, count in death["lost"].items() if count},
                         {"user_channels": 312, "ws_sockets": 1})
        self.assertLessEqual(death["joined_at"], death["died_at"])
        sentence = self.connstat("deaths")
        self.assertRegex(sentence, rf"^worker {self.doomed.pid} \(doomed\) "
                                   r"(died|killed by SIGKILL) \d+ s ago, 313 entries lost\n$")
        self.assertIn("user_channels 312", self.connstat("deaths", "-o", "wide"))
        self.assertEqual(self.json("totals")["deaths"], 1)

    def test_the_last_deaths(self):
        pids = []
        for _ in range(3):
            worker = self.worker()
            worker.do("join", "brief")
            pids.append(worker.pid)
            worker.die("crash", "9")
            self.connstat("reap")
        self.assertEqual([death["pid"] for death in self.json("deaths")["deaths"]], pids)
        self.assertEqual([death["pid"] for death in self.jsonl("deaths", "--limit", "2")], pids[1:])
        self.connstat("deaths", "--limit", "0", status=USAGE)

    def test_watch(self):
        watch = subprocess.Popen([CONNSTAT, "watch", "-i", "0.05", "-t", "user_channel", "-o",
                                  "jsonl"], env=self.environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        lines = (json.loads(line) for line in watch.stdout)
        self.assertEqual({"count": 312, "change": 0}.items() - next(lines).items(), set())
        self.doomed.die("crash", "9")
        line = next(lines)
        self.assertEqual((line["name"], line["count"], line["change"]), ("user_channels", 0, -312))
        self.one.register("user_channel", user_id=1)
        self.assertEqual(next(lines)["change"], 1)

    def test_watch_ends(self):
        self.assertEqual(len(self.jsonl("watch", "--limit", "4", "-i", "1d")), 4)
        watch = subprocess.Popen([CONNSTAT, "watch", "-i", "0.05"], env=self.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watch.stderr.close)
        self.addCleanup(watch.stdout.close)
        watch.stdout.readline()
        self.connstat("destroy", "--force")
        self.assertEqual(watch.wait(PATIENCE_S), NO_SEGMENT)
        for arguments in (["-i", "0"], ["-i", "x"], ["-i", "2d"]):
            self.connstat("watch", *arguments, status=USAGE)


class Exec(CliTest):
    SLEEP = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]

    def start(self, *arguments):
        process = subprocess.Popen([CONNSTAT, "exec", *arguments], env=self.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "up\n")
        return process

    def test_lives_as_long_as_the_program(self):
        self.create().do("reaper")
        process = self.start("--type", "live_view", "--label", "sleeper", "page=/a", "user_id=42",
                             "rtt=1.5", "zip=00501", "version=1.10", "vip=true", "--", *self.SLEEP)
        entry, = self.json("list", "-t", "live_view")["entries"]
        self.assertEqual(entry["pid"], process.pid)
        self.assertEqual(entry["metadata"], {"page": "/a", "user_id": 42, "rtt": 1.5,
                                             "zip": "00501", "version": "1.10", "vip": True})
        worker = next(worker for worker in self.json("workers")["workers"]
                      if worker["pid"] == process.pid)
        self.assertEqual((worker["label"], worker["keeps_on_exec"]), ("sleeper", True))
        process.communicate("", PATIENCE_S)
        self.eventually(lambda: not self.json("list", "-t", "live_view")["entries"], "its entry")

    def test_becomes_the_program(self):
        self.create()
        self.connstat("exec", "sh", "-c", "exit 7", status=7)
        self.assertEqual(self.connstat("exec", "a=1", "--", "echo", "--json", "x=y"),
                         "--json x=y\n")
        self.assertEqual(self.connstat("exec", "--", "echo", "-n", "hello"), "hello")
        self.connstat("exec", "no-such-program", status=127)
        self.connstat("exec", "/dev/null", status=126)

    def test_leaves_signals_and_descriptors_as_they_were(self):
        self.create()
        options = {"preexec_fn": lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL)}
        show = ["sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd"]
        plain = subprocess.run(show, env=self.environment, stdout=subprocess.PIPE, check=True,
                               stdin=subprocess.DEVNULL, **options)
        seen = self.connstat("exec", "--", *show, **options).splitlines()
        before = plain.stdout.decode().splitlines()
        # One more: the lock that shows that it lives goes with the program.
        self.assertEqual(seen[:len(before)], before)
        self.assertEqual(len(seen), len(before) + 1)

    def test_key_and_limit(self):
        self.create()
        process = self.start("--key", "backup", "--limit", "1", *self.SLEEP)
        self.assertEqual(self.connstat("count", "--key", "backup"), "1\n")
        self.connstat("exec", "--key", "backup", "--limit", "1", "true", status=RUNTIME)
        self.assertIn("--limit", self.complaint)
        process.communicate("", PATIENCE_S)
        self.connstat("exec", "--key", "backup", "--limit", "1", "true")

    def test_wrong_usage(self):
        self.create()
        for arguments in ([], ["a=b"], ["a=b", "--"], ["--type", "nonsense", "true"],
                          ["=b", "true"], ["--limit", "1", "true"], ["a=1", "a=2", "--", "true"]):
            with self.subTest(arguments):
                self.connstat("exec", *arguments, status=USAGE)
        self.connstat("exec", "a=" + "x" * 2000, "true", status=RUNTIME)
        self.assertIn("does not fit", self.complaint)


main()
