#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The JSON interface tells what the terminal tells."""

import random
import urllib.parse

from serving import *

import at_random  # of tests/cli, where serving.py has led


class Documents(ServeTest):
    def test_counts_are_those_of_the_terminal(self):
        worker = self.create()
        worker.do("many", "ws_socket", 21)
        worker.do("many", "lobby_channel", 8)
        server = self.serve()
        counts = server.json("/api/v1/counts")
        self.assertEqual(counts, self.json())
        self.assertEqual((counts["ws_sockets"], counts["total_channels"]), (21, 8))

    def test_workers_and_deaths_have_the_members_of_the_terminal(self):
        master = self.create()
        master.do("reaper")
        master.do("many", "ws_socket", 2)
        busy, dying = self.worker(), self.worker()
        busy.do("join", "busy")
        busy.do("many", "user_channel", 30)
        dying.do("many", "ws_socket", 5)
        self.eventually(lambda: len(self.json("workers")["workers"]) == 3, "all joined")
        time.sleep(0.2)  # the reaper watches a worker from 100 ms after it joined at the latest
        self.assertEqual(dying.die("crash", 9), -9)
        self.eventually(lambda: self.json("totals")["deaths"] == 1, "reaped")
        server = self.serve()

        def timeless(rows):
            return [{name: value for name, value in row.items() if name not in ("age_s", "state", "idle_s")}
                    for row in rows]

        ours = server.json("/api/v1/workers")
        theirs = sorted(self.json("workers")["workers"], key=lambda row: -row["live_total"])
        self.assertEqual(timeless(ours["workers"]), timeless(theirs))
        self.assertEqual([row["pid"] for row in ours["workers"]][0], busy.pid)
        second = server.json("/api/v1/workers", {"limit": 1, "offset": 1})
        self.assertEqual(second["total"], 2)
        self.assertEqual(timeless(second["workers"]), timeless(theirs[1:]))

        deaths = server.json("/api/v1/deaths")
        self.assertEqual(deaths["deaths"], self.json("deaths")["deaths"])
        self.assertEqual((deaths["deaths"][0]["signal"], deaths["deaths"][0]["lost_total"]),
                         ("SIGKILL", 5))

    def test_deaths_the_latest_first_and_paged(self):
        self.create().do("reaper")
        for status in (1, 2, 3):
            worker = self.worker()
            worker.register("ws_socket")
            worker.die("exit", status)
            self.eventually(lambda: self.json("totals")["deaths"] == status, "reaped")
        server = self.serve()
        page = server.json("/api/v1/deaths", {"limit": 2})
        self.assertEqual([death["number"] for death in page["deaths"]], [3, 2])
        self.assertEqual(page["total"], 3)
        page = server.json("/api/v1/deaths", {"before": page["deaths"][-1]["number"]})
        self.assertEqual([death["number"] for death in page["deaths"]], [1])

    def test_system_and_cluster(self):
        worker = self.create()
        worker.register("ws_socket")
        server = self.serve()
        system, terminal = server.json("/api/v1/system"), self.json("system")
        for name in ("node", "version", "cpus", "workers", "max_workers", "cluster_size",
                     "memory_segment_bytes"):
            self.assertEqual(system[name], terminal[name], name)
        self.assertEqual(system["path"], f"{self.directory}/{SEGMENT}.connstat")
        cluster = server.json("/api/v1/cluster")
        self.assertEqual((cluster["clustered"], cluster["nodes"], cluster["missing"]),
                         (False, 1, []))
        self.assertEqual(cluster["counts"]["ws_sockets"], 1)

    def test_room_is_the_same_everywhere(self):
        """935 of 1,000 slots that may become 5,000."""
        self.connstat("create", "--type", "door:connection:1000", "--max", "5000")
        self.worker().do("many", "door", 935)
        counts = {row["name"]: row for row in self.csv("counts")}["door"]
        self.assertEqual([counts[name] for name in ("count", "capacity", "maximum", "used_percent")],
                         ["935", "1000", "5000", "18.7"])
        self.assertRegex(self.connstat("counts", "-o", "wide"), r"door +935 +1,000 +5,000 +18 %")
        segment, = self.json("ls")["segments"]
        self.assertEqual([segment[name] for name in ("entries", "slots", "slots_max")],
                         [935, 1000, 5000])
        self.assertIn("935 of at most 5,000", self.connstat("doctor"))
        server = self.serve()
        system = server.json("/api/v1/system")
        self.assertEqual([system[name] for name in ("slots_used", "slots", "slots_max")],
                         [935, 1000, 5000])
        metrics = server.metrics()
        self.assertEqual([metrics["connstat_slots" + name]['type="door"'] for name in ("", "_max")],
                         [1000, 5000])
        self.assertEqual(metrics["connstat_slots_used"][""], 935)

        def sampled():
            kind = server.json("/api/v1/history")["types"]
            return [(row["slots"], row["slots_max"], row["live"][-1]) for row in kind]
        self.eventually(lambda: sampled() == [(1000, 5000, 935)], "a sample")

    def test_the_index_lists_what_answers(self):
        self.create()
        server = self.serve()
        for path in server.json("/api/v1")["paths"]:
            if path["path"] not in ("/events", "/"):
                self.assertEqual(server.ask(path["path"])[0], 200, path)


NO_NUMBERS = ["", "0", "-1", "+1", " 1", "1.5", "x", "0x10", "18446744073709551616"]
NO_TIMES = ["", "x", "-1s", "1y", "1h1h", "nan"]
ANY_TEXT = None  # whatever is given is meant so
REFUSED = {  # of each path: its parameters, with values that they must refuse
    "/": None,  # what the page shows is its own affair
    "/metrics": {"segment": ["", "nosuch"]}, "/healthz": {"segment": ["", "nosuch"]},
    "/events": {"segment": ["", "nosuch"]}, "/api/v1": {}, "/api/v1/segments": {},
    "/api/v1/alerts": {"segment": ["", "nosuch"]}, "/api/v1/counts": {"segment": ["", "nosuch"]},
    "/api/v1/history": {"segment": ["", "nosuch"], "seconds": NO_NUMBERS + ["1801"]},
    "/api/v1/entries": {
        "segment": ["", "nosuch"], "type": ["", "nosuch", "WS_SOCKET"],
        "where": ["", "x", "=3", "a==4", "a=1|", "a~(", "type=nosuch", "pid=x"],
        "key": ["", "seventeen bytes in", "ip:x"], "worker": NO_NUMBERS + ["2147483648"],
        "older": NO_TIMES, "idle": NO_TIMES, "search": ANY_TEXT, "group_by": ["", "nosuch"],
        "order": ["", "id", "NEWEST"], "limit": NO_NUMBERS + ["501"], "after": ["", "x", "1", "1-x"],
        "net": ["", "yes", "2"]},
    "/api/v1/workers": {"segment": ["", "nosuch"], "limit": NO_NUMBERS + ["1001"],
                        "offset": ["", "-1", "+1", "x"]},
    "/api/v1/deaths": {"segment": ["", "nosuch"], "limit": NO_NUMBERS + ["257"], "before": NO_NUMBERS},
    "/api/v1/system": {"segment": ["", "nosuch"]}, "/api/v1/cluster": {"segment": ["", "nosuch"]},
}


class Parameters(ServeTest):
    """Of every path, as the index lists them: none is forgotten."""

    def setUp(self):
        super().setUp()
        self.create().register("ws_socket", user_id=1)
        self.server = self.serve()
        self.paths = {row["path"]: row["parameters"] for row in self.server.json("/api/v1")["paths"]}

    def test_no_parameter_is_forgotten(self):
        self.assertEqual(set(self.paths), set(REFUSED))
        for path, names in self.paths.items():
            if REFUSED[path] is not None:
                self.assertEqual(set(names), set(REFUSED[path]), path)

    def refuse(self, path, parameters, statuses=(400,)):
        status, _, body = self.server.ask(f"{path}?{urllib.parse.urlencode(parameters)}")
        self.assertIn(status, statuses, (path, parameters, body[:200]))
        self.assertTrue(json.loads(body)["error"])

    def test_each_refuses(self):
        for path, parameters in REFUSED.items():
            for name, values in (parameters or {}).items():
                for value in values or []:
                    self.refuse(path, [(name, value)], (404,) if name == "segment" else (400,))

    def test_unknown_ones_and_second_values(self):
        for path, names in self.paths.items():
            for unknown in ("nosuch", "", "LIMIT"):
                self.refuse(path, [(unknown, "1")])
            for name in names:
                if name not in ("type", "where"):
                    self.refuse(path, [(name, "1")] * 2)
                status, _, body = self.server.ask(f"{path}?{name}")
                self.assertEqual((status, "no value" in body), (400, True), (path, name))


class Entries(ServeTest):
    def setUp(self):
        super().setUp()
        self.first = self.create()
        for n in range(12):
            self.first.register("ws_socket", user_id=n % 3, rtt=float(n) + 0.5, page=f"/lobby/{n}")
        self.second = self.worker()
        for n in range(8):
            self.second.register("user_channel", key=n % 2, user_id=n, admin=n == 0)
        self.server = self.serve()

    def ids(self, **parameters):
        return sorted(entry["id"] for entry in self.server.entries(**parameters))

    def terminal(self, *arguments):
        return sorted(entry["id"] for entry in self.json("list", *arguments)["entries"])

    def test_an_entry_looks_like_the_terminals(self):
        ours = {entry["id"]: entry for entry in self.server.entries()}
        theirs = {entry["id"]: entry for entry in self.json("list")["entries"]}
        for entry in [*ours.values(), *theirs.values()]:
            self.assertGreaterEqual(entry.pop("age_s"), 0)
            self.assertGreaterEqual(entry.pop("idle_s"), 0)
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours), 20)

    def test_filters_select_what_the_terminal_selects(self):
        for parameters, options in (
                ({"type": "ws_socket"}, ["--type", "ws_socket"]),
                ({"where": "user_id=2"}, ["--where", "user_id=2"]),
                ({"where": "rtt>4"}, ["--where", "rtt>4"]),
                ({"where": "admin!=true"}, ["--where", "admin!=true"]),
                ({"worker": self.second.pid}, ["--worker", str(self.second.pid)]),
                ({"key": "1", "type": "user_channel"}, ["--type", "user_channel", "--key", "1"]),
                ({"older": "10h"}, ["--older", "10h"])):
            self.assertEqual(self.ids(**parameters), self.terminal(*options), parameters)
        for text in ("pid!=1", "type=ws_sockets", "user_id=1|rtt>9", "page~[02]$", "page*=1",
                     "page^=/lobby", "(key=1|!key) user_id<2", 'page="/lobby/3"', "rtt=NaN"):
            self.assertEqual(self.ids(where=text), self.terminal("--where", text), text)
        union = [("type", "ws_socket"), ("type", "user_channel"), ("limit", "50")]
        self.assertEqual(len(self.server.json("/api/v1/entries", union)["entries"]), 20)
        remarks = self.server.json("/api/v1/entries", {"where": "nosuch=1"})["remarks"]
        self.assertEqual(remarks, ['no entry has a field "nosuch"'])
        self.assertEqual(self.server.json("/api/v1/entries", {"where": "user_id=1"})["remarks"], [])
        two = self.server.json("/api/v1/entries", [("where", "user_id=2"), ("where", "rtt<6")])
        self.assertEqual([entry["metadata"]["rtt"] for entry in two["entries"]], [5.5, 2.5])

    def test_search_looks_at_every_value(self):
        self.assertEqual(len(self.ids(search="lobby/1")), 3)
        self.assertEqual(len(self.ids(search="LOBBY/11")), 1)
        self.assertEqual(len(self.ids(search=self.second.pid)), 8)
        one = self.ids()[0]
        self.assertIn(one, self.ids(search=one))
        self.assertEqual(self.ids(search="nowhere"), [])

    def test_pages_show_each_entry_once_while_others_come_and_go(self):
        shown, stayed = [], set(self.ids())
        for page in self.server.pages(limit=3):
            shown += [entry["id"] for entry in page]
            extra = self.first.register("ws_socket", user_id=99)
            self.first.register("ws_socket", user_id=99)
            self.first.do("unregister", extra)
        self.assertEqual(len(shown), len(set(shown)))
        self.assertLessEqual(stayed, set(shown))

    def test_order(self):
        def places(**parameters):
            return [(entry["started_at"], int(entry["id"]))
                    for entry in self.server.entries(**parameters)]

        self.assertEqual(places(), sorted(places(), reverse=True))
        self.assertEqual(places(order="oldest"), sorted(places()))
        page = self.server.json("/api/v1/entries", {"limit": 4, "type": "user_channel"})
        self.assertEqual((page["entry_count"], len(page["entries"])), (8, 4))

    def test_groups_are_those_of_the_terminal(self):
        for field in ("user_id", "type", "pid", "admin"):
            ours = self.server.json("/api/v1/entries", {"group_by": field})
            theirs = self.json("list", "--group-by", field)
            for name in ("group_by", "entry_count", "group_count", "groups"):
                self.assertEqual(ours[name], theirs[name], field)
        largest = self.server.json("/api/v1/entries", {"group_by": "type", "limit": 1})
        self.assertEqual(largest["groups"], [{"value": "ws_socket", "count": 12}])
        self.assertEqual(largest["group_count"], 2)

    def test_what_it_cannot_do_it_says(self):
        for parameters, word in (
                ({"type": "nix"}, "no type"), ({"where": "nix"}, "field=value"),
                ({"limit": "0"}, "number"), ({"limit": "501"}, "number"), ({"after": "x"}, "next"),
                ({"order": "x"}, "newest"), ({"key": "x" * 40}, "key"), ({"older": "x"}, "10m"),
                ({"worker": "-1"}, "number"), ({"group_by": ""}, "field"), ({"nix": "1"}, "nix"),
                ({"where": "a=b\0c"}, "NUL"), ({"search": "\0"}, "NUL"),
                ({"where": "user_id==4"}, "quotes"), ({"where": "=3"}, "field=value"),
                ({"where": "a=1|b=2 c=3"}, "parentheses"), ({"where": "type=nix"}, "no type"),
                ({"where": "a~("}, "regular"), ({"where": ""}, "missing"),
                ({"where": "pid=x"}, "number"), ({"group_by": "nix"}, "no such entry has a field"),
                ({"net": "yes"}, "1 or 0"), ({"net": "1", "where": "rtt>200"}, "200ms"),
                ({"group_by": "n", "order": "oldest"}, "order"),
                ({"group_by": "n", "after": "1-1"}, "after")):
            problem = self.server.json("/api/v1/entries", parameters, status=400)["error"]
            self.assertIn(word, problem, parameters)
        many = [("where", f"a{n}=1") for n in range(17)]
        self.assertIn("16", self.server.json("/api/v1/entries", many, status=400)["error"])

    def test_values_of_every_kind_are_those_of_the_terminal(self):
        for value in ("", "-", "42", 42, "true", True, 2**53 + 1, 2**63 - 1, -2**63, 0.1, 1e300, 5e-324,
                      float("nan"), float("inf"), float("-inf"), -0.0, 1732990000.123,
                      1732990000.999, 'q"uo', "a\\n", "\r\n\t\x01\x1b", "a|b c=1", "\u202e", "日🎮"):
            self.first.register("lobby_channel", odd=value)
        ours = {entry["id"]: entry for entry in self.server.entries(type="lobby_channel")}
        theirs = {entry["id"]: entry for entry in self.json("list", "-t", "lobby_channel")["entries"]}
        for entry in [*ours.values(), *theirs.values()]:
            entry.pop("age_s")
            entry.pop("idle_s")
        self.assertEqual(repr(ours), repr({name: theirs[name] for name in ours}))
        groups = self.server.json("/api/v1/entries", {"group_by": "odd", "limit": 100})["groups"]
        self.assertEqual(repr(groups), repr(self.json("list", "-g", "odd")["groups"]))
        ids = set()
        for line in self.connstat("list", "-t", "lobby_channel", "-g", "odd").splitlines()[1:]:
            shown, count = line.rsplit(None, 1)
            found = self.server.entries(where=f"odd={shown}")
            self.assertEqual(len(found), int(count), line)
            ids |= {entry["id"] for entry in found}
        self.assertEqual(ids, set(ours), "each group has found its own")

    def test_metadata_at_random(self):
        """Each entry reads back, and is found by what the terminal shows of it. The same seed each
        time: tests/cli/test_random.py has another one."""
        registered = at_random.register(self, self.first, "party_channel", 80, random.Random(4711))
        entries = self.server.entries(type="party_channel", limit=200)
        self.assertEqual({entry["id"] for entry in entries}, set(registered))
        for entry in entries:
            at_random.check(self, entry, registered[entry["id"]])
        lines = self.connstat("list", "-t", "party_channel", "--columns", "id,metadata").splitlines()
        start = lines[0].index("METADATA")
        for line in lines[1:]:
            found = self.server.entries(where=line[start:], type="party_channel", limit=200)
            self.assertIn(line.split()[0], {entry["id"] for entry in found}, line)

    def test_hostile_metadata_stays_data(self):
        self.first.register("live_view", evil="</script><script>alert(1)</script>\x1b[31m\"\\")
        entry = self.server.json("/api/v1/entries", {"type": "live_view"})["entries"][0]
        self.assertEqual(entry["metadata"]["evil"],
                         "</script><script>alert(1)</script>\x1b[31m\"\\")


if __name__ == "__main__":
    main()
