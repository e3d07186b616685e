#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The server outlives its segment, and ends when it is told."""

import tempfile

from serving import *


class Segment(ServeTest):
    def health(self, server):
        return server.ask("/healthz")[0]

    def test_it_waits_for_a_segment(self):
        server = self.serve()
        self.assertIn("no segment", server.json("/healthz", status=503)["error"])
        self.assertIn("connstat ls", server.json("/api/v1/counts", status=503)["error"])
        for path in ("entries", "workers", "deaths", "system", "cluster"):
            server.json(f"/api/v1/{path}", status=503)
        metrics = server.metrics()
        self.assertEqual(metrics["connstat_up"], {"": 0})
        self.assertNotIn("connstat_connections", metrics)
        self.create().register("ws_socket")
        self.eventually(lambda: self.health(server) == 200, "the segment seen")
        self.assertEqual(server.json("/api/v1/counts")["ws_sockets"], 1)

    def test_it_survives_destruction_and_comes_back(self):
        first = self.create()
        first.do("many", "ws_socket", 5)
        server = self.serve()
        self.connstat("destroy", "--force")
        self.eventually(lambda: self.health(server) == 503, "the destruction seen")
        server.json("/api/v1/counts", status=503)
        self.eventually(lambda: None in server.json("/api/v1/history")["workers"], "the gap")
        first.end()
        self.create().do("many", "ws_socket", 3)
        self.eventually(lambda: self.health(server) == 200, "the new one seen")
        self.assertEqual(server.json("/api/v1/counts")["ws_sockets"], 3)
        self.eventually(lambda: server.json("/api/v1/history")["workers"] == [1] or
                        None not in server.json("/api/v1/history")["workers"],
                        "a history of the new segment alone")

    def test_it_follows_a_replacement_of_another_layout(self):
        self.create(capacity=100).end()
        server = self.serve()
        self.assertEqual(server.metrics()["connstat_slots"]['type="ws_socket"'], 100)
        self.create(capacity=200).do("many", "live_view", 2)
        self.eventually(lambda: server.metrics().get("connstat_slots", {})
                        .get('type="ws_socket"') == 200, "the new layout seen")
        self.assertEqual(server.json("/api/v1/counts"), self.json())

    def test_dead_workers_are_hidden_where_nobody_reaps(self):
        self.create()
        worker = self.worker()
        worker.do("many", "ws_socket", 9)
        server = self.serve()
        self.assertEqual(server.json("/api/v1/counts")["ws_sockets"], 9)
        worker.die("crash", 9)
        self.eventually(lambda: server.json("/api/v1/counts")["ws_sockets"] == 0, "hidden")
        self.assertEqual(server.json("/api/v1/entries")["entries"], [])
        metrics = server.metrics()
        self.assertEqual(metrics["connstat_connections"]['type="ws_socket"'], 0)
        self.assertEqual(metrics["connstat_slots_used"][""], 9, "until somebody sweeps")
        with server.events() as events:
            name, sample = next(events)
            while name != "sample" or sample["counts"]["ws_sockets"]:
                name, sample = next(events)
        for row in sample["types"]:
            self.assertEqual(row["opened"], row["closed"] + row["lost"] + row["live"], row)


class Streams(ServeTest):
    def test_a_sample_a_second(self):
        worker = self.create()
        worker.do("many", "ws_socket", 4)
        server = self.serve()
        with server.events() as events:
            samples = [data for _, (name, data) in zip(range(3), events) if name == "sample"]
        numbers = [sample["number"] for sample in samples]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))
        last = samples[-1]
        self.assertEqual((last["problem"], last["workers"], last["counts"]["ws_sockets"]),
                         (None, 1, 4))
        self.assertEqual(last["types"][0] | {"lost": 0},
                         {"type": "ws_socket", "kind": "connection", "slots": 1000, "slots_max": 1000, "live": 4, "opened": 4, "closed": 0, "lost": 0,
                          "refused": 0})

    def test_a_stream_tells_that_the_segment_is_gone(self):
        self.create()
        server = self.serve()
        with server.events() as events:
            next(events)
            self.connstat("destroy", "--force")
            for _, sample in events:
                if sample["problem"]:
                    break
            self.assertIn("no segment", sample["problem"])
            self.create()
            self.assertTrue(any(sample["problem"] is None for _, sample in events))

    def test_history_is_in_columns(self):
        self.create().do("many", "ws_socket", 4)
        server = self.serve()
        self.eventually(lambda: len(server.json("/api/v1/history")["at_ms"]) >= 3, "samples")
        history = server.json("/api/v1/history", {"seconds": 2})
        self.assertEqual(history["workers"], [1, 1])
        self.assertEqual(len(history["at_ms"]), 2)
        self.assertEqual({name: history["types"][0][name] for name in ("type", "live", "gone")},
                         {"type": "ws_socket", "live": [4, 4], "gone": [0, 0]})
        server.json("/api/v1/history", {"seconds": 0}, status=400)

    def test_streams_are_limited_and_given_back(self):
        self.create()
        server = self.serve()
        with contextlib.ExitStack() as stack:
            for _ in range(64):
                next(stack.enter_context(server.events()))
            self.assertIn("64", server.json("/events", status=503)["error"])
            server.json("/api/v1/counts")
        def streams_again():
            with contextlib.suppress(AssertionError), server.events() as events:
                return next(events)
        self.eventually(streams_again, "a stream after the others went")


class Ending(ServeTest):
    def test_sigterm_ends_open_streams(self):
        self.create()
        server = self.serve()
        with server.events() as events:
            next(events)
            server.end()
            for _ in events:
                pass

    def test_it_tells_systemd(self):
        self.create()
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(PATIENCE_S)
            manager.bind(f"{folder}/notify")
            os.chmod(folder, 0o755)
            os.chmod(f"{folder}/notify", 0o777)
            environment = self.environment | {"NOTIFY_SOCKET": f"{folder}/notify"}
            server = self.serve(env=environment)
            self.assertIn(b"READY=1", manager.recv(1000))
            server.end()
            self.assertIn(b"STOPPING=1", manager.recv(1000))

    def test_a_taken_port_is_told(self):
        server = self.serve()
        done = self.run_connstat("serve", "--listen", f"127.0.0.1:{server.port}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"Address already in use", done.stderr)

    def test_bad_options_are_told(self):
        for arguments in (["--listen", "9464"], ["--listen", "127.0.0.1:x"], ["extra"],
                          ["--listen", "::1:9464"], ["--user", "no-such-user-here"],
                          ["--name", "no/name"]):
            done = self.run_connstat("serve", *arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertTrue(done.stderr.startswith(b"connstat"), (arguments, done.stderr))
            self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    main()
