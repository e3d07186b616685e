# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The agent as a service: readiness, waiting, quiet logs, orderly ends, refused usage."""
import os
import pty
import re
import select
import signal
import socket
import time

import lab
import nodes
from nodes import CLUSTER


class Service(nodes.TestCase):
    def listener(self):
        path = os.path.join(self.folder, "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(lab.PATIENCE)
        return path, listener

    def test_the_service_manager_is_told(self):
        path, listener = self.listener()
        node = self.node("n", self.redis().url, environment={"NOTIFY_SOCKET": path}).start()
        self.assertTrue(listener.recv(1000).startswith(b"READY=1\nSTATUS="))
        self.assertEqual(listener.recv(1000),
                         f'STATUS=node "n" counts in cluster "{CLUSTER}"'.encode())
        self.assertEqual(node.agent.stop(), 0)
        self.assertEqual(listener.recv(1000), b"STOPPING=1")

    def test_ready_also_without_a_redis(self):
        path, listener = self.listener()
        self.node("n", f"redis://127.0.0.1:{lab.free_port()}",
                  environment={"NOTIFY_SOCKET": path}).start()
        self.assertIn(b"Connection refused", listener.recv(1000))

    def test_an_agent_may_start_before_its_server(self):
        node = self.node("n", self.redis().url)
        node.start_agent()
        node.says("waiting for the segment")
        node.start_server()
        node.says("counts in cluster")

    def test_a_state_that_lasts_is_said_once(self):
        node = self.node("n", f"redis://127.0.0.1:{lab.free_port()}", period=0.02).start()
        node.says("Connection refused")
        time.sleep(0.5)
        self.assertEqual(node.agent.log().count("\n"), 1)

    def test_every_orderly_end_leaves(self):
        server = self.redis()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=number):
                node = self.node("n", server.url).start()
                node.says("counts in cluster")
                self.assertEqual(node.agent.stop(number), 0)
                self.assertEqual(server.call("HLEN", f"connstat:{{{CLUSTER}}}:node"), 0)
                self.assertEqual(server.call("ZCARD", f"connstat:{{{CLUSTER}}}:lease"), 0)
                node.server.stop()

    def test_wrong_usage_is_refused_in_words(self):
        url = ["--redis", "redis://h"]
        cluster = ["--cluster", "c"]
        for arguments, words in (
                ([], "where is the Redis?"), (url, "which cluster?"),
                ([*url, "--cluster", "{c}"], "a cluster's name is"),
                ([*url, *cluster, "--node", "a b"], "a node's id is"),
                ([*url, *cluster, "--period", "5", "--lease", "6"], "at least twice --period"),
                ([*url, *cluster, "--period", "0"], "--period takes"),
                ([*url, *cluster, "--tls-ca", "f"], "want a rediss://"),
                ([*url, *cluster, "--tls-cert", "f"], "go together"),
                ([*url, *cluster, "extra"], "one argument too many")):
            with self.subTest(arguments=arguments):
                result = nodes.connstat("agent", *arguments)
                self.assertEqual(result.returncode, 2)
                self.assertIn(words, result.stderr)

    def test_what_cluster_shows_people(self):
        server = self.redis()
        started = self.start_nodes(2, server.url)
        self.pause(started)
        self.becomes_exact(started)
        shown = started[0].tool("cluster").stdout
        self.assertIn(f"Cluster {CLUSTER}: 2 nodes", shown)
        started[1].agent.kill()
        lab.eventually(lambda: started[0].cluster()["missing"], "n1 is missing")
        shown = started[0].tool("cluster").stdout
        self.assertIn("Missing: n1", shown)
        self.assertIn("this node's counts alone, for the agent is gone",
                      started[1].tool("cluster").stdout)
        by_node = nodes.connstat("cluster", "--redis", server.url, "--cluster", CLUSTER).stdout
        self.assertRegex(by_node, r"n0 +live")
        self.assertRegex(by_node, r"n1 +missing")
        self.assertRegex(by_node, r"1 node +sum")

    def screen(self, node, words):
        """What connstat top draws, until it has drawn these words."""
        drawn, seen = b"", ""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(node.environment, TERM="xterm", COLUMNS="120", LINES="40")
            os.execv(nodes.CONNSTAT, [nodes.CONNSTAT, "top"])
        try:
            end = time.monotonic() + lab.PATIENCE
            while words not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    drawn += os.read(terminal, 65536)
                    seen = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\(B)", "",
                                  drawn.decode(errors="replace"))
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)
        self.assertIn(words, seen)

    def test_what_top_shows(self):
        if nodes.connstat("top", "--help").returncode != 0:
            self.skipTest("built without top")
        started = self.start_nodes(2, self.redis().url)
        self.pause(started)
        self.becomes_exact(started)
        total = nodes.add(node.local() for node in started)["total_connections"]
        self.screen(started[0], f"cluster {CLUSTER}  {total} connections")
        started[1].agent.kill()
        lab.eventually(lambda: not started[0].cluster()["clustered"], "the lease ends")
        self.screen(started[0], f"cluster {CLUSTER}  no news: this node alone is counted")

    def test_cluster_by_node_adds_up(self):
        server = self.redis()
        started = self.start_nodes(3, server.url)
        self.pause(started)
        self.becomes_exact(started)
        seen = nodes.json.loads(started[0].tool("cluster", "--json", "--redis", server.url).stdout)
        self.assertEqual((seen["nodes"], seen["clustered"], seen["missing"]), (3, True, []))
        wanted = nodes.add(node.local() for node in started)
        counts = nodes.counts_of(seen)
        self.assertEqual(counts, {name: wanted[name] for name in counts})
        self.assertEqual([(row["node"], row["total_connections"]) for row in seen["by_node"]],
                         [(node.name, node.local()["total_connections"]) for node in started])


if __name__ == "__main__":
    nodes.main()
