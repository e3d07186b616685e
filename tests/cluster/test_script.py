# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""cluster.lua against a real Redis, with made-up nodes: test_script.py CLUSTER_LUA"""
import random
import sys
import time
import unittest

import lab

KEYS = ["connstat:{t}:lease", "connstat:{t}:node", "connstat:{t}:sum"]
# Long: no pause of a busy machine matters. Tests of time itself are patient.
PERIOD, LEASE = 60000, 120000


class Node:
    def __init__(self, redis, name, origin=None, token=None, period=PERIOD, lease=LEASE):
        self.call, self.name = redis.call, name
        self.origin, self.token = origin or "origin-" + name, token or "token-" + name
        self.period, self.lease = period, lease
        self.counts = {"type:a": 0, "type:b": 0, "total:channels": 0, "total:connections": 0}
        self.slowest, self.version, self.remembered = "0", "", ""
        self.script = SCRIPT

    def set(self, a, b, **more):
        self.counts = {"type:a": a, "type:b": b, **{f"type:{k}": v for k, v in more.items()}}
        self.counts["total:channels"] = b + sum(more.values())
        self.counts["total:connections"] = a
        return self

    def run(self, operation):
        text = " ".join(f"{name}={value}" for name, value in self.counts.items())
        return self.call("EVAL", self.script, 3, *KEYS, operation, self.name, self.token,
                         self.origin, "who " + self.name, self.lease, self.period, text,
                         self.slowest, self.version, self.remembered)

    def update(self):
        reply = self.run("update")
        if reply[0] != "ok":
            return reply
        answer = dict(zip(["state", "settles", "nodes", "missing", "names", "rival", "slowest",
                           "epoch", "version", "live"], reply))
        answer["sums"] = dict(zip(self.counts, reply[10:]))
        return answer


class Script(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.redis()
        self.client = self.server.client()
        self.addCleanup(self.client.close)

    def nodes(self, count, **options):
        return [Node(self.client, f"n{i}", **options) for i in range(count)]

    def everybody(self, nodes):
        """All report; returns what the last one learnt."""
        for node in nodes:
            answer = node.update()
        return answer

    def is_exact(self, answer, nodes):
        wanted = {name: sum(node.counts.get(name, 0) for node in nodes) for name in
                  answer["sums"]}
        return answer["sums"] == wanted and answer["nodes"] == len(nodes)

    def expect(self, answer, nodes):
        self.assertTrue(self.is_exact(answer, nodes), answer)

    def becomes(self, nodes, **wanted):
        """Reporting again and again, until the answer is exact and as wanted."""
        def check():
            answer = self.everybody(nodes)
            return self.is_exact(answer, nodes) and \
                all(answer[name] == value for name, value in wanted.items())
        lab.eventually(check, wanted)

    def settled(self, nodes):
        """As if the period in which all are to report again were over."""
        self.client.call("HSET", KEYS[2], "settles", 0)
        return self.everybody(nodes)

    def test_sums_follow_every_change(self):
        nodes = self.nodes(5)
        self.everybody(nodes)
        for _ in range(200):
            node = random.choice(nodes).set(random.randrange(1000), random.randrange(1000))
            answer = node.update()
        self.expect(self.everybody(nodes), nodes)
        self.assertEqual(answer["missing"], 0)

    def test_types_may_differ(self):
        nodes = self.nodes(3)
        nodes[0].set(1, 2, lobby=3)
        nodes[1].set(4, 5, party=6)
        nodes[2].set(7, 8, lobby=9, party=10)
        self.everybody(nodes)
        answer = nodes[0].update()
        self.assertEqual(answer["sums"]["type:lobby"], 12)
        self.assertEqual(answer["sums"]["total:channels"], 2 + 3 + 5 + 6 + 8 + 9 + 10)

    def test_a_first_node_waits_for_the_others(self):
        nodes = self.nodes(2, period=100)
        settles = nodes[0].update()["settles"]
        self.assertGreater(settles, 0)
        self.assertLessEqual(settles, 100)
        self.becomes(nodes, settles=0)

    def heals(self, harm, settles):
        nodes = [node.set(i, 2 * i) for i, node in enumerate(self.nodes(5))]
        self.everybody(nodes)
        self.settled(nodes)
        harm()
        answer = nodes[3].set(50, 60).update()
        if settles:
            self.assertGreater(answer["settles"], 0)
            answer = self.settled(nodes)
        self.assertEqual(answer["settles"], 0)
        self.expect(answer, nodes)
        self.assertEqual(answer["missing"], 0)

    def test_heals_flushall(self):
        self.heals(lambda: self.client.call("FLUSHALL"), settles=True)

    def test_heals_the_loss_of_any_keys(self):
        for lost in range(1, 8):
            keys = [key for i, key in enumerate(KEYS) if lost >> i & 1]
            with self.subTest(keys=keys):
                self.client.call("FLUSHALL")
                self.heals(lambda: self.client.call("DEL", *keys), settles=KEYS[1] in keys)

    def test_heals_lost_and_damaged_fields(self):
        for harm in (("HDEL", KEYS[2], "type:b"), ("HSET", KEYS[2], "type:b", "x"),
                     ("HSET", KEYS[2], "total:channels", "-4"), ("HDEL", KEYS[2], "time"),
                     ("HINCRBY", KEYS[2], "type:a", 7), ("HINCRBY", KEYS[2], "members", 1),
                     ("ZREM", KEYS[0], "n2"), ("ZADD", KEYS[0], 1e17, "n2")):
            with self.subTest(harm=harm):
                self.client.call("FLUSHALL")
                self.heals(lambda: self.client.call(*harm), settles=False)
        self.client.call("FLUSHALL")
        self.heals(lambda: self.client.call("HDEL", KEYS[1], "n2"), settles=True)

    def test_heals_a_damaged_record(self):
        nodes = [node.set(5, 6) for node in self.nodes(3, lease=300)]
        self.everybody(nodes)
        self.settled(nodes)
        self.client.call("HSET", KEYS[1], "n2", "nonsense")
        self.assertGreater(nodes[2].update()["settles"], 0)
        self.expect(self.settled(nodes), nodes)
        self.client.call("HSET", KEYS[1], "n2", "nonsense")
        dead = nodes.pop()
        self.becomes(nodes, names=dead.name)

    def test_a_leave_is_at_once(self):
        nodes = [node.set(1, 1) for node in self.nodes(3)]
        self.everybody(nodes)
        nodes.pop().run("leave")
        answer = nodes[0].update()
        self.expect(answer, nodes)
        self.assertEqual(answer["missing"], 0)

    def test_the_dead_go_with_their_lease_and_are_named(self):
        nodes = [node.set(1, 1) for node in self.nodes(4, lease=300)]
        self.everybody(nodes)
        dead = nodes.pop(2)
        self.becomes(nodes, missing=1, names=dead.name)
        nodes.append(dead)
        self.becomes(nodes, missing=0, names="")

    def test_a_duplicate_is_refused_and_both_are_told(self):
        first, second = Node(self.client, "n", "here"), Node(self.client, "n", "there", "other")
        first.update()
        self.assertEqual(second.update(), ["taken", "who n"])
        self.assertEqual(first.update()["rival"], "who n")
        self.assertEqual(first.update()["rival"], "")
        second.run("leave")
        self.assertEqual(first.update()["nodes"], 1)

    def test_the_same_segment_takes_over_at_once(self):
        Node(self.client, "n", "here", "old").set(9, 9).update()
        new = Node(self.client, "n", "here", "new").set(1, 2)
        self.expect(new.update(), [new])

    def test_nobody_watched_for_a_while(self):
        nodes = [node.set(1, 1) for node in self.nodes(3, period=100, lease=200)]
        self.becomes(nodes, settles=0)
        time.sleep(0.4)
        self.assertGreater(nodes[0].update()["settles"], 0)
        self.becomes(nodes, settles=0, missing=0)

    def test_the_servers_clock_jumps(self):
        """As when a failover leads to a server with another clock, ahead or behind."""
        nodes = [node.set(1, 1) for node in self.nodes(3, period=1000, lease=3000)]

        def at(seconds):
            for node in nodes:
                node.script = SCRIPT.replace("redis.call('TIME')", f"{{{seconds}, 0}}")
            return self.everybody(nodes)
        at(10**9)
        for start in (10**9 + 7200, 10**9 - 300000):
            at(start)
            answer = at(start + 1)
            self.expect(answer, nodes)
            self.assertEqual((answer["settles"], answer["missing"]), (0, 0))
        dead = nodes.pop()
        for second in range(3):
            self.assertEqual(at(start + 1 + second)["missing"], 0)
        answer = at(start + 4)
        self.expect(answer, nodes)
        self.assertEqual(answer["names"], dead.name)

    def test_names_are_handed_back_after_a_loss(self):
        node = Node(self.client, "n0")
        node.update()
        self.client.call("FLUSHALL")
        node.remembered = "n0 n1 n2"
        answer = node.update()
        self.assertEqual(answer["missing"], 2)
        self.assertEqual(set(answer["names"].split()), {"n1", "n2"})
        Node(self.client, "n1").update()
        node.remembered = ""
        self.assertEqual(node.update()["names"], "n2")

    def test_live_names_are_told_once_a_change(self):
        nodes = self.nodes(3)
        answer = self.everybody(nodes)
        self.assertEqual(set(answer["live"].split()), {"n0", "n1", "n2"})
        nodes[2].version = answer["version"]
        self.assertEqual(nodes[2].update()["live"], "")
        nodes[0].run("leave")
        self.assertEqual(set(nodes[2].update()["live"].split()), {"n1", "n2"})

    def test_missing_names_are_bounded(self):
        node = Node(self.client, "n")
        node.update()
        for start in range(0, 1200, 400):
            now = int(time.time() * 1000)
            self.client.call("ZADD", KEYS[0], *[word for i in range(start, start + 400)
                                                for word in (-now + 5000 - i, f"gone{i}")])
        answer = node.update()
        self.assertEqual(answer["missing"], 1000)
        self.assertEqual(len(answer["names"].split()), 32)
        self.assertEqual(answer["names"].split()[0], "gone1199")

    def test_nothing_stays_for_ever(self):
        node = Node(self.client, "n")
        node.update()
        for key in KEYS:
            self.assertGreater(self.client.call("PTTL", key), 0)


if __name__ == "__main__":
    with open(sys.argv.pop(), encoding="utf-8") as file:
        SCRIPT = file.read()
    unittest.main()
