# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""TLS, passwords and access rules: what is refused is said, and no secret is told."""
import glob
import os

import certificates
import lab
import nodes
from nodes import CLUSTER

MANUAL = os.path.join(os.path.dirname(__file__), "../../tools/man/connstat-agent.1")
SECRET = "s3cr3t-Xyzzy-Plugh"
# The same as in connstat-agent(1): a test compares them.
WRITER = ["on", ">" + SECRET, f"~connstat:{{{CLUSTER}}}:*", "+eval", "+evalsha", "+time", "+hget",
          "+hgetall", "+hset", "+hdel", "+hlen", "+zadd", "+zrem", "+zcard", "+zcount", "+zrange",
          "+zrangebyscore", "+zremrangebyscore", "+zremrangebyrank", "+del", "+pexpire"]
READER = ["on", ">" + SECRET, f"%R~connstat:{{{CLUSTER}}}:*", "+multi", "+exec", "+time",
          "+zrange", "+hgetall"]


class Access(nodes.TestCase):
    def agent(self, url, *options, environment=None):
        node = self.node("n", url, workers=0, options=options, environment=environment)
        return node.start()

    def secret_file(self, secret=SECRET):
        path = os.path.join(self.folder, "password")
        with open(path, "w", encoding="ascii") as file:
            file.write(secret + "\n")
        os.chmod(path, 0o600)
        return path

    def counts_in(self, node):
        node.says("counts in cluster")
        self.tells_nothing(node)

    def refused(self, node, words):
        node.says(words)
        self.assertTrue(node.agent.running())
        self.tells_nothing(node)
        self.assertEqual(node.agent.stop(), 0)

    def tells_nothing(self, node):
        for path in glob.glob(f"/proc/{node.agent.pid}/environ") + \
                glob.glob(f"/proc/{node.agent.pid}/cmdline") + \
                glob.glob(os.path.join(self.folder, "*agent*.log")):
            with open(path, "rb") as file:
                self.assertNotIn(SECRET.encode(), file.read(), path)


class Passwords(Access):
    def setUp(self):
        super().setUp()
        self.server = self.redis(options=["--requirepass", SECRET])

    def test_from_a_file(self):
        self.counts_in(self.agent(self.server.url, "--password-file", self.secret_file()))

    def test_from_the_environment(self):
        self.counts_in(self.agent(self.server.url,
                                  environment={"CONNSTAT_REDIS_PASSWORD": SECRET}))

    def test_in_a_url_of_the_environment(self):
        node = self.node("n", None, workers=0)
        node.start_server()
        agent = self.process("url-agent", [nodes.CONNSTAT, "agent", "--cluster", CLUSTER],
                             environment={**node.environment, "CONNSTAT_REDIS_URL":
                                          f"redis://:{SECRET}@127.0.0.1:{self.server.port}"})
        node.agent = agent
        self.counts_in(node)

    def test_a_wrong_one(self):
        node = self.agent(self.server.url, "--password-file", self.secret_file(SECRET + "x"))
        self.refused(node, "it refuses the user or the password: check both")

    def test_none(self):
        self.refused(self.agent(self.server.url), "it wants a password")

    def test_a_file_changes_without_a_restart(self):
        node = self.agent(self.server.url, "--password-file", self.secret_file("wrong"))
        node.says("refuses")
        self.secret_file()
        self.counts_in(node)

    def test_an_unreadable_file(self):
        self.refused(self.agent(self.server.url, "--password-file", "/nonexistent"),
                     "cannot read the password from /nonexistent")

    def test_never_on_the_command_line(self):
        result = nodes.connstat("agent", "--redis", f"redis://:{SECRET}@127.0.0.1", "--cluster",
                                CLUSTER)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--password-file", result.stderr)
        self.assertNotIn(SECRET, result.stderr + result.stdout)

    def test_none_is_set_there(self):
        plain = self.redis("plain")
        self.refused(self.agent(plain.url, "--password-file", self.secret_file()),
                     "no password is set there")


class Rules(Access):
    def setUp(self):
        super().setUp()
        self.server = self.redis()

    def user(self, name, rules):
        self.server.call("ACL", "SETUSER", name, "reset", *rules)
        return f"redis://{name}@127.0.0.1:{self.server.port}"

    def test_the_writers_rules_suffice(self):
        """For everything an agent does: also to rebuild, to take out the dead, to leave."""
        self.server.call("ACL", "SETUSER", "default", "-@all", "+@all")
        url = self.user("writer", WRITER)
        options = ("--password-file", self.secret_file())
        started = [self.node(f"n{i}", url, options=options).start() for i in range(3)]
        for harm in (["FLUSHALL"], ["DEL", f"connstat:{{{CLUSTER}}}:node"]):
            self.server.call(*harm)
            self.pause(started)
            self.becomes_exact(started)
        self.server.call("HDEL", f"connstat:{{{CLUSTER}}}:sum", "total:channels")
        started[2].agent.kill()
        self.becomes_exact(started[:2], missing=["n2"])
        started[1].agent.stop()
        self.becomes_exact(started[:1], missing=["n2"])
        self.assertEqual([entry for entry in self.server.call("ACL", "LOG")], [])

    def test_no_rule_of_the_writer_is_one_too_many(self):
        used = {line.split(":")[0].removeprefix("cmdstat_") for line in self.commandstats()}
        self.assertGreaterEqual(used, {rule[1:] for rule in WRITER if rule[0] == "+"} -
                                {"zremrangebyrank"})  # wants a thousand missing nodes

    def commandstats(self):
        self.test_the_writers_rules_suffice()
        return self.server.call("INFO", "commandstats").split()

    def test_a_reader_reads_and_writes_nothing(self):
        node = self.node("n", self.server.url, workers=1).start()
        node.says("counts in cluster")
        url = self.user("reader", READER)
        options = ["--redis", url, "--cluster", CLUSTER, "--password-file", self.secret_file()]
        result = nodes.connstat("cluster", "--json", *options)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(nodes.json.loads(result.stdout)["by_node"][0]["node"], "n")
        node.agent.stop()
        self.refused(self.agent(url, *options[4:]), "its access rules deny this")

    def test_a_command_is_denied(self):
        for denied in ("evalsha", "hset", "zadd"):
            with self.subTest(denied=denied):
                url = self.user("poor", [rule for rule in WRITER if rule != "+" + denied])
                node = self.agent(url, "--password-file", self.secret_file())
                self.refused(node, "its access rules deny this")
                node.server.stop()

    def test_another_cluster_is_denied(self):
        url = self.user("stranger", [rule.replace("{" + CLUSTER, "{other") for rule in WRITER])
        self.refused(self.agent(url, "--password-file", self.secret_file()),
                     "its access rules deny this")

    def test_an_unknown_user(self):
        self.refused(self.agent(f"redis://nobody@127.0.0.1:{self.server.port}", "--password-file",
                                self.secret_file()), "it refuses the user or the password")

    def test_the_manual_says_the_same(self):
        with open(MANUAL, encoding="utf-8") as file:
            manual = " ".join(file.read().split())
        for user, rules in (("writer", WRITER), ("reader", READER)):
            said = " ".join(rules).replace(SECRET, "PASSWORD").replace(f"{{{CLUSTER}}}", "{NAME}")
            self.assertIn(f"user {user} {said}", manual)


class Tls(Access):
    @classmethod
    def setUpClass(cls):
        cls.authorities = lab.tempfile.mkdtemp(prefix="connstat-tls-", dir="/dev/shm")
        cls.addClassCleanup(lab.shutil.rmtree, cls.authorities, True)
        cls.ours = certificates.Authority(cls.authorities, "ours")
        cls.foreign = certificates.Authority(cls.authorities, "foreign")

    def server(self, cert, key, *options):
        port = lab.free_port()
        self.redis(options=["--tls-port", str(port), "--tls-cert-file", cert, "--tls-key-file",
                            key, "--tls-ca-cert-file", self.ours.cert, "--tls-auth-clients",
                            "optional", *options])
        return port

    def tls_agent(self, port, *options, host="localhost"):
        return self.agent(f"rediss://{host}:{port}", "--tls-ca", self.ours.cert, *options)

    def good(self, name="good", names="DNS:localhost,IP:127.0.0.1"):
        return self.ours.issue(name, names)

    def test_a_good_certificate(self):
        port = self.server(*self.good())
        for host in ("localhost", "127.0.0.1"):
            with self.subTest(host=host):
                node = self.tls_agent(port, host=host)
                self.counts_in(node)
                node.agent.stop()
                node.server.stop()

    def test_a_password_over_tls(self):
        port = self.server(*self.good(), "--requirepass", SECRET)
        self.counts_in(self.tls_agent(port, "--password-file", self.secret_file()))

    def test_an_expired_one(self):
        cert, key = self.ours.issue("expired", "DNS:localhost", end="20210101000000Z")
        self.refused(self.tls_agent(self.server(cert, key)), "has expired: renew it")

    def test_one_for_later(self):
        cert, key = self.ours.issue("early", "DNS:localhost", start="20590101000000Z")
        self.refused(self.tls_agent(self.server(cert, key)), "is not valid yet")

    def test_a_foreign_one(self):
        cert, key = self.foreign.issue("stranger", "DNS:localhost")
        self.refused(self.tls_agent(self.server(cert, key)),
                     "comes from an authority that is not trusted here")

    def test_a_misnamed_one(self):
        cert, key = self.good("misnamed", "DNS:redis.example,IP:192.0.2.1")
        port = self.server(cert, key)
        for host in ("localhost", "127.0.0.1"):
            with self.subTest(host=host):
                node = self.tls_agent(port, host=host)
                self.refused(node, f'is not for "{host}"')
                node.server.stop()

    def test_clients_want_a_certificate_too(self):
        port = self.server(*self.good(), "--tls-auth-clients", "yes")
        node = self.tls_agent(port)
        node.says("localhost")
        self.assertNotIn("counts in cluster", node.agent.log())
        node.agent.stop()
        cert, key = self.ours.issue("client", "DNS:client")
        node.options = (*node.options, "--tls-cert", cert, "--tls-key", key)
        node.start_agent()
        self.counts_in(node)

    def test_no_tls_there(self):
        plain = self.redis("plain")
        self.refused(self.tls_agent(plain.port), "is TLS on at this port?")

    def test_tls_there_but_not_here(self):
        port = self.server(*self.good())
        node = self.agent(f"redis://127.0.0.1:{port}")
        node.says("127.0.0.1")
        self.assertNotIn("counts in cluster", node.agent.log())

    def test_an_old_version(self):
        port = self.server(*self.good(), "--tls-protocols", "TLSv1.1", "--tls-ciphers",
                           "DEFAULT:@SECLEVEL=0")
        self.refused(self.tls_agent(port), "no TLS with")

    def test_no_such_authorities(self):
        port = self.server(*self.good())
        self.refused(self.agent(f"rediss://localhost:{port}", "--tls-ca", "/nonexistent"),
                     "cannot read authorities' certificates")


class Addresses(Access):
    def test_a_unix_socket(self):
        self.counts_in(self.agent(f"unix://{self.redis().socket_path}"))

    def test_another_database(self):
        server = self.redis()
        self.counts_in(self.agent(server.url + "/3"))
        self.assertIn("db3", server.call("INFO", "keyspace"))
        self.assertNotIn("db0", server.call("INFO", "keyspace"))

    def test_nobody_there(self):
        self.refused(self.agent(f"redis://127.0.0.1:{lab.free_port()}"), "Connection refused")

    def test_no_such_host(self):
        self.refused(self.agent("redis://nowhere.invalid"), "cannot find the host nowhere.invalid")

    def test_no_redis(self):
        talker = lab.Talker(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.addCleanup(talker.stop)
        self.refused(self.agent(f"redis://127.0.0.1:{talker.port}"),
                     "does not speak Redis' protocol")

    def test_nonsense_harms_nobody(self):
        for words, said in ((b"*0\r\n", "is it a Redis?"),
                            (b"*1\r\n*1\r\n:1\r\n", "is it a Redis?"),
                            (b":7\r\n", "is it a Redis?"), (b"$-1\r\n", "is it a Redis?"),
                            (b"*2\r\n$5\r\ntaken\r\n:1\r\n", "is it a Redis?"),
                            (b"*21\r\n" + 21 * b"$2\r\nok\r\n", "is it a Redis?"),
                            (b"*21\r\n" + 20 * b"$2\r\nok\r\n", "broke"),
                            (b"-MOVED\r\n", "says"),
                            (b"-MOVED 1 nowhere.invalid:1\r\n", "nowhere"),
                            (b"-ERR \x1b[2J\x07\r\n", "says: ERR  [2J"),
                            (8 * b"*1\r\n" + b":1\r\n", "Redis"),
                            (b"$999999999999999999999\r\n", "Redis' protocol")):
            with self.subTest(words=words):
                talker = lab.Talker(words)
                self.addCleanup(talker.stop)
                node = self.agent(f"redis://127.0.0.1:{talker.port}")
                self.refused(node, said)
                node.server.stop()

    def test_bad_addresses_are_refused(self):
        for url in ("http://x", "redis://", "redis://h:0", "redis://h:99999", "redis://h/x",
                    "redis://h,i", "unix://relative", "redis://h:1:2", "redis://[::1",
                    "redis-sentinel://"):
            with self.subTest(url=url):
                result = nodes.connstat("agent", "--redis", url, "--cluster", CLUSTER)
                self.assertEqual(result.returncode, 2)
                self.assertIn("--redis: ", result.stderr)


if __name__ == "__main__":
    nodes.main()
