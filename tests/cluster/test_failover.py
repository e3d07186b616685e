# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A Redis replaced by its sentinels, and a Redis Cluster that holds the keys elsewhere."""
import os

import lab
import nodes
from nodes import CLUSTER

SERVICE = "connstat"


class Sentinels:
    """Three of them, of whom two must agree."""

    def __init__(self, test, master, options=()):
        self.ports = []
        self.processes = []
        for i in range(3):
            port = lab.free_port()
            path = os.path.join(test.folder, f"sentinel{i}.conf")
            with open(path, "w", encoding="ascii") as file:
                file.write(f"port {port}\nbind 127.0.0.1\ndir {test.folder}\n"
                           f"sentinel monitor {SERVICE} 127.0.0.1 {master.port} 2\n"
                           f"sentinel down-after-milliseconds {SERVICE} 500\n"
                           f"sentinel failover-timeout {SERVICE} 3000\n" + "".join(options))
            self.ports.append(port)
            self.processes.append(test.process(f"sentinel{i}",
                                               [lab.REDIS_SERVER, path, "--sentinel"]))

    def url(self):
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"redis-sentinel://{hosts}/{SERVICE}"

    def master(self, i, field):
        client = lab.Client(("127.0.0.1", self.ports[i]))
        try:
            flat = client.call("SENTINEL", "MASTER", SERVICE)
            return dict(zip(flat[::2], flat[1::2]))[field]
        finally:
            client.close()

    def ready(self):
        try:
            return all(self.master(i, "num-other-sentinels") == "2" and
                       self.master(i, "num-slaves") == "1" for i in range(3))
        except (OSError, lab.RedisError):
            return False


class Failover(nodes.TestCase):
    def pair(self, options=()):
        master = self.redis("master", options=options)
        replica = self.redis("replica", options=[*options, "--replicaof",
                                                 f"127.0.0.1 {master.port}"])
        return master, replica

    def test_redis_is_replaced(self):
        master, replica = self.pair(["--repl-diskless-sync-delay", "0"])
        sentinels = Sentinels(self, master)
        lab.eventually(sentinels.ready, "the sentinels know each other and the replica")
        started = self.start_nodes(3, sentinels.url())
        self.pause(started)
        self.becomes_exact(started)
        self.resume(started)
        master.stop()
        lab.eventually(lambda: sentinels.master(0, "port") == str(replica.port), "a failover")
        self.pause(started)
        self.becomes_exact(started)
        self.assertEqual(replica.call("ZCARD", f"connstat:{{{CLUSTER}}}:lease"), 3)

    def test_a_dead_sentinel_is_passed_over(self):
        master, _ = self.pair()
        sentinels = Sentinels(self, master)
        lab.eventually(sentinels.ready, "the sentinels know each other")
        sentinels.processes[0].kill()
        node = self.node("n", sentinels.url(), workers=0).start()
        node.says("counts in cluster")

    def test_a_demoted_master_is_left(self):
        """No sentinel: the agent names what to do, and counts again once it can."""
        master, replica = self.pair()
        node = self.node("n", replica.url, workers=0).start()
        node.says("it is a replica: name the master")
        replica.call("REPLICAOF", "NO", "ONE")
        node.says("counts in cluster")
        master.stop()

    def test_an_unknown_service(self):
        sentinels = Sentinels(self, self.redis("master"))
        node = self.node("n", sentinels.url().replace("/" + SERVICE, "/nobody"), workers=0)
        node.start().says('knows no service "nobody": check the URL')

    def test_a_sentinels_password(self):
        secret = os.path.join(self.folder, "password")
        with open(secret, "w", encoding="ascii") as file:
            file.write("open\n")
        sentinels = Sentinels(self, self.redis("master"), ["requirepass open\n"])
        node = self.node("n", sentinels.url(), workers=0).start()
        node.says("--sentinel-password-file")
        node.agent.stop()
        node.options = ["--sentinel-password-file", secret]
        node.start_agent()
        node.says("counts in cluster")


class Redirection(nodes.TestCase):
    def shard(self, name):
        return self.redis(name, options=[
            "--cluster-enabled", "yes", "--cluster-config-file", name + ".nodes", "--cluster-port",
            str(lab.free_port()), "--cluster-require-full-coverage", "no"])

    def knows(self, shard, others_port):
        return others_port in [words[1] for _, _, *servers in shard.call("CLUSTER", "SLOTS")
                               for words in servers]

    def test_a_redis_cluster_holds_the_keys_elsewhere(self):
        owner, other = self.shard("owner"), self.shard("other")
        slot = owner.call("CLUSTER", "KEYSLOT", f"connstat:{{{CLUSTER}}}:sum")
        owner.call("CLUSTER", "ADDSLOTS", slot)
        other.call("CLUSTER", "MEET", "127.0.0.1", owner.port, owner.options[5])
        lab.eventually(lambda: self.knows(other, owner.port), "the shards know each other")
        started = self.start_nodes(2, other.url)
        self.pause(started)
        self.becomes_exact(started)
        result = nodes.connstat("cluster", "--json", "--redis", other.url, "--cluster", CLUSTER)
        self.assertEqual(nodes.json.loads(result.stdout)["nodes"], 2, result.stderr)


if __name__ == "__main__":
    nodes.main()
