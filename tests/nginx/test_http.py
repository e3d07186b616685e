#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Connections, requests, WebSockets and sessions of a stock nginx beside what the kernel says."""

from stock import Client, NginxTest, json, main, re


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
