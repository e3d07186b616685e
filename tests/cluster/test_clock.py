# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Nodes whose clocks are wrong, by days, in both directions."""
import glob
import sys
import time

import nodes
from nodes import LEASE

SKIPPED = 77
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


class WrongClock(nodes.TestCase):
    def test_a_nodes_clock_is_wrong(self):
        server = self.redis()
        started = [self.node("n0", server.url), self.node("n1", server.url),
                   self.node("n2", server.url)]
        for node, offset in zip(started, (None, "+3d", "-40d")):
            node.start_server()
            if offset:
                node.environment = {**node.environment, "LD_PRELOAD": FAKETIME,
                                    "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            node.start_agent()
            node.environment = {key: value for key, value in node.environment.items()
                                if key.startswith("CONNSTAT")}
        for _ in range(2):
            self.pause(started)
            self.becomes_exact(started)
            self.resume(started)
            time.sleep(LEASE)


if __name__ == "__main__":
    if not FAKETIME:
        print("libfaketime is not installed")
        sys.exit(SKIPPED)
    nodes.main()
