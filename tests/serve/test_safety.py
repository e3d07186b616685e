#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Who may ask, and what a slow or hostile client can do: nothing to anybody else."""

import http.client
import random
import struct

from serving import *

TOKEN = "0123456789abcdef-a-token"


class Access(ServeTest):
    def token_file(self, text, mode=0o600):
        path = f"{self.directory}/token"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def test_loopback_needs_no_token_and_the_world_does(self):
        self.create()
        self.serve().json("/api/v1/counts")
        for listen in ("0.0.0.0:0", "[::]:0"):
            self.connstat("serve", "--listen", listen, status=2)
            self.assertIn("--token-file", self.complaint)
        for port in ("65536", "99999", "+9", " 80", "-1", "0x50", "http", "80 ", "", "4294967296"):
            self.connstat("serve", "--listen", f"127.0.0.1:{port}", status=2)

    def test_only_the_token_opens(self):
        self.create()
        server = self.serve("--listen", "0.0.0.0:0", "--token-file", self.token_file(TOKEN + "\n"))
        for wrong in (None, "", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer ",
                      f"Basic {TOKEN}", "Bearer " + "x" * 300, f"Bearer {TOKEN[:-1]}X"):
            headers = {} if wrong is None else {"Authorization": wrong}
            for path in ("/api/v1/counts", "/metrics", "/events", "/api/v1/alerts", "/nowhere"):
                status, answer, _ = server.ask(path, headers=headers)
                self.assertEqual((status, path), (401, path), wrong)
                self.assertIn("Bearer", answer["WWW-Authenticate"])
        right = {"Authorization": f"Bearer {TOKEN}"}
        server.json("/api/v1/counts", headers=right)
        self.assertEqual(server.ask("/", headers={})[0], 200)  # the page asks for it
        self.assertEqual(server.ask("/healthz")[0], 200)  # probes have none

    def test_a_bad_token_file_is_told(self):
        for text, mode, word in (("short\n", 0o600, "16"), (TOKEN, 0o644, "chmod"),
                                 ("", 0o600, "empty"), ("x" * 300, 0o600, "256"),
                                 ("with blanks in it, long\n", 0o600, "letters")):
            self.connstat("serve", "--token-file", self.token_file(text, mode), status=1)
            self.assertIn(word, self.complaint)
        self.connstat("serve", "--token-file", f"{self.directory}/none", status=1)

    def test_it_answers_to_its_own_names_only(self):
        self.create()
        server = self.serve("--allow-host", "game.example")
        for host, status in (("127.0.0.1", 200), ("localhost:9464", 200), ("[::1]:80", 200),
                             ("game.example", 200), ("GAME.example:9464", 200),
                             (socket.gethostname(), 200), ("evil.example", 403),
                             ("game.example.evil.example", 403), ("127.0.0.1.evil.example", 403),
                             ("127.0.0.1:80@evil.example", 403), ("", 403), ("[", 403),
                             ("x" * 300, 403), ("localhost:", 200), ("[::1", 403)):
            answer = server.ask("/api/v1/counts", headers={"Host": host})
            self.assertEqual(answer[0], status, (host, answer))
        self.assertIn("--allow-host", server.ask("/", headers={"Host": "evil.example"})[2])

    def test_headers_that_protect_a_browser(self):
        server = self.serve()
        for path in ("/", "/api/v1", "/nowhere"):
            _, headers, _ = server.ask(path)
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Cache-Control"], "no-cache" if path == "/" else "no-store")
            self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_it_can_only_read(self):
        self.create()
        server = self.serve()
        server.json("/api/v1/counts")
        with open(f"/proc/{server.pid}/maps", encoding="utf-8") as maps:
            segments = [line.split() for line in maps if ".connstat" in line]
        self.assertTrue(segments)
        self.assertEqual({line[1] for line in segments}, {"r--s"})
        for number in os.listdir(f"/proc/{server.pid}/fdinfo"):
            if ".connstat" in os.readlink(f"/proc/{server.pid}/fd/{number}"):
                with open(f"/proc/{server.pid}/fdinfo/{number}", encoding="utf-8") as info:
                    flags = [line for line in info if line.startswith("flags")][0]
                self.assertEqual(int(flags.split()[1], 8) & os.O_ACCMODE, os.O_RDONLY)

    def privileges(self, server):
        with open(f"/proc/{server.pid}/status", encoding="utf-8") as status:
            lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        self.assertEqual((lines["NoNewPrivs"], int(lines["CapEff"], 16), int(lines["CapPrm"], 16)),
                         ("1", 0, 0))
        return set(lines["Uid"].split()), lines["Groups"].split()

    def test_root_becomes_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("only root has privileges to drop")
        self.create().register("ws_socket")
        os.chown(f"{self.directory}/{SEGMENT}.connstat", 0, 54321)
        self.assertEqual(self.privileges(self.serve()), ({"0"}, ["54321"]))
        os.chmod(self.directory, 0o755)
        server = self.serve()
        self.assertEqual(self.privileges(server), ({"65534"}, ["54321"]))
        self.assertEqual(server.json("/api/v1/counts")["ws_sockets"], 1)
        self.assertEqual(self.privileges(self.serve("--user", "daemon")), ({"1"}, ["54321"]))


class Requests(ServeTest):
    def setUp(self):
        super().setUp()
        self.create().do("many", "ws_socket", 3)
        self.server = self.serve()

    def send(self, raw):
        """What came back for raw bytes, up to the end of the connection or a second of silence."""
        answer = b""
        with contextlib.closing(self.server.connect()) as connection, \
                contextlib.suppress(OSError):
            connection.settimeout(1)
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
        return answer

    def honest(self):
        self.assertEqual(self.server.json("/api/v1/counts")["ws_sockets"], 3)

    def test_only_get_and_head(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
            status, headers, _ = self.server.ask("/api/v1/counts", method=method)
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        status, headers, body = self.server.ask("/metrics", method="HEAD")
        self.assertEqual((status, body), (200, ""))
        self.assertGreater(int(headers["Content-Length"]), 1000)

    def test_bodies_and_huge_headers_are_refused(self):
        self.assertEqual(self.server.ask("/metrics", method="POST", body="x" * 100)[0], 413)
        for raw in (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000 + b"\r\n\r\n",
                    b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
                    b"GET /?" + b"a=b&" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            self.assertNotIn(b"HTTP/1.1 200", self.send(raw)[:100])
            self.honest()

    def test_a_request_without_host_is_refused(self):
        self.assertIn(b" 400 ", self.send(b"GET /metrics HTTP/1.1\r\n\r\n")[:20])

    def test_a_probe_of_http_1_0_needs_no_host(self):
        self.assertIn(b" 200 ", self.send(b"GET /healthz HTTP/1.0\r\n\r\n")[:20])
        evil = self.send(b"GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n")
        self.assertIn(b" 403 ", evil[:20])

    def test_bad_paths_find_nothing(self):
        for path in ("/../etc/passwd", "/%2e%2e/etc/passwd", "//", "/api/v1/", "/api/v1/counts/",
                     "/%00", "/%", "/%zz", "/api/v1/counts%20", "/\u00e9".encode().decode("latin-1"),
                     "/events/x", "/healthz;x", "*", "/api//v1"):
            raw = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            answer = self.send(raw.encode("latin-1"))
            self.assertNotIn(b" 200 ", answer[:20], path)
            self.assertNotIn(b"root:", answer)
        self.honest()

    def test_fuzzed_request_lines_harm_nobody(self):
        chance = random.Random(20261122)
        seeds = [b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 b"GET /api/v1/entries?type=ws_socket&where=n%3C3&limit=2 HTTP/1.1\r\n"
                 b"Host: 127.0.0.1:80\r\nAuthorization: Bearer x\r\n\r\n",
                 b"HEAD /events HTTP/1.0\r\nHost: [::1]\r\nContent-Length: 0\r\n\r\n",
                 b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]
        dictionary = [b"\r\n", b"\n", b"\0", b" ", b"%", b"%00", b"?", b"&", b"=", b"HTTP/9.9",
                      b"\xff", b"Host: ", b"-1", b"99999999999999999999", b"%e2%82", b";", b"\t"]
        with contextlib.closing(self.server.connect()) as kept:
            kept.settimeout(PATIENCE_S)
            for round_number in range(400):
                raw = bytearray(chance.choice(seeds))
                for _ in range(chance.randint(1, 8)):
                    at = chance.randrange(len(raw))
                    change = chance.randrange(4)
                    if change == 0:
                        raw[at] = chance.randrange(256)
                    elif change == 1:
                        raw[at:at] = chance.choice(dictionary)
                    elif change == 2:
                        del raw[at:at + chance.randint(1, 9)]
                    else:
                        raw[at:at] = raw[at:at + chance.randint(1, 99)] * chance.randint(1, 9)
                    raw = raw or bytearray(b"\n")
                self.burst(bytes(raw))
                if round_number % 50 == 0:
                    self.honest()
        self.honest()

    def burst(self, raw):
        """Send and go away, sometimes by a reset: the answer does not matter."""
        with contextlib.closing(self.server.connect()) as connection, \
                contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0 if len(raw) % 2 else 1))
            connection.sendall(raw)
            connection.settimeout(0.01)
            connection.recv(100)

    def test_slow_clients_disturb_nobody(self):
        stop = threading.Event()
        dripping = []

        def drip():
            """Ever more clients, a byte at a time, and new ones for those that are thrown out."""
            while not stop.is_set():
                for connection in list(dripping):
                    try:
                        connection.send(b"x")
                    except OSError:
                        connection.close()
                        dripping.remove(connection)
                for _ in range(min(40, 600 - len(dripping))):
                    with contextlib.suppress(OSError):
                        connection = self.server.connect()
                        connection.setblocking(False)
                        connection.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ")
                        dripping.append(connection)
                stop.wait(0.05)

        attacker = threading.Thread(target=drip)
        attacker.start()
        try:
            self.eventually(lambda: len(dripping) >= 250, "a crowd of slow clients")
            for _ in range(40):
                started = time.monotonic()
                self.honest()
                self.assertLess(time.monotonic() - started, 10)
                time.sleep(0.05)
        finally:
            stop.set()
            attacker.join()
            for connection in dripping:
                connection.close()

    def test_expensive_questions_disturb_nobody(self):
        self.connstat("destroy", "--force")
        self.connstat("create", "--type", "ws_socket:connection:300000")
        self.worker().do("many", "ws_socket", 300000)
        self.eventually(lambda: self.server.ask("/healthz")[0] == 200, "the new segment")
        stop, answers = threading.Event(), set()

        def ask():
            while not stop.is_set():
                with contextlib.suppress(ConnectionError):  # cut off after 30 s
                    answers.add(self.server.ask("/api/v1/entries?search=nowhere")[0])

        crowd = [threading.Thread(target=ask) for _ in range(30)]
        for thread in crowd:
            thread.start()
        try:
            for _ in range(10):
                started = time.monotonic()
                self.assertEqual(self.server.metrics()["connstat_up"][""], 1)
                self.assertLess(time.monotonic() - started, 10)
        finally:
            stop.set()
            for thread in crowd:
                thread.join()
        self.assertLessEqual(answers, {200, 503})

    def test_a_dripping_request_is_cut_off(self):
        with contextlib.closing(self.server.connect()) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            deadline = time.monotonic() + PATIENCE_S
            with self.assertRaises(OSError):
                while time.monotonic() < deadline:
                    connection.sendall(b"x")
                    time.sleep(0.2)

    def test_a_reader_that_does_not_read_is_cut_off(self):
        def sockets():
            links = []
            for number in os.listdir(f"/proc/{self.server.pid}/fd"):
                with contextlib.suppress(FileNotFoundError):
                    links.append(os.readlink(f"/proc/{self.server.pid}/fd/{number}"))
            return sum(link.startswith("socket:") for link in links)

        before = sockets()
        with contextlib.closing(socket.socket()) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect((self.server.host, self.server.port))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
            self.eventually(lambda: sockets() > before, "the connection taken")
            self.honest()
            self.eventually(lambda: sockets() == before, "the connection dropped")

    def test_a_connection_may_ask_again(self):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, PATIENCE_S)
        with contextlib.closing(connection):
            for path in ("/healthz", "/metrics", "/nowhere", "/api/v1/counts"):
                connection.request("GET", path)
                self.assertIn(connection.getresponse().read()[:1], (b"{", b"#"), path)


if __name__ == "__main__":
    main()
