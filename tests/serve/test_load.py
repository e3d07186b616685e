#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""All at once: many clients on every path while connections come and go, workers die and the
segment is destroyed and made again. Under ThreadSanitizer it is the test of the hand-over between
the sampler and the HTTP threads."""

from serving import *

PATHS = ["/metrics", "/healthz", "/", "/api/v1", "/api/v1/counts", "/api/v1/history",
         "/api/v1/entries?limit=20", "/api/v1/entries?group_by=user_id",
         "/api/v1/entries?search=1&where=n%3E3", "/api/v1/workers", "/api/v1/deaths",
         "/api/v1/system", "/api/v1/cluster"]


class Load(ServeTest):
    def test_everything_at_once(self):
        server = self.serve()
        stop, problems, answers = threading.Event(), [], []

        def ask(offset):
            turn = offset
            while not stop.is_set():
                path = PATHS[turn % len(PATHS)]
                status, _, body = server.ask(path)
                answers.append(status)
                if status not in (200, 503) or (path != "/" and path != "/metrics" and
                                                json.loads(body)["schema"] not in (1, 2)):
                    problems.append((path, status, body[:200]))
                turn += 1

        def listen():
            while not stop.is_set():
                with server.events() as events:
                    for _, (_, sample) in zip(range(3), events):
                        there = sample["problem"] is None
                        if there and not 0 <= sample["counts"].get("ws_sockets", -1) <= 1000:
                            problems.append(sample)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
        threads += [threading.Thread(target=listen) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                self.lead_a_life()
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE_S)
        self.assertEqual(problems, [])
        self.assertIn(200, answers)

    def lead_a_life(self):
        """A segment, from its making to its end."""
        master = self.create(capacity=1000)
        master.do("reaper")
        for _ in range(5):
            worker = self.worker()
            worker.do("many", "ws_socket", 100)
            worker.do("many", "user_channel", 100)
            time.sleep(0.2)
            worker.die("crash", 9)
        master.do("many", "live_view", 50)
        time.sleep(1)
        self.connstat("destroy", "--force")
        master.end()
        time.sleep(1)


if __name__ == "__main__":
    main()
