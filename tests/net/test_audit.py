#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""audit: exactly what a server forgot, while others come and go, and no false alarm."""

import ctypes
import json
import os
import resource
import socket
import subprocess
import threading
import time
import urllib.request

from harness import CONNSTAT, RUNTIME, USAGE, main
from sockets import NetTest, cookie

CLONE_NEWNET = 0x40000000


class AuditTest(NetTest):
    def setUp(self):
        super().setUp()
        limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 16384)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        self.server = self.listener()
        self.port = self.server.getsockname()[1]

    def audit(self, *arguments, bad):
        done = self.run_connstat("audit", *arguments, "--json")
        self.assertEqual(done.returncode, RUNTIME if bad else 0, done.stderr)
        found = json.loads(done.stdout)
        return ({int(entry["id"]) for entry in found["leaked"]},
                {each["socket"] for each in found["unregistered"]}, found)


class Churn:
    """A second worker whose clients come and go, on the same port; each is closed by the server or by
    the client first."""

    def __init__(self, test):
        self.test, self.worker = test, test.worker()
        self.rounds, self.stop = 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        held = []
        while not self.stop.is_set():
            client = socket.create_connection(self.test.server.getsockname())
            accepted, _ = self.test.server.accept()
            held.append((client, accepted,
                         self.worker.register("ws_socket", socket=cookie(accepted))))
            self.rounds += 1
            if len(held) == 20:
                self.end(*held.pop(0))
        for each in held:
            self.end(*each)

    def end(self, client, accepted, entry):
        for each in (client, accepted) if self.rounds % 2 else (accepted, client):
            each.close()
        self.worker.do("unregister", entry)

    def __enter__(self):
        self.began = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        print(f"{self.rounds / (time.monotonic() - self.began):.0f} connects a second")


class Forgetful(AuditTest):
    def test_exactly_what_was_forgotten(self):
        pairs = [self.connect(self.server) for _ in range(1000)]
        ids = [self.register(accepted, user_id=n) for n, (_, accepted) in enumerate(pairs)]
        unregistered = {cookie(pairs[n][1]) for n in (10, 500)}
        for n in (10, 500):
            self.one.do("unregister", ids[n])
        leaked = {ids[n] for n in (3, 33, 333, 777, 999)}
        for n in (3, 333, 999):
            pairs[n][0].close()
            pairs[n][1].close()
        for n in (33, 777):
            pairs[n][1].close()
        with Churn(self):
            for _ in range(10):
                gone, unnamed, found = self.audit(bad=True)
                self.assertEqual(gone, leaked)
                self.assertEqual(unnamed, unregistered)
                self.assertEqual((found["ports"], found["cannot_tell"]), ([self.port], 0))
                self.assertEqual(found["leaked_groups"],
                                 [{"type": "ws_socket", "pid": self.one.pid, "count": 5}])
            for entry in leaked:
                self.one.do("unregister", entry)
            for n in (10, 500):
                self.register(pairs[n][1])
            for _ in range(5):
                gone, unnamed, _ = self.audit(bad=False)
                self.assertEqual((gone, unnamed), (set(), set()))

    def test_formats(self):
        client, accepted = self.connect(self.server)
        _, forgotten = self.connect(self.server)
        self.register(self.connect(self.server)[1])
        entry = self.register(accepted, user_id=42)
        client.close()
        accepted.close()
        soon = ("--interval", "0.01s")
        text = self.run_connstat("audit", "--fix-hint", *soon).stdout.decode()
        for expected in (str(entry), "user_id=42", "gone", f"0x{cookie(forgotten):x}",
                         f"127.0.0.1:{self.port}", "connstat_unregister()", "connstat_register()"):
            self.assertIn(expected, text)
        rows = self.csv("audit", *soon, status=RUNTIME)
        self.assertEqual([row["finding"] for row in rows], ["leaked", "unregistered"])
        self.assertEqual((rows[0]["id"], rows[0]["left"]), (str(entry), "gone"))
        self.assertEqual(rows[1]["socket"], str(cookie(forgotten)))
        lines = self.jsonl("audit", *soon, status=RUNTIME)
        self.assertEqual([line["finding"] for line in lines], ["leaked", "unregistered"])

    def test_nothing_is_wrong(self):
        self.assertEqual(self.audit(bad=False)[2]["ports"], [])
        self.register(self.connect(self.server)[1])
        self.register(self.keep(*socket.socketpair())[0])
        self.assertEqual(self.audit(bad=False)[2]["ports"], [self.port])

    def test_ports(self):
        other = self.listener("::1")
        for _ in range(3):
            self.connect(other)
        self.register(self.connect(self.server)[1])
        port = other.getsockname()[1]
        self.assertEqual(len(self.audit("--port", port, "-i", "0.01s", bad=True)[1]), 3)
        found = self.audit("--port", port, "--port", self.port, "-i", "0.01s", bad=True)[2]
        self.assertEqual(found["ports"], sorted([port, self.port]))
        self.assertIn(f"[::1]:{port}", found["unregistered"][0]["local"])
        self.audit("--port", 1, bad=False)
        self.connstat("audit", "--port", 0, status=USAGE)

    def test_more_ports_than_the_kernel_s_filter_takes(self):
        self.connect(self.server)
        many = [word for port in range(1, 100) for word in ("-p", port)]
        self.assertEqual(len(self.audit(*many, "-p", self.port, "-i", "0.01s", bad=True)[1]), 1)

    def test_entries_without_a_cookie(self):
        for _ in range(3):
            self.connect(self.server)
        for n in range(2):
            self.one.register("ws_socket", user_id=n)
        self.one.register("user_channel", user_id=1)
        arguments = ("--port", self.port, "-i", "0.01s")
        self.assertEqual(self.audit(*arguments, bad=True)[2]["cannot_tell"], 2)
        self.one.register("ws_socket", user_id=3)
        found = self.audit(*arguments, bad=False)[2]
        self.assertEqual((found["cannot_tell"], len(found["unregistered"])), (3, 3))
        self.assertIn("cannot be told", self.connstat("audit", *arguments))

    def test_what_is_left_of_a_socket_is_nobody_s(self):
        client, accepted = self.connect(self.server)
        entry = self.register(accepted)
        accepted.close()
        gone, _, found = self.audit("-i", "0.01s", bad=True)
        self.assertEqual(gone, {entry})
        self.assertIn(found["leaked"][0]["state"], ("fin_wait1", "fin_wait2"))
        client.close()
        self.assertEqual(self.audit("-i", "0.01s", bad=True)[2]["leaked"][0]["state"], "time_wait")

    def test_not_accepted_yet(self):
        self.register(self.connect(self.server)[1])
        waiting = self.keep(socket.create_connection(self.server.getsockname()))
        self.assertEqual(self.audit(bad=False)[1], set(), waiting)


class Watched(AuditTest):
    """serve --audit and doctor say the same, with alerts."""

    def setUp(self):
        super().setUp()
        pairs = [self.connect(self.server) for _ in range(6)]
        ids = [self.register(accepted) for _, accepted in pairs[:5]]
        self.forgotten = ids[:2]
        for client, accepted in pairs[:2]:
            client.close()
            accepted.close()
        self.unnamed = pairs[5][1]

    def mend(self):
        for entry in self.forgotten:
            self.one.do("unregister", entry)
        self.register(self.unnamed)

    def test_serve(self):
        server = subprocess.Popen([CONNSTAT, "serve", "--listen", "127.0.0.1:0", "--audit", "2s"],
                                  env=self.environment, stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        address = server.stdout.readline().strip()

        def metrics():
            with urllib.request.urlopen(f"{address}/metrics") as answer:
                return answer.read().decode()

        def alerts():
            with urllib.request.urlopen(f"{address}/api/v1/alerts") as answer:
                return {alert["alert"]: alert for alert in json.load(answer)["alerts"]}

        self.eventually(lambda: 'connstat_leaked_entries{segment="game",type="ws_socket"} 2'
                        in metrics(), "the audit")
        self.assertIn('connstat_unregistered_sockets{segment="game"} 1', metrics())
        self.assertIn("2 entries", alerts()["leaked"]["text"])
        self.assertEqual(alerts()["leaked"]["subject"], "ws_socket")
        self.assertIn("unregistered", alerts())
        self.mend()
        self.eventually(lambda: 'connstat_leaked_entries{segment="game",type="ws_socket"} 0'
                        in metrics(), "the next audit")
        self.eventually(lambda: not {"leaked", "unregistered"} & alerts().keys(), "no alert")

    def test_doctor(self):
        def findings():
            return [row for row in self.json("doctor")["checks"] if row["check"] == "sockets"]

        self.assertEqual([row["verdict"] for row in findings()], ["warning"] * 2)
        self.assertIn("2 entries", findings()[0]["finding"])
        self.mend()
        self.assertEqual([row["verdict"] for row in findings()], ["ok"])


class Elsewhere(AuditTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("making a network namespace takes root")

    def test_another_namespace(self):
        worker = self.worker_within("unshare", "--net")
        cookies = self.hold_beside(worker, 3)
        for each in cookies[:2]:
            worker.register("ws_socket", socket=each)
        lost = worker.register("ws_socket", socket=2**40)
        done = self.run_connstat("audit")
        self.assertEqual(done.returncode, RUNTIME)
        self.assertIn(f"nsenter --target {worker.pid}".encode(), done.stderr)
        gone, unnamed, _ = self.audit("--netns", worker.pid, "-i", "0.01s", bad=True)
        self.assertEqual((gone, unnamed), ({lost}, {cookies[2]}))
        self.register(self.connect(self.server)[1])
        found = self.audit(bad=False)[2]
        self.assertEqual(found["elsewhere"], 3)

    def test_a_storm_of_time_wait(self):
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.addCleanup(os.close, home)
        self.assertEqual(libc.unshare(CLONE_NEWNET), 0)
        self.addCleanup(libc.setns, home, CLONE_NEWNET)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.server = self.listener()
        self.one = self.worker()
        alive = self.register(self.connect(self.server)[1])
        leaked = set()
        with open("/proc/sys/net/ipv4/tcp_max_tw_buckets", "r+", encoding="ascii") as buckets:
            buckets.write("30000")
        for n in range(20000):
            client = socket.create_connection(self.server.getsockname())
            accepted, _ = self.server.accept()
            if n % 5000 == 0:
                leaked.add(self.register(accepted))
            accepted.close()
            client.close()
        gone, unnamed, _ = self.audit(bad=True)
        self.assertEqual((gone, unnamed), (leaked, set()))
        net = self.net()
        self.assertEqual(net[alive]["state"], "established")
        for entry in leaked:  # the kernel keeps so many only
            self.assertIn(net[entry] if net[entry] == "gone" else net[entry]["state"],
                          ("time_wait", "gone"))


main()
