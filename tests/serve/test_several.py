#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Several segments behind one server, and what is wrong with them: test_several.py CONNSTAT WORKER."""

from serving import *


class Several(ServeTest):
    def three(self):
        workers = {}
        for name, count in (("game", 3), ("chat", 5), ("shop", 7)):
            workers[name] = self.worker("create", name, 100)
            workers[name].do("many", "ws_socket", count)
        return workers

    def live(self, server):
        """Of each segment that has any: how many of ws_socket."""
        found = {}
        for line in server.ask("/metrics")[2].splitlines():
            if line.startswith("connstat_connections{") and 'type="ws_socket"' in line:
                found[line.split('segment="')[1].split('"')[0]] = int(line.rsplit(" ", 1)[1])
        return found

    def test_one_exporter_of_three_one_replaced_and_one_destroyed(self):
        workers = self.three()
        server = self.serve("-n", "game", "-n", "chat", "-n", "shop")
        self.assertEqual(self.live(server), {"game": 3, "chat": 5, "shop": 7})
        self.assertEqual(server.json("/api/v1/counts")["counts"]["ws_socket"], 3)  # the first
        self.assertEqual(server.json("/api/v1/counts", {"segment": "shop"})["counts"]["ws_socket"], 7)
        self.assertIn("/api/v1/segments",
                      server.json("/api/v1/counts", {"segment": "x"}, status=404)["error"])

        workers["chat"].die("exit", "0")
        workers["chat"] = self.worker("create", "chat", 50)  # another capacity: replaced
        workers["chat"].do("many", "ws_socket", 2)
        workers["shop"].die("exit", "0")
        self.connstat("destroy", "-n", "shop")
        self.eventually(lambda: self.live(server) == {"game": 3, "chat": 2}, "the change")
        for series in ('connstat_up{segment="game"} 1', 'connstat_up{segment="shop"} 0',
                       'connstat_slots{segment="chat",type="ws_socket"} 50', "connstat_segments 3",
                       'connstat_alerts{segment="shop",alert="no_segment"} 1'):
            self.eventually(lambda s=series: s + "\n" in server.ask("/metrics")[2], series)
        segments = {row["segment"]: row for row in server.json("/api/v1/segments")["segments"]}
        self.assertEqual(list(segments), ["game", "chat", "shop"])
        self.assertIsNone(segments["game"]["problem"])
        self.assertIn("no segment", segments["shop"]["problem"])
        self.assertEqual(segments["chat"]["total_connections"], 2)
        self.assertEqual(server.ask("/healthz?segment=shop")[0], 503)
        self.assertEqual(server.ask("/healthz?segment=game")[0], 200)

        only = server.ask("/metrics?segment=chat")[2]
        self.assertNotIn('segment="game"', only)
        with server.events("?segment=chat") as events:
            self.assertEqual(next(events)[1]["counts"]["ws_sockets"], 2)
        for path in ("history", "entries", "workers", "deaths", "system", "cluster"):
            self.assertEqual(server.json(f"/api/v1/{path}", {"segment": "chat"})["segment"], "chat")

    def test_all_of_the_machine_as_they_come_and_go(self):
        server = self.serve("--all")
        self.assertEqual(server.ask("/healthz")[0], 503)
        self.assertEqual(server.json("/api/v1/segments")["segments"], [])
        self.assertIn("connstat_segments 0\n", server.ask("/metrics")[2])
        server.json("/api/v1/counts", status=503)
        workers = self.three()
        self.eventually(lambda: self.live(server) == {"chat": 5, "game": 3, "shop": 7}, "all found")
        self.assertEqual(server.json("/api/v1/counts")["segment"], "chat")
        workers["chat"].die("exit", "0")
        self.connstat("destroy", "-n", "chat")
        self.eventually(lambda: self.live(server) == {"game": 3, "shop": 7}, "one gone")
        self.assertEqual(server.json("/api/v1/counts")["segment"], "game")

    def test_bad_names_are_refused(self):
        self.connstat("serve", "--all", "-n", "game", status=2)
        self.connstat("serve", "-n", "game", "-n", "a/b", status=2)
        names = [word for i in range(65) for word in ("-n", f"s{i}")]
        self.connstat("serve", *names, status=2)


class Alerts(ServeTest):
    def alerts(self, server, **parameters):
        rows = server.json("/api/v1/alerts", parameters)["alerts"]
        return {row["alert"]: row for row in rows}

    def test_a_stopped_worker_is_named_everywhere(self):
        master = self.create()
        master.do("reaper")
        master.do("join", "master")
        worker = self.worker()
        worker.do("join", "chat-one")
        worker.do("many", "ws_socket", 12)
        server = self.serve()
        self.eventually(lambda: self.alerts(server) == {}, "a good day")
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            self.eventually(lambda: "stopped" in self.alerts(server), "the alert")
            alert = self.alerts(server)["stopped"]
            self.assertEqual((alert["level"], alert["subject"], alert["segment"]),
                             ("critical", str(worker.pid), SEGMENT))
            self.assertRegex(alert["text"], rf"worker {worker.pid} \(chat-one\) is stopped.* 12 entries")
            self.assertIn(f"kill -CONT {worker.pid}", alert["advice"])
            row = server.json("/api/v1/workers")["workers"][0]
            self.assertEqual((row["pid"], row["state"]), (worker.pid, "stopped"))
            self.assertGreater(row["idle_s"], 0)
            metrics = server.metrics()
            self.assertEqual(metrics["connstat_worker_states"]['state="stopped"'], 1)
            self.assertEqual(metrics["connstat_alerts"]['alert="stopped"'], 1)
            self.assertGreater(metrics["connstat_worker_idle_max_seconds"][""], 0)
            with server.events() as events:
                self.assertEqual([row["alert"] for row in next(events)[1]["alerts"]], ["stopped"])
            doctor = {row["check"]: row for row in self.json("doctor")["checks"]}
            self.assertEqual(doctor["workers"]["verdict"], "warning")
            self.assertIn(str(worker.pid), doctor["workers"]["finding"])
            states = {row["pid"]: row["state"] for row in self.json("workers")["workers"]}
            self.assertEqual(states[worker.pid], "stopped")
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        self.eventually(lambda: self.alerts(server) == {}, "the alert gone")

    def test_a_cluster_without_news_is_told_everywhere(self):
        """And one whose agent has gone; before there is an agent, nothing is told of a cluster."""
        self.create().do("reaper")
        server = self.serve()
        self.assertNotIn("connstat_cluster_connected", server.metrics())
        agent = subprocess.Popen(
            [CONNSTAT, "agent", "--redis", f"unix://{self.directory}/none.sock", "--node", "a",
             "--cluster", "eu", "--period", "0.2"], env=self.environment, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait, PATIENCE_S)
        self.addCleanup(agent.kill)
        self.eventually(lambda: "cluster_down" in self.alerts(server), "the alert")
        alert = self.alerts(server)["cluster_down"]
        words = f"agent {agent.pid} has had no news of cluster eu for "
        self.assertEqual(alert["level"], "critical")
        self.assertIn(words, alert["text"])
        metrics = server.metrics()
        self.assertEqual(metrics["connstat_cluster_connected"], {"": 0})
        self.assertEqual(metrics["connstat_cluster_missing_nodes"], {"": 0})
        self.assertGreater(metrics["connstat_cluster_age_seconds"][""], 0.3)
        doctor = {row["check"]: row for row in self.json("doctor")["checks"]}["cluster"]
        self.assertEqual(doctor["verdict"], "warning")
        self.assertIn(words, doctor["finding"])
        agent.kill()
        agent.wait(PATIENCE_S)
        self.eventually(lambda: "the agent of cluster eu has gone" in
                        self.alerts(server).get("cluster_down", alert)["text"], "the agent gone")
        self.assertEqual(server.metrics()["connstat_cluster_connected"], {"": 0})

    def test_a_full_table_and_what_it_refuses(self):
        master = self.create(capacity=16)
        master.do("reaper")
        server = self.serve()
        master.do("many", "ws_socket", 15)
        self.eventually(lambda: "nearly_full" in self.alerts(server), "above 7/8")
        self.assertEqual(master.ask("many", "ws_socket", 2)[0], "error")
        self.eventually(lambda: {"full", "refusing"} <= set(self.alerts(server)), "full")
        self.assertIn("refusing ws_socket (full): 1 refused so far",
                      self.alerts(server, segment=SEGMENT)["refusing"]["text"])

    def test_nobody_reaps(self):
        self.create()
        server = self.serve()
        self.eventually(lambda: "no_reaper" in self.alerts(server), "the alert")
        self.assertIn("no_worker", self.alerts(server))


if __name__ == "__main__":
    main()
