#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The connections of a stock nginx beside the kernel's sockets, while others come and go."""

import threading

from stock import NginxTest, UPGRADE, Client, json, main, socket

BIG_BYTES = 32 << 20


class Churn:
    """Clients that ask once and go."""

    def __init__(self, port):
        self.port, self.stop = port, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.is_set():
            client = Client(self.port, "/")
            client.answer()
            client.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class Net(NginxTest):
    stream = ""

    def setUp(self):
        super().setUp()
        big = self.directory / "big"
        big.write_bytes(bytes(BIG_BYTES))
        big.chmod(0o644)
        self.server = f"location /big {{ alias {big}; }}"
        self.start()

    def net_by_port(self, *arguments):
        """What the kernel tells of each client, by the client's port."""
        listed = json.loads(self.connstat("list", "--net", "--json", *arguments))["entries"]
        return {entry["metadata"]["port"]: entry["net"] for entry in listed}

    def slow_client(self):
        client = Client.__new__(Client)
        client.socket = socket.socket()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.connect(("127.0.0.1", self.port))
        client.ask("/big")
        self.clients.append(client)
        return client.socket.getsockname()[1]

    def test_each_is_joined_and_counted(self):
        requests = {}
        with Churn(self.port):
            for n in range(90):
                path = f"/{'x' * n}"
                client = self.client()
                client.ask(path)
                client.answer()
                requests[client.socket.getsockname()[1]] = \
                    len(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
            for _ in range(10):
                port = self.ws_client().socket.getsockname()[1]
                requests[port] = len(f"GET /ws HTTP/1.1\r\nHost: test\r\n{UPGRADE}\r\n")
            for _ in range(3):
                requests[self.stream_client().socket.getsockname()[1]] = 1
            for _ in range(5):
                net = self.net_by_port()
                self.assertNotIn(None, net.values(), "one that came later is left out")
                held = {port: net[port] for port in requests}
                self.assertEqual({each["state"] for each in held.values()}, {"established"})
                self.assertEqual({port: each["bytes_in"] for port, each in held.items()}, requests)

    def test_a_slow_client_is_found(self):
        with Churn(self.port):
            for _ in range(20):
                self.http_client()
            port = self.slow_client()
            self.eventually(lambda: self.net_by_port()[port]["sendq"] > 65536, "nginx has sent")
            self.assertEqual(list(self.net_by_port("--sort", "-sendq", "--limit", 1)), [port])
            self.assertEqual(list(self.net_by_port("--where", "sendq>64k")), [port])

    def test_nginx_forgets_nothing(self):
        with Churn(self.port):
            for _ in range(20):
                self.http_client()
            for _ in range(3):
                found = json.loads(self.connstat("audit", "--json"))
                self.assertEqual((found["leaked"], found["unregistered"], found["cannot_tell"]),
                                 ([], [], 0))
                self.assertIn(self.port, found["ports"])


main()
