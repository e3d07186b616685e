#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What stands in the entries of a stock nginx: fields of variables, keys, protocols; and limits."""

from stock import (CONNSTAT, NginxTest, UPGRADE, free_port, json, main, os, socket,
                   subprocess)


class EntriesTest(NginxTest):
    stream = """connstat_field upstream $upstream_addr; connstat_field bytes 7 int;
        connstat_key $remote_addr; connstat_limit 2;"""
    http = "proxy_buffering off; connstat_field host $host;"
    server = """listen unix:%d/socket;
        listen 127.0.0.1:%t ssl http2;
        ssl_certificate %d/cert.pem; ssl_certificate_key %d/key.pem;
        location /held {
            connstat_request on;
            connstat_key $arg_user;
            connstat_limit 2;
            connstat_field user $arg_user int;
            connstat_field agent $http_user_agent;
            connstat_field upstream $upstream_addr;
            proxy_pass http://127.0.0.1:%b;
        }
        location /wsl {
            connstat_key $arg_user;
            connstat_limit 1;
            connstat_limit_status 429;
            connstat_field user $arg_user;
            proxy_pass http://127.0.0.1:%b;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
        location /variables { return 200 "$connstat_http_conns $connstat_http_requests $connstat_ws_sockets $connstat_stream_sessions\\n"; }
        error_page 503 /sorry;
        location /sorry { connstat_request on; proxy_pass http://127.0.0.1:%b; }"""

    def setUp(self):
        super().setUp()
        self.tls_port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2",
                        "-subj", "/CN=test", "-keyout", self.directory / "key.pem",
                        "-out", self.directory / "cert.pem"], check=True,
                       stderr=subprocess.DEVNULL)

    def configuration(self):
        self.server = type(self).server.replace("%t", str(self.tls_port)) \
            .replace("%d", str(self.directory)).replace("%b", str(self.backend_port))
        return super().configuration()

    def metadata(self, kind):
        return [entry["metadata"] for entry in self.entries(kind)]

    def test_a_request(self):
        self.start()
        client = self.client("/held?user=42", "User-Agent: caf\u00e9\x01" + "x" * 3000 + "\r\n")
        self.assertEqual(client.status(), 200)
        (entry,) = self.entries("http_request")
        self.assertEqual(entry["key"], "42")
        agent = entry["metadata"].pop("agent")
        self.assertEqual(entry["metadata"],
                         {"user": 42, "upstream": f"127.0.0.1:{self.backend_port}"})
        self.assertTrue(agent.startswith("caf\u00e9\x01xxx"), agent)
        self.assertLess(len(agent), 192)
        client.close()
        self.eventually(lambda: self.count("http_request") == 0, "its end")

    def test_a_limit(self):
        self.start()
        for _ in range(2):
            self.assertEqual(self.client("/held?user=42").status(), 200)
        # The error page is the same request, and is not counted either.
        self.assertEqual(self.client("/held?user=42").status(), 503)
        self.assertEqual(self.client("/held?user=43").status(), 200)
        for _ in range(3):  # who has no key is not limited
            self.assertEqual(self.client("/held").status(), 200)
        self.assertEqual(self.count("http_request"), 6)
        self.clients.pop(0).close()
        self.eventually(lambda: self.count("http_request") == 5, "one goes")
        self.assertEqual(self.client("/held?user=42").status(), 200)

    def test_a_websocket(self):
        self.start()
        client = self.ws_client("/wsl?user=bob")
        self.assertEqual(self.client("/wsl?user=bob", UPGRADE).status(), 429)
        self.ws_client("/wsl?user=eve")
        users = sorted((socket["user"], socket["port"] > 0, socket["protocol"])
                       for socket in self.metadata("ws_socket"))
        self.assertEqual(users, [("bob", True, "http/1.1"), ("eve", True, "http/1.1")])
        self.assertTrue(self.is_true())
        client.close()
        self.eventually(lambda: self.count("ws_socket") == 1, "its end")

    def test_a_websocket_has_lived_as_long_as_its_connection(self):
        self.start()
        client = self.http_client()
        (before,) = self.entries("http_conn")
        client.ask("/ws", UPGRADE)
        self.assertEqual(client.status(), 101)
        (after,) = self.entries("ws_socket")
        self.assertEqual(after["started_at"], before["started_at"])
        self.assertEqual(json.loads(self.connstat("totals", "--json"))["deaths"], 0)

    def test_variables_and_fields_of_a_connection(self):
        self.start()
        self.ws_client()
        self.stream_client()
        client = self.client("/variables")
        self.assertEqual(client.answer()[1], "1 0 1 1\n")
        client.ask("/stub")
        client.answer()
        (connection,) = self.metadata("http_conn")
        self.assertEqual(connection["host"], "test")

    def test_http2(self):
        self.start()
        curl = subprocess.Popen(
            ["curl", "-sk", "--http2", "-o", "/dev/null", "--parallel", "--parallel-immediate",
             *[f"https://127.0.0.1:{self.tls_port}/held?user={user}" for user in range(3)]])
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        self.eventually(lambda: self.count("http_request") == 3, "three streams")
        kernel = self.kernel(self.tls_port)
        connections = [entry for entry in self.metadata("http_conn") if entry["tls"]]
        self.assertEqual(len(connections), kernel)
        self.assertEqual({entry["protocol"] for entry in connections}, {"h2"})

    def test_a_session(self):
        self.start()
        client = self.stream_client()
        (entry,) = self.entries("stream_session")
        self.assertEqual(entry["key"], "127.0.0.1")
        self.assertEqual(entry["metadata"], {
            "addr": "127.0.0.1", "port": client.socket.getsockname()[1], "tls": False,
            "protocol": "tcp", "bytes": 7, "upstream": f"127.0.0.1:{self.echo_port}",
            "socket": entry["metadata"]["socket"]})
        self.stream_client()
        refused = self.client(port=self.stream_port)
        self.assertEqual(refused.socket.recv(1), b"")
        client.close()
        self.eventually(lambda: self.count("stream_session") == 1, "one goes")
        self.stream_client()

    def test_a_client_may_call_its_socket_what_it_likes(self):
        self.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.bind(os.fsencode(self.directory) + b"/\xff\x01" + b"x" * 50)
            client.connect(f"{self.directory}/socket")
            self.eventually(lambda: self.count("http_conn") == 1, "accept")
            (entry,) = self.metadata("http_conn")
            self.assertIn(f"unix:{self.directory}/\ufffd\x01", entry["addr"])
            self.assertEqual(entry["protocol"], "http/1.1")

    def test_a_small_room(self):
        """What does not fit is cut; what does not fit even so is refused, and said."""
        self.zone += " metadata=80"
        self.start()
        self.http_client()
        (entry,) = self.metadata("http_conn")
        self.assertTrue("127.0.0.1".startswith(entry["addr"]), entry)

    def test_group_and_mode(self):
        self.zone += " group=www-data mode=0640"
        self.start()
        self.http_client()
        found = subprocess.run(
            ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups",
             CONNSTAT, "--json"], env=self.environment, check=True,
            stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(json.loads(found)["counts"]["http_conn"], 1)

    def test_what_the_configuration_refuses(self):
        for wrong, why in [("connstat_limit 3;", "needs the"), ("connstat_field a 1 float;", "int"),
                           ("connstat_zone again;", "not allowed here")]:
            self.write_configuration()
            path = self.directory / "nginx.conf"
            path.write_text(path.read_text().replace("connstat on;", f"connstat on; {wrong}", 1))
            self.assertIn(why, self.nginx("-t", status=1))
        for zone, why in [("web dir=relative", "dir=/PATH"), ("web group=nobody-here", "group="),
                          ("web capacity=many", "capacity=N"), ("web max=0", "max=N")]:
            self.zone = zone
            self.write_configuration()
            self.assertIn(why, self.nginx("-t", status=1))
        self.error_log.write_text("")


if __name__ == "__main__":
    main()
