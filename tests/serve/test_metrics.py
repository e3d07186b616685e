#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The metrics, the rules and the Grafana dashboard, against a real Prometheus.

test_metrics.py CONNSTAT WORKER MONITORING_FOLDER
"""

import pathlib
import re
import tempfile
import urllib.parse
import urllib.request

from serving import *

MONITORING = pathlib.Path(sys.argv[3])


def promtool(*arguments, text=None):
    return subprocess.run(["promtool", *map(str, arguments)], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=PATIENCE_S)


class Metrics(ServeTest):
    def test_promtool_finds_nothing_to_say(self):
        server = self.serve()
        for text in (server.ask("/metrics")[2], self.fill() and server.ask("/metrics")[2]):
            done = promtool("check", "metrics", text=text)
            self.assertEqual((done.returncode, done.stdout), (0, ""))

    def fill(self):
        master = self.create(capacity=10)
        master.do("reaper")
        master.do("many", "ws_socket", 4)
        return master

    def test_values(self):
        master = self.fill()
        first = master.register("live_view", user_id=42)
        master.do("unregister", first)
        self.assertEqual(master.ask("many", "party_channel", 11)[0], "error")
        dying = self.worker()
        dying.do("many", "user_channel", 3)
        self.eventually(lambda: len(self.json("workers")["workers"]) == 2, "joined")
        time.sleep(0.2)  # the reaper watches a worker from 100 ms after it joined at the latest
        dying.die("crash", 11)
        self.eventually(lambda: self.json("totals")["deaths"] == 1, "reaped")

        metrics = self.serve().metrics()
        self.assertEqual(metrics["connstat_up"], {"": 1})
        live = metrics["connstat_connections"]
        self.assertEqual((live['type="ws_socket"'], live['type="user_channel"']), (4, 0))
        self.assertEqual(metrics["connstat_registered_total"]['type="user_channel"'], 3)
        gone = metrics["connstat_unregistered_total"]
        self.assertEqual(gone['type="user_channel",reason="worker_died"'], 3)
        self.assertEqual(gone['type="live_view",reason="closed"'], 1)
        self.assertEqual(metrics["connstat_rejected_total"]['type="party_channel",reason="full"'], 1)
        self.assertEqual(metrics["connstat_slots"]['type="ws_socket"'], 10)
        self.assertEqual(metrics["connstat_slots_used"][""], 14)
        self.assertEqual(metrics["connstat_workers"][""], 1)
        self.assertEqual(metrics["connstat_worker_deaths_total"]
                         ['cause="signalled",signal="SIGSEGV"'], 1)
        self.assertEqual(metrics["connstat_reapers"][""], 1)
        self.assertIn("connstat_build_info", metrics)
        self.assertLess(metrics["connstat_scrape_duration_seconds"][""], 1)

    def test_no_label_tells_of_a_user_a_process_or_a_key(self):
        self.create().register("ws_socket", user_id=31337, name="alice")
        text = self.serve().ask("/metrics")[2]
        labels = set(re.findall(r'[{,]([a-z_]+)="', text))
        self.assertEqual(labels, {"segment", "alert", "state", "type", "reason", "kind", "cause",
                                  "signal", "version"})
        self.assertNotIn("31337", text)
        self.assertNotIn("alice", text)


class Monitoring(ServeTest):
    def test_rules(self):
        for what, file in (("check", "connstat.rules.yml"), ("test", "connstat.rules.test.yml")):
            done = promtool(what, "rules", MONITORING / file)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("SUCCESS", done.stdout)
        alerts, tested = (set(re.findall(rf"- {word}: (\w+)", (MONITORING / file).read_text("utf-8")))
                          for word, file in (("alert", "connstat.rules.yml"),
                                             ("alertname", "connstat.rules.test.yml")))
        self.assertEqual(alerts, tested)

    def start_prometheus(self, target):
        """Its address, scraping the target every second, with our rules."""
        folder = tempfile.mkdtemp(dir=self.directory)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        pathlib.Path(folder, "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(MONITORING / "connstat.rules.yml")],
            "scrape_configs": [{"job_name": "connstat",
                                "static_configs": [{"targets": [target]}]}]}), "utf-8")
        log = self.enterContext(open(f"{folder}/log", "w+", encoding="utf-8"))
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}",
             f"--web.listen-address={address}", "--log.level=warn"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait, PATIENCE_S)
        self.addCleanup(prometheus.terminate)
        return address

    def query(self, prometheus, expression):
        parameters = urllib.parse.urlencode({"query": expression})
        address = f"http://{prometheus}/api/v1/query?{parameters}"
        with contextlib.suppress(ConnectionError, urllib.error.URLError), \
                urllib.request.urlopen(address, timeout=PATIENCE_S) as response:
            answer = json.load(response)
            self.assertEqual(answer["status"], "success", expression)
            return answer["data"]["result"]
        return []

    def test_every_query_of_the_grafana_dashboard_has_an_answer(self):
        master = self.create(capacity=20)
        master.do("reaper")
        server = self.serve()
        prometheus = self.start_prometheus(f"{server.host}:{server.port}")
        self.eventually(lambda: self.query(prometheus, "connstat_up == 1"), "a first scrape")

        # Something of each kind happens while it looks: entries come and go, are refused, and
        # are lost with a worker.
        def happen():
            master.do("unregister", master.register("ws_socket", user_id=1))
            master.ask("many", "party_channel", 21)
            worker = self.worker()
            worker.do("many", "lobby_channel", 2)
            time.sleep(0.2)
            worker.die("crash", 9)

        dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertGreater(len(queries), 10)
        queries = [expression.replace("$job", "connstat").replace("$instance", ".*").replace("$segment", ".*")
                   .replace("$__rate_interval", "1m") for expression in queries]
        self.assertFalse([query for query in queries if "$" in query])
        unanswered = queries
        deadline = time.monotonic() + PATIENCE_S
        while unanswered and time.monotonic() < deadline:
            happen()
            time.sleep(1)
            unanswered = [query for query in unanswered if not self.query(prometheus, query)]
        self.assertEqual(unanswered, [])
        for variable in dashboard["templating"]["list"]:
            if found := re.match(r"label_values\((.*), \w+\)", variable.get("definition", "")):
                self.assertTrue(self.query(prometheus, found[1].replace("$job", ".*")
                                           .replace("$instance", ".*")))

        # What Prometheus has is what the terminal tells.
        kinds = self.query(prometheus, 'connstat:connections:by_kind{kind="channel"}')
        self.eventually(lambda: self.query(prometheus, 'connstat_connections{type="party_channel"}')
                        [0]["value"][1] == str(self.json()["party_channels"]), "the same counts")
        self.assertEqual(len(kinds), 1)
        self.eventually(lambda: self.query(prometheus, 'ALERTS{alertname="ConnstatRejecting"}'),
                        "the alert")


if __name__ == "__main__":
    main()
