# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A node's network is cut off and healed: two network namespaces and the cable between them."""
import os
import subprocess
import sys
import time

import lab
import nodes
from nodes import LEASE

SKIPPED = 77
HERE, THERE = "192.0.2.1", "192.0.2.2"  # of the block that is nobody's: RFC 5737


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def possible():
    """May this process make namespaces?"""
    name = f"connstat-probe-{os.getpid()}"
    try:
        ip("netns", "add", name)
        try:
            ip("-n", name, "link", "set", "lo", "up")  # refused in some chroots
        finally:
            ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Namespace:
    def __init__(self, test, name):
        self.name = f"connstat-{os.getpid()}-{name}"
        self.prefix = ("ip", "netns", "exec", self.name)
        ip("netns", "add", self.name)
        test.addCleanup(ip, "netns", "del", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        ip("-n", self.name, *arguments)


class Network(nodes.TestCase):
    def setUp(self):
        super().setUp()
        self.near, self.far = Namespace(self, "near"), Namespace(self, "far")
        self.near.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns",
                     self.far.name)
        for namespace, address in ((self.near, HERE), (self.far, THERE)):
            namespace.ip("addr", "add", address + "/24", "dev", "cable")
            namespace.ip("link", "set", "cable", "up")

    def cut(self):
        """As if pulled out on the other side: what is sent vanishes, nobody is told."""
        self.near.ip("link", "set", "cable", "down")

    def heal(self):
        self.near.ip("link", "set", "cable", "up")

    def test_a_node_is_cut_off_and_comes_back(self):
        server = self.redis(bind=HERE, prefix=self.near.prefix, options=["--protected-mode", "no"])
        started = [self.node(f"n{i}", server.url, period=0.5, lease=1.5,
                             prefix=(self.near if i < 2 else self.far).prefix).start()
                   for i in range(3)]
        self.pause(started)
        self.becomes_exact(started)
        for _ in range(2):
            self.resume(started)
            self.cut()
            lab.eventually(lambda: all(node.cluster()["missing"] == ["n2"] for node in started[:2]),
                           "the node beyond the cut is named as missing")
            lab.eventually(lambda: not started[2].cluster()["clustered"], "it knows it is alone")
            time.sleep(2 * LEASE)
            self.assertTrue(started[2].agent.running())
            self.pause(started)
            self.becomes_exact(started[:2], missing=["n2"])
            lab.eventually(lambda: nodes.counts_of(started[2].cluster()) == started[2].local(),
                           "this node's counts alone")
            self.heal()
            self.becomes_exact(started)


if __name__ == "__main__":
    if not possible():
        print("network namespaces want root and ip(8)")
        sys.exit(SKIPPED)
    nodes.main()
