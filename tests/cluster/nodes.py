# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Nodes of a cluster as tests see them: a server with its segment, and its agent.

A test script that uses them is started as SCRIPT CONNSTAT NODE: the tool, and the server of node.c.
"""
import json
import os
import pathlib
import subprocess
import sys

import lab

PERIOD, LEASE = 0.2, 1.0
CONNSTAT, SERVER = sys.argv[1:3] if len(sys.argv) > 2 else (None, None)
CLUSTER = "t"
KEYS = [f"connstat:{{{CLUSTER}}}:{name}" for name in ("lease", "node", "sum")]


def connstat(*arguments, environment=None):
    """Run the tool; returns its result, output as text."""
    return subprocess.run([CONNSTAT, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=lab.PATIENCE, check=False,
                          env={**os.environ, **(environment or {})})


class Node:
    def __init__(self, test, name, url, workers=2, types=(), period=PERIOD, lease=LEASE,
                 node_id=None, options=(), environment=None, prefix=()):
        self.test, self.name, self.url = test, name, url
        self.workers, self.types = workers, types
        self.period, self.lease, self.node_id = period, lease, node_id or name
        self.options, self.prefix = options, prefix
        self.directory = os.path.join(test.folder, "segments-" + name)
        os.makedirs(self.directory, exist_ok=True)
        self.pause_file = pathlib.Path(test.folder, "pause-" + name)
        self.environment = {"CONNSTAT_DIR": self.directory, "CONNSTAT_NAME": name,
                            **(environment or {})}
        self.server = self.agent = None

    def start(self):
        self.start_server()
        self.start_agent()
        return self

    def start_server(self):
        self.server = self.test.process(
            f"{self.name}-server", [SERVER, self.name, str(self.workers), str(self.pause_file),
                                    *self.types],
            environment=self.environment, prefix=self.prefix)
        lab.eventually(lambda: self.tool("counts", "--json").returncode == 0, "a segment")

    def start_agent(self):
        self.agent = self.test.process(
            f"{self.name}-agent",
            [CONNSTAT, "agent", "--redis", self.url, "--cluster", CLUSTER, "--node", self.node_id,
             "--period", str(self.period), "--lease", str(self.lease), *self.options],
            environment=self.environment, prefix=self.prefix)

    def says(self, words):
        """Wait until the agent's log has these words."""
        lab.eventually(lambda: words in self.agent.log(),
                       lambda: f"the agent says {words!r}; it says {self.agent.log()!r}")

    def tool(self, *arguments):
        return connstat(*arguments, environment=self.environment)

    def read(self, command):
        result = self.tool(command, "--json")
        if result.returncode != 0:
            raise AssertionError(f"connstat {command}: {result.stderr}")
        return json.loads(result.stdout)

    def local(self):
        return counts_of(self.read("counts"))

    def cluster(self):
        return self.read("cluster")

    def pause(self):
        self.pause_file.touch()

    def resume(self):
        self.pause_file.unlink()


def counts_of(document):
    """The counts among a document's members."""
    no_counts = {"schema", "nodes", "age_ms"}
    return {name: value for name, value in document.items()
            if type(value) is int and name not in no_counts}


def add(many):
    total = {}
    for counts in many:
        for name, value in counts.items():
            total[name] = total.get(name, 0) + value
    return total


class TestCase(lab.TestCase):
    def node(self, name, url, **options):
        return Node(self, name, url, **options)

    def start_nodes(self, count, url, **options):
        nodes = [self.node(f"n{i}", url, **options) for i in range(count)]
        for node in nodes:
            node.start()
        return nodes

    def exact(self, nodes, missing=()):
        """Each node's aggregate equals the sum of all local counts. Nobody may be churning."""
        wanted = add(node.local() for node in nodes)
        for node in nodes:
            seen = node.cluster()
            counts = counts_of(seen)
            if (seen["nodes"] != len(nodes) or seen["clustered"] != (len(nodes) > 1) or
                    seen["missing"] != list(missing) or
                    counts != {name: wanted[name] for name in counts}):
                return False
        return True

    def becomes_exact(self, nodes, missing=()):
        def show():
            return "exact counts\n" + "\n".join(
                f"{node.name}: {node.local()} {node.cluster()} {node.agent.log()[-800:]}"
                for node in nodes)
        lab.eventually(lambda: self.exact(nodes, missing), show)

    def pause(self, nodes):
        for node in nodes:
            node.pause()

    def resume(self, nodes):
        for node in nodes:
            node.resume()


def main():
    del sys.argv[1:3]
    lab.unittest.main()
