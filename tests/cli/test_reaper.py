#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The command that reaps where the server does not."""

import os
import signal
import socket
import subprocess

from harness import CliTest, CONNSTAT, NO_SEGMENT, PATIENCE_S, SEGMENT, USAGE, main


class Reaper(CliTest):
    def reaper(self, *arguments, notify=None):
        environment = self.environment | ({"NOTIFY_SOCKET": notify} if notify else {})
        process = subprocess.Popen([CONNSTAT, "reaper", *arguments], env=environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def clean_up():
            process.kill()
            process.communicate()
        self.addCleanup(clean_up)
        return process

    def wait_for_reaper(self):
        def tended():
            verdicts = {row["check"]: row["verdict"] for row in self.json("doctor")["checks"]}
            return verdicts["reaper"] == "ok"
        self.eventually(tended, "a reaper")

    def notify_socket(self, path):
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(path.replace("@", "\0", 1))
        receiver.settimeout(PATIENCE_S)
        self.addCleanup(receiver.close)
        return receiver

    def end(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        output, complaint = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, complaint), (0, ""))
        return output

    def test_reaps_and_tells(self):
        self.create()
        path = os.path.join(self.directory, "notify")
        receiver = self.notify_socket(path)
        process = self.reaper(notify=path)
        self.assertEqual(receiver.recv(100), b"READY=1")
        doomed = self.worker()
        doomed.do("join", "chat")
        doomed.register("ws_socket", user_id=1)
        doomed.die("crash", "11")
        line = process.stdout.readline()
        self.assertRegex(line, rf"^{SEGMENT}: worker {doomed.pid} \(chat\) .* 1 entry lost\n$")
        self.assertEqual(len(self.json("deaths")["deaths"]), 1)
        self.end(process)
        self.assertEqual(receiver.recv(100), b"STOPPING=1")

    def test_sees_how_a_stranger_died(self):
        """The kernel tells a process's signal to others than its parent since Linux 6.13."""
        self.create()
        process = self.reaper()
        doomed = self.worker()
        doomed.do("join", "chat")
        self.wait_for_reaper()
        doomed.die("crash", "11")
        self.assertRegex(process.stdout.readline(), r"(killed by SIGSEGV|died) \d+ s ago, no entries lost")
        self.end(process, signal.SIGINT)

    def test_abstract_socket_and_several_segments(self):
        self.create()
        self.connstat("create", "-n", "second")
        address = f"@connstat-cli-{os.getpid()}"
        receiver = self.notify_socket(address)
        process = self.reaper(SEGMENT, "second", notify=address)
        self.assertEqual(receiver.recv(100), b"READY=1")
        for name in (SEGMENT, "second"):
            doomed = self.worker("open", name)
            doomed.do("join", "x")
            doomed.die("exit", "0")
            self.assertTrue(process.stdout.readline().startswith(f"{name}: worker {doomed.pid}"))
        self.end(process)

    def test_quiet(self):
        self.create()
        process = self.reaper("--quiet")
        doomed = self.worker()
        doomed.do("join", "x")
        doomed.die("crash", "9")
        self.eventually(lambda: self.json("deaths")["deaths"], "the reaper")
        self.assertEqual(self.end(process), "")

    def test_waits_for_its_segment_and_follows_it(self):
        process = self.reaper("--wait")
        for _ in range(2):
            self.create()
            self.wait_for_reaper()
            doomed = self.worker()
            doomed.do("join", "x")
            doomed.die("crash", "9")
            self.assertIn(f"worker {doomed.pid}", process.stdout.readline())
            self.connstat("destroy", "--force")
        self.end(process)

    def test_ends_with_its_segment_unless_told_to_wait(self):
        self.create()
        process = self.reaper()
        self.wait_for_reaper()
        self.connstat("destroy", "--force")
        self.assertEqual(process.wait(PATIENCE_S), NO_SEGMENT)

    def test_wrong_usage(self):
        self.connstat("reaper", "-n", "a", "b", status=USAGE)
        self.connstat("reaper", "--nonsense", status=USAGE)


main()
