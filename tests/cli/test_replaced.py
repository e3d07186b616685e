#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A segment that is made anew with another layout: only workers with entries stand in the way, and
whatever else has it open goes on with the new one."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import urllib.request

from harness import CONNSTAT, PATIENCE_S, RUNTIME, SEGMENT, USAGE, CliTest, main


class Replaced(CliTest):
    def test_reapers_keep_no_layout_and_follow_the_name(self):
        self.connstat("create", "--type", "old:channel:10")
        thread = self.worker()
        thread.do("reaper")
        service = subprocess.Popen([CONNSTAT, "reaper", "-w", SEGMENT], env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(service.wait, PATIENCE_S)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.kill)
        self.eventually(lambda: self.reapers() == 2, "both watch")
        self.connstat("create", "--type", "new:channel:20")
        self.assertEqual(list(self.json("counts")["counts"]), ["new"])
        worker = self.worker()
        worker.register("new")
        time.sleep(2)  # the service looks at its segments once a second
        worker.die("crash", 9)
        self.eventually(lambda: self.json("totals")["deaths"] == 1, "the service reaps the new one")
        living = self.worker()
        living.register("new")
        self.connstat("create", "--type", "other:channel:20", status=RUNTIME)
        self.assertIn("living workers", self.complaint)

    def start(self, *arguments, **options):
        """A command that goes on, once it has said something."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
        process = subprocess.Popen([CONNSTAT, *arguments], env=self.environment, **options)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.kill)
        if process.stdout:
            self.addCleanup(process.stdout.close)
            process.first = process.stdout.readline()
            self.assertNotEqual(process.first, b"")
        return process

    def test_who_only_looks_or_waits_keeps_no_layout(self):
        """All that go on: a process that has it open and is no worker, an agent without a Redis,
        the dashboard, top, and those who follow."""
        self.connstat("create", "--type", "old:channel:10")
        idle = self.worker()
        others = [self.start("watch", "-o", "jsonl", "-i", "0.05"),
                  self.start("watch", "--entries", "-i", "0.05", "-o", "csv"),
                  self.start("list", "--follow", "-i", "0.05", "-o", "csv"),
                  self.start("deaths", "--follow", "-i", "0.05", "-o", "csv")]
        if self.has("agent"):
            others.append(self.start("agent", "--redis", "redis://127.0.0.1:1", "--cluster", "c",
                                     "--node", "n"))
        if self.has("serve"):
            others.append(self.start("serve", "--listen", "127.0.0.1:0",
                                     stderr=subprocess.DEVNULL))
            url = others[-1].first.decode().strip()
            self.asked(url, "/api/v1/counts")
        if self.has("top"):
            screen, process = self.top()
            others.append(process)
            self.reads(screen, b"old")
        self.connstat("create", "--type", "old:channel:20", "--type", "fresh:channel:7")
        capacities = {row["name"]: row["capacity"] for row in self.csv("counts")}
        self.assertEqual((capacities["old"], capacities["fresh"]), ("20", "7"))
        idle.register("old")  # it follows the name by its first registration
        idle.register("fresh")
        self.assertEqual(self.connstat("count").strip(), "2")
        if self.has("serve"):
            self.assertEqual(self.asked(url, "/api/v1/counts")["counts"], {"old": 1, "fresh": 1})
            entries = self.asked(url, "/api/v1/entries")["entries"]
            self.assertEqual({entry["type"] for entry in entries}, {"old", "fresh"})
            self.eventually(lambda: self.sampled(url) == ["old", "fresh"], "the samples follow")
        if self.has("top"):
            self.reads(screen, b"fresh")
        self.assertEqual([process.poll() for process in others], [None] * len(others))
        self.connstat("create", "--type", "other:channel:20", status=RUNTIME)

    def has(self, command):
        return self.run_connstat(command, "--help").returncode == 0

    def sampled(self, url):
        return [row["type"] for row in self.asked(url, "/api/v1/history")["types"]]

    def asked(self, url, path):
        with urllib.request.urlopen(url + path, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def top(self):
        """top on a terminal: what it draws can be read, and the process."""
        screen, terminal = pty.openpty()
        self.addCleanup(os.close, screen)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.environment["TERM"] = "xterm"
        process = self.start("top", "-i", "0.1", stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        return screen, process

    def reads(self, screen, word):
        drawn = b""
        deadline = time.monotonic() + PATIENCE_S
        while word not in drawn:
            self.assertLess(time.monotonic(), deadline, drawn)
            drawn += os.read(screen, 65536)

    def line(self, process):
        """The next line that it says."""
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        self.assertTrue(ready, process.args)
        return process.stdout.readline().decode()

    def test_who_follows_says_so_and_takes_nothing_of_the_old_one_over(self):
        """Neither its types by their number, nor the numbers of deaths, nor its counts."""
        self.connstat("create", "--type", "old:channel:10", "--type", "two:channel:10")
        self.die_in("old")
        self.die_in("old")
        deaths = self.start("deaths", "--follow", "-l", "1", "-i", "0.05", "-o", "jsonl", bufsize=0)
        of_type = self.start("watch", "-i", "0.05", "-t", "two", bufsize=0)
        counts = self.start("watch", "-i", "0.05", "-o", "jsonl", bufsize=0)
        entries = self.start("watch", "--entries", "-i", "0.05", "-t", "old", "-o", "csv",
                             bufsize=0)
        all_entries = self.start("list", "--follow", "-i", "0.05", "-o", "csv", bufsize=0)
        self.line(counts)
        self.line(of_type)
        self.connstat("create", "--type", "new:channel:10", "--type", "old:channel:10")
        for process in (deaths, of_type, counts, entries, all_entries):
            self.assertEqual(self.line(process), f'connstat: segment "{SEGMENT}" was made anew\n')
        self.assertIn('has no type "two": its types are new, old', self.line(of_type))
        self.assertEqual(of_type.wait(PATIENCE_S), USAGE)
        worker = self.worker()
        worker.register("new")
        self.assertRegex(self.line(all_entries), rf",came,,\d+,new,{worker.pid},")
        identity = worker.register("old")
        self.assertRegex(self.line(entries), rf",came,,{identity},old,{worker.pid},")
        changes = [json.loads(self.line(counts)) for _ in range(4)]
        self.assertEqual([(row["name"], row["count"], row["change"]) for row in changes],
                         [("new", 0, 0), ("old", 0, 0), ("new", 1, 1), ("old", 1, 1)])
        worker.die("crash", 9)
        self.connstat("reap")
        death = json.loads(self.line(deaths))
        self.assertEqual((death["number"], death["pid"], death["lost"]),
                         (1, worker.pid, {"new": 1, "old": 1}))

    def die_in(self, kind):
        worker = self.worker()
        worker.register(kind)
        worker.die("crash", 9)
        self.connstat("reap")

    def reapers(self):
        for check in self.json("doctor")["checks"]:
            found = re.search(r"(\d+) process\w* watch", check["finding"])
            if found:
                return int(found[1])
        return 0


main()
