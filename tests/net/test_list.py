#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""list --net and get --net: each entry beside what the kernel tells of its socket."""

import errno
import json
import os
import socket
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

from harness import CONNSTAT, RUNTIME, USAGE, main
from sockets import NOBODY, NetTest

DEAF = sys.argv[3] if len(sys.argv) > 3 else None
NUMBERS = ("rtt_us", "rttvar_us", "retrans", "recvq", "sendq", "bytes_in", "bytes_out",
           "last_rx_ms", "last_tx_ms", "cwnd")
OF_TCP = ("rtt_us", "rttvar_us", "retrans", "bytes_in", "bytes_out", "last_rx_ms", "last_tx_ms",
          "cwnd")


def fill(sender):
    sender.setblocking(False)
    try:
        while True:
            sender.send(bytes(65536))
    except BlockingIOError:
        pass


class Kinds(NetTest):
    def check_tcp(self, address):
        client, accepted = self.connect(self.listener(address))
        entry = self.register(accepted)
        client.sendall(b"x" * 1000)
        accepted.sendall(b"y" * 300)
        client.recv(300)
        self.eventually(lambda: self.net()[entry]["recvq"] == 1000 and
                        self.net()[entry]["bytes_out"] == 300, "the bytes have arrived")
        net = self.net()[entry]
        self.assertEqual(list(net), ["state", *NUMBERS])
        self.assertEqual((net["state"], net["bytes_in"], net["sendq"]), ("established", 1000, 0))
        self.assertGreater(net["rtt_us"], 0)
        self.assertGreater(net["cwnd"], 0)
        return client, accepted, entry

    def test_ipv4(self):
        self.check_tcp("127.0.0.1")

    def test_ipv6(self):
        self.check_tcp("::1")

    def test_the_end_is_no_byte(self):
        client, accepted, entry = self.check_tcp("127.0.0.1")
        client.shutdown(socket.SHUT_WR)
        self.eventually(lambda: self.net()[entry]["state"] == "close_wait", "its end has come")
        net = self.net()[entry]
        self.assertEqual((net["bytes_in"], net["recvq"]), (1000, 1000))
        accepted.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(1), b"")

    def test_unix_and_udp(self):
        near, far = self.keep(*socket.socketpair())
        udp = self.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp6 = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        udp6.bind(("::1", 0))
        far.sendall(b"z" * 77)
        entries = [self.register(each) for each in (near, udp, udp6)]
        net = self.net()
        states = [net[entry]["state"] for entry in entries]
        self.assertEqual(states, ["established", "unconnected", "unconnected"])
        self.assertEqual(net[entries[0]]["recvq"], 77)
        for name in OF_TCP:
            self.assertIsNone(net[entries[0]][name], name)

    def test_without_cookie_and_gone(self):
        plain = self.one.register("ws_socket", user_id=1)
        text = self.one.register("ws_socket", socket="7")
        client, accepted = self.connect(self.listener())
        gone = self.register(accepted)
        client.close()
        accepted.close()
        self.assertEqual(self.net(), {plain: None, text: None, gone: "gone"})
        self.assertEqual(self.json("get", gone, "--net")["net"], "gone")
        self.assertIsNone(self.json("get", plain, "--net")["net"])

    def test_closed_by_the_server_first(self):
        client, accepted = self.connect(self.listener())
        entry = self.register(accepted)
        accepted.close()
        self.eventually(lambda: self.net()[entry]["state"] == "fin_wait2", "its end has been heard")
        client.close()
        self.eventually(lambda: self.net()[entry]["state"] == "time_wait", "both have closed")

    def test_sorted_by_what_nobody_has(self):
        ids = [self.one.register("ws_socket", user_id=n) for n in range(2)]
        self.assertEqual(self.net("--sort", "-rtt"), dict.fromkeys(ids))

    def test_what_the_kernel_tells_of_nobody_is_said(self):
        self.one.register("ws_socket", user_id=1)
        for condition in ("rtt>200ms", "state=established", "state~gon", "!cwnd"):
            self.json("list", "--net", "--where", condition, remarks=True)
            self.assertIn("the kernel tells it of none of their sockets", self.complaint)

    def test_without_entries(self):
        self.assertEqual(self.net(), {})


class Shapes(NetTest):
    def setUp(self):
        super().setUp()
        listener = self.listener()
        self.pairs = [self.connect(listener) for _ in range(4)]
        self.ids = [self.register(accepted, state="x", user_id=n)
                    for n, (_, accepted) in enumerate(self.pairs)]
        self.pairs[1][0].sendall(bytes(5000))
        fill(self.pairs[2][1])
        self.pairs[3][0].close()
        self.pairs[3][1].close()
        self.eventually(lambda: self.net()[self.ids[1]]["recvq"] == 5000, "the bytes have arrived")

    def listed(self, *arguments):
        return [self.ids.index(entry) for entry in self.net(*arguments)]

    def test_sort(self):
        self.assertEqual(self.listed("--sort", "-sendq", "--limit", 1), [2])
        self.assertEqual(self.listed("--sort", "-recvq")[0], 1)
        self.assertEqual(self.listed("--sort", "-rtt")[-1], 3)
        self.assertEqual(self.listed("--sort", "rtt_us")[-1], 3)

    def test_conditions(self):
        for condition, expected in {
            "sendq>64k": [2],
            "bytes_in=5000": [1],
            "recvq>=4k": [1],
            "recvq<5001": [0, 1, 2],
            "rtt<=1h": [0, 1, 2],
            "rtt_us>3600s": [],
            "last_rx_ms<3600000": [0, 1, 2],
            "last_tx<1h": [0, 1, 2],
            "state=gone": [3],
            "state^=est": [0, 1, 2],
            "state!=established": [3],
            "!rtt": [3],
            ".state=x user_id=0": [0],
            "(sendq>64k|state=gone)": [2, 3],
        }.items():
            with self.subTest(condition):
                self.assertEqual(sorted(self.listed("--where", condition)), expected)
                done = self.json("list", "--where", condition, "--net")
                self.assertEqual(len(done["entries"]), len(expected), "--net may come last")

    def test_what_is_refused(self):
        for condition in ("rtt>200", "rtt>soon", "recvq>1.5", "bytes_in=5ms", "cwnd>10k",
                          "rtt_us>1.5", "recvq>-1", "state=ESTABLISHED", "state=nosuch", "state="):
            with self.subTest(condition):
                self.connstat("list", "--net", "--where", condition, status=USAGE)
                self.assertIn(condition.split(">")[0].split("=")[0], self.complaint)
        self.connstat("list", "--net", "--follow", status=USAGE)
        self.connstat("list", "--sort", "rtt", status=USAGE)
        self.assertIn("--net", self.complaint)
        self.connstat("list", "--netns", 999999999, status=RUNTIME)
        self.assertIn("no process", self.complaint)

    def test_names_without_net_are_the_metadata_s(self):
        entries = self.json("list", "--where", "state=x")["entries"]
        self.assertEqual(len(entries), 4)
        self.assertNotIn("net", entries[0])

    def test_columns(self):
        entries = self.json("list", "--net", "--columns", "id,rtt,net,.state,idle")["entries"]
        self.assertEqual(list(entries[0]), ["id", "rtt_us", "net", "state", "idle_s"])
        self.assertEqual(entries[3]["net"], "gone")
        self.assertIsNone(entries[3]["rtt_us"])
        self.assertEqual(entries[0]["state"], "x")

    def test_csv_is_flat(self):
        rows = self.csv("list", "--net", "--sort", "id")
        self.assertEqual(list(rows[0])[-11:], ["state", *NUMBERS])
        self.assertEqual([row["state"] for row in rows],
                         ["established", "established", "established", "gone"])
        self.assertEqual(rows[3]["rtt_us"], "")
        self.assertEqual(rows[1]["bytes_in"], "5000")

    def test_for_people(self):
        table = self.connstat("list", "--net", "--sort", "-sendq").splitlines()
        self.assertEqual(table[0].split()[-7:],
                         ["STATE", "RTT", "RETRANS", "RECVQ", "SENDQ", "IN", "OUT"])
        self.assertIn("iB", table[1])
        self.assertIn("gone", table[4])

    def test_groups(self):
        groups = self.json("list", "--net", "--group-by", "state")["groups"]
        self.assertEqual([(group["value"], group["count"]) for group in groups],
                         [("established", 3), ("gone", 1)])

    def test_cookies_are_hexadecimal_for_people(self):
        shown = self.connstat("list", "--net", "--limit", 1).split("socket=")[1].split()[0]
        self.assertRegex(shown, "^0x[0-9a-f]+$")
        self.assertEqual(len(self.listed("--where", "socket=" + shown)), 1)
        self.assertEqual(len(self.listed("--where", f"socket={int(shown, 16)}")), 1)

    def test_as_another_user(self):
        self.open_to_all()
        done = self.run_connstat("list", "--net", "--json", user=NOBODY, group=NOBODY,
                                 extra_groups=[])
        self.assertEqual(done.returncode, 0, done.stderr)
        entries = json.loads(done.stdout)["entries"]
        self.assertEqual([entry["net"] == "gone" for entry in entries], [False] * 3 + [True])


class OverHttp(NetTest):
    """What /api/v1/entries?net=1 tells is what list --net does."""

    def setUp(self):
        super().setUp()
        self.server = subprocess.Popen([CONNSTAT, "serve", "--listen", "127.0.0.1:0"],
                                       env=self.environment, stdout=subprocess.PIPE, text=True,
                                       stderr=subprocess.DEVNULL)
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.terminate)
        self.address = self.server.stdout.readline().strip()

    def ask(self, **parameters):
        with urllib.request.urlopen(f"{self.address}/api/v1/entries?"
                                    f"{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)

    def test_as_the_terminal(self):
        listener = self.listener()
        pairs = [self.connect(listener) for _ in range(3)]
        ids = [self.register(accepted, user_id=n) for n, (_, accepted) in enumerate(pairs)]
        self.one.register("ws_socket", user_id=9)
        pairs[0][0].sendall(bytes(5000))
        pairs[2][0].close()
        pairs[2][1].close()
        self.eventually(lambda: self.net()[ids[0]]["recvq"] == 5000, "the bytes have arrived")
        theirs = {int(entry["id"]): entry["net"] for entry in self.ask(net=1)["entries"]}
        ours = self.net()
        for net in (*theirs.values(), *ours.values()):
            if isinstance(net, dict):
                del net["last_rx_ms"], net["last_tx_ms"]
        self.assertEqual(theirs, ours)
        found = self.ask(where="recvq>4k", net=1)
        self.assertEqual([int(entry["id"]) for entry in found["entries"]], ids[:1])
        groups = self.ask(net=1, group_by="state")["groups"]
        self.assertEqual([(group["value"], group["count"]) for group in groups],
                         [("established", 2), ("gone", 1), (None, 1)])
        self.assertNotIn("net", self.ask()["entries"][0])
        self.assertEqual(self.ask(where="recvq>4k")["remarks"], ['no entry has a field "recvq"'])
        self.assertEqual(self.ask(where="recvq>4k", net=1)["remarks"], [])


@unittest.skipUnless(DEAF, "without libseccomp no kernel can be made silent")
class Refusals(NetTest):
    """Where the kernel does not tell, that is said, and lists without --net go on."""

    def check(self, error, *words):
        self.register(self.keep(*socket.socketpair())[0])
        deaf = [DEAF, str(error), CONNSTAT]
        done = subprocess.run([*deaf, "list", "--net"], env=self.environment, capture_output=True,
                              check=False, text=True)
        self.assertEqual(done.returncode, RUNTIME)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        done = subprocess.run([*deaf, "list"], env=self.environment, capture_output=True,
                              check=False, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_seccomp(self):
        self.check(errno.EPERM, "seccomp")

    def test_no_such_kernel(self):
        self.check(errno.EPROTONOSUPPORT, "NETLINK_SOCK_DIAG")


class Namespaces(NetTest):
    """As root: workers in network namespaces of their own, as containers have them."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("making a network namespace takes root")

    def listed_in(self, *prefix):
        return subprocess.run([*prefix, CONNSTAT, "list", "--net", "--json"], env=self.environment,
                              capture_output=True, check=False, text=True)

    def test_from_a_wrong_one(self):
        self.register(self.connect(self.listener())[1])
        done = self.listed_in("unshare", "--net")
        self.assertEqual((done.returncode, done.stdout), (RUNTIME, ""))
        self.assertIn(f"nsenter --target {self.one.pid} --net", done.stderr)
        self.assertIn(f"--netns {self.one.pid}", done.stderr)

    def test_entered(self):
        entry = self.register(self.connect(self.listener())[1])
        entries = json.loads(self.connstat("list", "--netns", self.one.pid, "--json"))["entries"]
        self.assertEqual([int(each["id"]) for each in entries], [entry])
        done = self.listed_in("unshare", "--net", "nsenter", "--target", str(self.one.pid), "--net")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_ordinary_user_may_not_enter(self):
        self.open_to_all()
        done = self.run_connstat("list", "--netns", self.one.pid, user=NOBODY, group=NOBODY,
                                 extra_groups=[])
        self.assertEqual(done.returncode, RUNTIME)
        self.assertIn(b"CAP_SYS_ADMIN", done.stderr)

    def test_two_beside_each_other(self):
        workers = [self.worker_within("unshare", "--net") for _ in range(2)]
        ids = [[worker.register("ws_socket", socket=each) for each in self.hold_beside(worker, 3)]
               for worker in workers]
        done = self.listed_in()
        self.assertEqual(done.returncode, RUNTIME, "none of them is here")
        for here, there in ((0, 1), (1, 0)):
            net = self.net("--netns", workers[here].pid)
            self.assertEqual([net[entry]["state"] for entry in ids[here]], ["established"] * 3)
            self.assertEqual([net[entry] for entry in ids[there]], ["elsewhere"] * 3)
        self.register(self.connect(self.listener())[1])
        states = sorted(str(net and net != "elsewhere" and net["state"]) for net in
                        self.net().values())
        self.assertEqual(states, ["False"] * 6 + ["established"], "those elsewhere are not gone")


main()
