# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Whatever dies or loses its data: nothing wrong is shown meanwhile, and it is exact again."""
import signal
import threading
import time

import lab
import nodes
from nodes import CLUSTER, KEYS, LEASE


class Watch:
    """Looks at nodes' aggregates all the time: is a node silently left out of one?"""

    def __init__(self, watched, count):
        self.watched, self.count = watched, count
        self.silent, self.looks, self.stopping = [], 0, False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopping:
            for node in self.watched:
                seen = node.cluster()
                self.looks += 1
                if seen["clustered"] and seen["nodes"] + len(seen["missing"]) < self.count:
                    self.silent.append(seen)
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()


class Failures(nodes.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.redis()

    def running(self, count=3, **options):
        """Nodes that have seen each other."""
        started = self.start_nodes(count, self.server.url, **options)
        lab.eventually(lambda: all(node.cluster()["nodes"] == count for node in started),
                       "all nodes are counted")
        return started

    def nothing_silent(self, watch):
        self.assertGreater(watch.looks, 0)
        self.assertEqual(watch.silent, [])

    def recovers(self, started):
        self.pause(started)
        self.becomes_exact(started)
        self.resume(started)

    def test_an_agent_is_killed(self):
        started = self.running()
        with Watch(started, 3) as watch:
            started[1].agent.kill()
            others = [started[0], started[2]]
            lab.eventually(lambda: all(node.cluster()["missing"] == ["n1"] for node in others),
                           "n1 is named as missing")
            self.assertEqual([node.cluster()["nodes"] for node in others], [2, 2])
            lab.eventually(lambda: not started[1].cluster()["clustered"], "n1 stands alone")
            started[1].start_agent()
            self.recovers(started)
        self.nothing_silent(watch)

    def test_an_agent_is_killed_and_back_within_its_lease(self):
        started = self.running(lease=30)
        with Watch(started, 3) as watch:
            started[1].agent.kill()
            started[1].start_agent()
            self.recovers(started)
        self.nothing_silent(watch)
        self.assertNotIn("taken", started[1].agent.log())

    def test_a_whole_server_is_killed(self):
        started = self.running()
        self.assertGreater(sum(started[1].local().values()), 0)
        started[1].server.kill()
        lab.eventually(lambda: sum(started[1].local().values()) == 0, "the dead leave nothing")
        self.pause([started[0], started[2]])
        self.becomes_exact(started)
        started[1].start_server()
        self.resume([started[0], started[2]])
        self.recovers(started)

    def test_a_server_stops_in_order_and_comes_back(self):
        started = self.running()
        self.assertEqual(started[1].server.stop(), 0)
        started[1].says("leaving the cluster")
        others = [started[0], started[2]]
        self.recovers(others)
        started[1].start_server()
        self.recovers(started)

    def test_a_node_leaves_in_order(self):
        started = self.running(lease=60)
        self.assertEqual(started[1].agent.stop(), 0)
        self.assertFalse(started[1].cluster()["clustered"])
        self.recovers([started[0], started[2]])

    def test_redis_is_killed_and_comes_back_empty(self):
        started = self.running(5)
        with Watch(started, 5) as watch:
            self.server.stop()
            lab.eventually(lambda: not any(node.cluster()["clustered"] for node in started),
                           "the leases end")
            for node in started:
                seen = node.cluster()
                self.assertEqual(nodes.counts_of(seen).keys(), node.local().keys())
                self.assertEqual(seen["nodes"], 1)
                self.assertTrue(node.agent.running())
            self.pause(started)
            lab.eventually(lambda: all(nodes.counts_of(node.cluster()) == node.local()
                                       for node in started), "this node's counts alone")
            self.resume(started)
            self.server.start()
            self.recovers(started)
        self.nothing_silent(watch)

    def test_redis_restarts_at_once(self):
        started = self.running(5)
        with Watch(started, 5) as watch:
            self.server.stop()
            self.server.start()
            self.recovers(started)
        self.nothing_silent(watch)

    def test_a_node_dies_while_redis_forgets(self):
        started = self.running(4)
        dead = started.pop()
        with Watch(started, 4) as watch:
            dead.agent.kill()
            self.server.call("FLUSHALL")
            lab.eventually(lambda: all(node.cluster()["missing"] == ["n3"] for node in started),
                           "the dead node is named all the same")
        self.nothing_silent(watch)

    def test_redis_hangs(self):
        started = self.running()
        with Watch(started, 3) as watch:
            self.server.process.send(signal.SIGSTOP)
            started[0].says("does not answer in time")
            lab.eventually(lambda: not any(node.cluster()["clustered"] for node in started),
                           "the leases end")
            self.server.process.send(signal.SIGCONT)
            self.recovers(started)
        self.nothing_silent(watch)

    def test_data_is_lost_in_flight(self):
        started = self.running(5, lease=3)
        client = self.server.client()
        self.addCleanup(client.close)
        with Watch(started, 5) as watch:
            for harm in (["FLUSHALL"], *(["DEL", key] for key in KEYS), ["SCRIPT", "FLUSH"],
                         ["DEL", KEYS[0], KEYS[1]], ["DEL", KEYS[1], KEYS[2]]):
                client.call(*harm)
                self.recovers(started)
        self.nothing_silent(watch)

    def test_a_key_is_evicted(self):
        started = self.running(lease=3)
        client = self.server.client()
        self.addCleanup(client.close)
        client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        client.call("CONFIG", "SET", "maxmemory", "1")
        time.sleep(LEASE)
        client.call("CONFIG", "SET", "maxmemory", "0")
        self.recovers(started)

    def test_a_full_redis_says_so(self):
        started = self.running(2)
        self.server.call("CONFIG", "SET", "maxmemory", "1")
        started[0].says("its memory is full")
        self.server.call("CONFIG", "SET", "maxmemory", "0")
        self.recovers(started)

    def test_a_foreign_value_in_a_key_is_named(self):
        started = self.running(2)
        self.server.call("SET", KEYS[2], "mine")
        started[0].says("holds something else")
        self.server.call("DEL", KEYS[2])
        self.recovers(started)

    def test_many_missing_are_named_as_far_as_there_is_room(self):
        started = self.running(2)
        now = int(time.time() * 1000)
        self.server.call("ZADD", KEYS[0], *[word for i in range(100)
                                            for word in (-now + i, f"node-{i:03}-{'x' * 50}")])
        lab.eventually(lambda: started[0].cluster()["missing"], "they are missing")
        *named, more = started[0].cluster()["missing"]
        self.assertEqual(named, [f"node-{i:03}-{'x' * 50}" for i in range(len(named))])
        self.assertGreater(len(named), 10)
        self.assertEqual(more, f"+{100 - len(named)} more")

    def test_two_agents_with_one_node_id(self):
        started = self.running()
        double = self.node("double", self.server.url, node_id="n1").start()
        double.says('node "n1" is taken by another agent')
        started[1].says('also wants to be node "n1"')
        self.assertIn(f"pid {started[1].agent.pid}", double.agent.log())
        self.assertIn(f"pid {double.agent.pid}", started[1].agent.log())
        self.assertFalse(double.cluster()["clustered"])
        self.recovers(started)
        double.agent.stop()
        self.recovers(started)

    def test_one_agent_a_segment(self):
        started = self.running(2)
        result = started[0].tool("agent", "--redis", self.server.url, "--cluster", CLUSTER,
                                 "--node", "other")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"another agent (pid {started[0].agent.pid})", result.stderr)

    def test_alone_is_not_clustered(self):
        alone = self.start_nodes(1, self.server.url)
        alone[0].says("counts in cluster")
        self.recovers(alone)


if __name__ == "__main__":
    nodes.main()
