#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""list, get and count: which entries are shown, in which order, and how many."""

import re
import json
import time

from harness import CliTest, RUNTIME, USAGE, main


class List(CliTest):
    def setUp(self):
        super().setUp()
        self.one = self.create()
        self.two = self.worker()
        self.ids = [
            self.one.register("ws_socket", key="user:42", user_id=42, addr="10.0.0.7", rtt=1.5,
                              authenticated=True),
            self.one.register("ws_socket", key=42, user_id=7, addr="10.0.0.8", rtt=20.25,
                              authenticated=False),
            self.two.register("lobby_channel", key="user:42", user_id=42, lobby_id=-3),
            self.two.register("lobby_channel", key="42", user_id=100, type="spectator"),
            self.two.register("live_view", page="/admin", big=2**63 - 1),
        ]

    def listed(self, *arguments):
        entries = self.json("list", *arguments)["entries"]
        return [self.ids.index(int(entry["id"])) for entry in entries]

    def test_all(self):
        entries = self.json("list")["entries"]
        self.assertEqual(sorted(int(entry["id"]) for entry in entries), sorted(self.ids))
        first = next(entry for entry in entries if int(entry["id"]) == self.ids[0])
        self.assertIsInstance(first["id"], str)
        self.assertEqual(first["metadata"], {"user_id": 42, "addr": "10.0.0.7", "rtt": 1.5,
                                             "authenticated": True})
        self.assertEqual((first["type"], first["pid"], first["key"]),
                         ("ws_socket", self.one.pid, "user:42"))
        self.assertRegex(first["started_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertGreaterEqual(first["age_s"], 0)
        self.assertLess(first["age_s"], 3600)

    def test_by_type_and_worker(self):
        self.assertEqual(sorted(self.listed("--type", "lobby_channel")), [2, 3])
        self.assertEqual(sorted(self.listed("--worker", self.one.pid)), [0, 1])
        self.assertEqual(self.listed("-t", "live_view", "-W", self.one.pid), [])

    def test_conditions(self):
        for conditions, expected in {
            ("user_id=42",): [0, 2],
            ("user_id!=42",): [1, 3, 4],
            ("user_id<42",): [1],
            ("user_id<=42",): [0, 1, 2],
            ("user_id>42",): [3],
            ("user_id>=42.0",): [0, 2, 3],
            ("user_id>9",): [0, 2, 3],
            ("lobby_id=-3",): [2],
            ("rtt>1.4", "rtt<1.6"): [0],
            ("rtt>1",): [0, 1],
            ("authenticated=true",): [0],
            ("authenticated!=true",): [1, 2, 3, 4],
            ("addr=10.0.0.8",): [1],
            ("addr>10.0.0.7",): [1],
            ("page=/admin",): [4],
            ("user_id=42", "addr=10.0.0.7"): [0],
            ("big=9223372036854775807",): [4],
            ("big>9223372036854775806",): [4],
        }.items():
            arguments = [word for condition in conditions for word in ("--where", condition)]
            with self.subTest(conditions):
                self.assertEqual(sorted(self.listed(*arguments)), expected)

    def test_by_key(self):
        self.assertEqual(sorted(self.listed("--key", "user:42")), [0, 2])
        self.assertEqual(self.listed("--key", "42"), [1])
        self.assertEqual(self.listed("--key", "text:42"), [3])
        self.assertEqual(self.listed("--key", "user:42", "--type", "ws_socket"), [0])
        self.assertEqual(self.listed("--key", "user:42", "--where", "lobby_id=-3"), [2])
        for entry in self.json("list")["entries"]:
            if entry["key"] is not None:
                self.assertIn(self.ids.index(int(entry["id"])), self.listed("--key", entry["key"]))

    def test_keys_of_each_kind(self):
        uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        for key in (uuid, "text:text:1", "0", "18446744073709551615", "sixteen bytes in"):
            with self.subTest(key):
                raw = int(key) if key.isdigit() else key.removeprefix("text:")
                identity = self.one.register("party_channel", key=raw)
                found = self.json("list", "--key", key)["entries"]
                self.assertEqual([(entry["id"], entry["key"]) for entry in found],
                                 [(str(identity), key)])

    def test_keys_of_addresses(self):
        for key, raw in {
            "ip:10.0.0.7": bytes(10) + b"\xff\xff\x0a\x00\x00\x07",
            "ip:10.0.0.255": bytes(10) + b"\xff\xff\x0a\x00\x00\xff",
            "ip:2001:db8::1": bytes.fromhex("20010db8000000000000000000000001"),
            "ip:fe80::1ff:fe23:4567:890a": bytes.fromhex("fe8000000000000001fffe234567890a"),
            "ip:::1": bytes(15) + b"\1",
        }.items():
            with self.subTest(key):
                identity = self.one.register("party_channel", key=raw)
                found = self.json("list", "--key", key)["entries"]
                self.assertEqual([(entry["id"], entry["key"]) for entry in found],
                                 [(str(identity), key)])
        self.one.register("party_channel", key="ip:text")
        self.assertEqual(len(self.json("list", "--key", "text:ip:text")["entries"]), 1)
        self.assertEqual(len(self.json("list", "--key", "ip:::ffff:10.0.0.7")["entries"]), 1)
        for bad in ("ip:", "ip:text", "ip:10.0.0", "ip:10.0.0.7:80"):
            self.connstat("list", "--key", bad, status=USAGE)

    def test_idle(self):
        time.sleep(1.2)
        self.one.do("touch", self.ids[0])
        self.two.update(self.ids[3], user_id=100, type="player")
        self.assertEqual(sorted(self.listed("--idle", "1s")), [1, 2, 4])
        self.assertEqual(sorted(self.listed("--where", "idle<1s")), [0, 3])
        self.assertEqual(set(self.listed("--sort", "idle")[:2]), {0, 3})
        self.assertEqual(set(self.listed("--sort", "-idle")[3:]), {0, 3})
        entries = {int(entry["id"]): entry for entry in self.json("list")["entries"]}
        self.assertLess(entries[self.ids[0]]["idle_s"], entries[self.ids[0]]["age_s"] - 1)
        self.assertEqual(entries[self.ids[1]]["active_at"], entries[self.ids[1]]["started_at"])
        self.assertEqual(entries[self.ids[3]]["metadata"]["type"], "player")
        self.assertIn("IDLE", self.connstat("list"))
        self.connstat("list", "--idle", "soon", status=USAGE)
        self.connstat("list", "--where", "idle~1", status=USAGE)

    def test_count(self):
        self.assertEqual(self.connstat("count"), "5\n")
        self.assertEqual(self.connstat("count", "--type", "ws_socket"), "2\n")
        self.assertEqual(self.connstat("count", "--key", "user:42"), "2\n")
        self.assertEqual(self.connstat("count", "--key", "user:42", "-t", "live_view"), "0\n")
        self.assertEqual(self.json("count", "--key", "42")["count"], 1)
        self.assertEqual(self.csv("count", "-t", "ws_socket"),
                         [{"type": "ws_socket", "key": "", "count": "2"}])

    def test_older(self):
        self.assertEqual(self.listed("--older", "1h"), [])
        self.assertEqual(len(self.listed("--older", "0")), 5)

    def test_limit(self):
        self.assertEqual(len(self.listed("--limit", "2")), 2)
        self.assertEqual(len(self.listed("--limit", "9")), 5)
        self.connstat("list", "--limit", "0", status=USAGE)

    def test_sort(self):
        self.assertEqual(self.listed("--sort", "user_id", "--where", "user_id>0"), [1, 0, 2, 3])
        self.assertEqual(self.listed("--sort", "-user_id")[0], 3)
        self.assertEqual(self.listed("--sort", "user_id")[-1], 4, "without the field: last")
        self.assertEqual(self.listed("--sort", "-user_id")[-1], 4, "in either order")
        self.assertEqual(self.listed("--sort", "-rtt", "--limit", "1"), [1])
        self.assertEqual(self.listed("--sort", "addr")[:2], [0, 1])
        self.assertEqual(self.listed("--sort", ".type")[0], 3)
        self.assertEqual(self.listed("--sort", "type")[0], 4)
        for order, youngest_first in (("started", False), ("age", True)):
            entries = self.json("list", "--sort", order)["entries"]
            started = [entry["started_at"] for entry in entries]
            self.assertEqual(started, sorted(started, reverse=youngest_first))
        whole = {entry["id"]: entry["metadata"] for entry in self.json("list")["entries"]}
        for entry in self.json("list", "--sort", "user_id")["entries"]:
            self.assertEqual(entry["metadata"], whole[entry["id"]])

    def test_group_by(self):
        document = self.json("list", "--group-by", "user_id")
        self.assertEqual((document["group_by"], document["entry_count"], document["group_count"]),
                         ("user_id", 5, 4))
        self.assertEqual(document["groups"], [
            {"value": 42, "count": 2}, {"value": 7, "count": 1}, {"value": 100, "count": 1},
            {"value": None, "count": 1}])
        self.assertEqual(self.csv("list", "-g", "type", "--limit", "1"),
                         [{"value": "lobby_channel", "count": "2"}])
        self.assertEqual(self.jsonl("list", "-g", "pid", "--type", "ws_socket"),
                         [{"value": self.one.pid, "count": 2}])
        self.connstat("list", "-g", "user_id", "--sort", "addr", status=USAGE)

    def test_group_many(self):
        self.one.do("many", "user_channel", "1000")
        groups = self.json("list", "--type", "user_channel", "--group-by", "user_id")["groups"]
        self.assertEqual(groups, [{"value": user, "count": 100} for user in range(10)])

    def test_get(self):
        entry = self.json("get", self.ids[2])
        self.assertEqual((entry["id"], entry["metadata"]),
                         (str(self.ids[2]), {"user_id": 42, "lobby_id": -3}))
        self.assertIn("lobby_id=-3", self.connstat("get", self.ids[2]))
        self.two.do("unregister", self.ids[2])
        self.connstat("get", self.ids[2], status=RUNTIME)
        self.assertIn("connstat list", self.complaint)
        self.connstat("get", "0", status=RUNTIME)
        self.connstat("get", "18446744073709551615", status=RUNTIME)
        self.connstat("get", "xyz", status=USAGE)
        self.connstat("get", status=USAGE)

    def test_wrong_usage(self):
        for arguments in (["--type", "nonsense"], ["--where", "=3"], ["--where", "field"],
                          ["--older", "soon"], ["--worker", "-1"], ["--worker", "x"],
                          ["--key", "longer than sixteen bytes"], ["--limit", "many"], ["stray"],
                          ["--where", "a!b"]):
            with self.subTest(arguments):
                self.connstat("list", *arguments, status=USAGE)
        self.connstat("list", "--type", "nonsense", status=USAGE)
        self.assertIn("ws_socket, user_channel", self.complaint)

    def test_table_is_aligned(self):
        lines = self.connstat("list", "--sort", "id").splitlines()
        self.assertEqual(len(lines), 6)
        column = lines[0].index("METADATA")
        for line in lines[1:]:
            self.assertRegex(line[column - 2:column + 1], r"^  \w")
        wide = self.connstat("list", "-o", "wide")
        self.assertTrue(re.search(r"STARTED.*KEY", wide))
        self.assertEqual(self.connstat("list", "-t", "group_channel"), "no such entries\n")

    def test_columns_and_ids_alone(self):
        table = self.connstat("list", "--columns", "user_id,id,worker", "--sort", "id").splitlines()
        self.assertEqual(table[0].split(), ["USER_ID", "ID", "WORKER"])
        self.assertEqual(table[1].split(), ["42", str(self.ids[0]), str(self.one.pid)])
        self.assertEqual(table[5].split()[0], "-")
        rows = self.csv("list", "--columns", "age,addr,.type", "-w", "user_id=42", remarks=True)
        self.assertEqual(self.complaint, 'connstat: no entry of this list has a field "type"\n')
        self.assertEqual(list(rows[0]), ["age_s", "addr", "type"])
        entry = self.jsonl("list", "--columns", "id,big,key", "-t", "live_view")[0]
        self.assertEqual(entry, {"id": str(self.ids[4]), "big": 2**63 - 1, "key": None})
        bare = self.connstat("list", "--no-headers", "-t", "live_view").splitlines()
        self.assertEqual(len(bare), 1)
        self.assertEqual(self.connstat("list", "-q", "-w", "user_id=42", "--sort", "id"),
                         f"{self.ids[0]}\n{self.ids[2]}\n")
        self.assertEqual(self.connstat("list", "-q", "-t", "party_channel"), "")
        without = self.connstat("list", "-o", "csv", "--no-headers", "--columns", "id")
        self.assertEqual(len(without.splitlines()), 5)
        for wrong in ("", "id,", "id,id", "id,,pid", "pid,worker", ",".join(map(str, range(25)))):
            self.connstat("list", "--columns", wrong, status=USAGE)
        self.connstat("list", "-q", "--columns", "id", status=USAGE)
        self.connstat("list", "-q", "-g", "type", status=USAGE)

    def test_no_two_columns_are_called_the_same(self):
        """Fields of the metadata that are called like a member of the row, and several that are no
        numbers of JSON."""
        def once(pairs):
            self.assertEqual(len(pairs), len(dict(pairs)), pairs)
            return dict(pairs)
        self.one.register("group_channel", x=float("nan"), y=float("-inf"), z=2, float="a", schema="b",
                          id="own", not_finite="c")
        names = "x,z,y,float,schema,.id,not_finite,id"
        for form in ("json", "jsonl"):
            text = self.connstat("list", "-t", "group_channel", "--columns", names, "-o", form)
            row = json.loads(text, object_pairs_hook=once)
            row = row["entries"][0] if form == "json" else row
            self.assertEqual({name: row[name] for name in (".id", ".not_finite", "float", "x", "z")},
                             {".id": "own", ".not_finite": "c", "float": "a", "x": None, "z": 2})
            self.assertEqual(row["not_finite"], {"x": "NaN", "y": "-Infinity"})
            self.assertEqual(row[".schema"], "b")
        row, = self.csv("list", "-t", "group_channel", "--columns", names)
        self.assertEqual((row["x"], row["y"], row[".schema"], row[".id"]), ("NaN", "-Infinity", "b", "own"))
        text = self.connstat("list", "-t", "group_channel", "--columns", "metadata,x,y", "-o", "jsonl")
        self.assertEqual(json.loads(text, object_pairs_hook=once)["not_finite"],
                         {"x": "NaN", "y": "-Infinity"})
        for order in ([], ["--sort", "id"]):
            self.connstat("list", "--columns", "id,nosuch,ID,user_id", *order, remarks=True)
            self.assertEqual(self.complaint,
                             'connstat: no entry of this list has a field "nosuch"\n'
                             'connstat: no entry of this list has a field "ID"\n')


main()
