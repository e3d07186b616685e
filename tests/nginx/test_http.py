#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Connections, requests, WebSockets and sessions of a stock nginx beside what the kernel says."""

from stock import Client, NginxTest, json, main, re, subprocess


class Rows(NginxTest):
    stream = ""

    def test_250_http_50_ws_30_stream(self):
        self.start()
        self.assertTrue(self.is_true(), self.counts())
        for _ in range(250):
            self.http_client()
        sockets = [self.ws_client() for _ in range(50)]
        for _ in range(30):
            self.stream_client()
        self.assertEqual((self.kernel(), self.kernel(self.stream_port)), (300, 30))
        self.assertEqual(self.counts(), {"http_conn": 250, "http_request": 0, "ws_socket": 50,
                                         "stream_session": 30})
        total = json.loads(self.connstat("--json"))["total_connections"]
        self.assertEqual(total, 330)
        for client in sockets[:20]:
            client.close()
        self.becomes_true()
        self.assertEqual(self.count("ws_socket"), 30)
        self.close_clients()
        self.becomes_true()
        self.assertEqual(self.counts(), dict.fromkeys(self.counts(), 0))


class Growth(NginxTest):
    stream = ""

    def kernel_ports(self, port):
        """Those of the clients, as the kernel has them."""
        lines = subprocess.run(["ss", "-Htn", "state", "established", f"( sport = :{port} )"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        return sorted(int(line.split()[3].rpartition(":")[2]) for line in lines)

    def listed_ports(self, *kinds):
        return sorted(entry["metadata"]["port"] for kind in kinds for entry in self.entries(kind))

    def test_2000_clients_of_a_zone_that_begins_with_64_slots(self):
        self.zone += " capacity=64 max=100000"
        self.start()
        for n in range(2500):
            if n % 10 < 2:
                self.ws_client()
            elif n % 10 == 2:
                self.stream_client()
            else:
                self.http_client()
            if n % 5 == 4:  # one of five goes again, so that slots are given back while it grows
                self.clients.pop(n // 2 % len(self.clients)).close()
        self.becomes_true()
        self.assertEqual(sum(self.counts().values()), 2000)
        self.assertEqual(self.listed_ports("http_conn", "ws_socket"), self.kernel_ports(self.port))
        self.assertEqual(self.listed_ports("stream_session"), self.kernel_ports(self.stream_port))
        (segment,) = json.loads(self.connstat("ls", "--json"))["segments"]
        self.assertGreater(segment["slots"], 4 * 64)
        self.assertEqual(segment["slots_max"], 4 * 100000)
        self.assertEqual(sum(each["refused_total"] for each in
                             json.loads(self.connstat("totals", "--json"))["types"]), 0)
        self.assertNotIn("not registered", self.log())
        self.connstat("check")


class Entries(NginxTest):
    def test_a_connection_before_its_first_request(self):
        self.start()
        client = self.client()
        self.eventually(lambda: self.count("http_conn") == 1, "accept")
        (entry,) = self.entries("http_conn")
        self.assertEqual(entry["metadata"], {
            "addr": "127.0.0.1", "port": client.socket.getsockname()[1], "tls": False,
            "protocol": "http/1.1", "socket": entry["metadata"]["socket"]})
        self.assertIn(entry["pid"], self.worker_pids())

    def test_status_and_workers(self):
        self.start()
        self.http_client()
        self.ws_client()
        client = self.client("/counts")
        status, body = client.answer()
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body), json.loads(self.connstat("--json")))
        self.assertEqual(json.loads(body)["total_connections"], 3)
        labels = [worker["label"] for worker in
                  json.loads(self.connstat("workers", "--json"))["workers"]]
        self.assertEqual(sorted(labels), ["nginx worker 0", "nginx worker 1"])


if __name__ == "__main__":
    main()
