#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Conditions: which entries each finds, what is refused, and what is said beside the answer."""

import re

from harness import CliTest, USAGE, main

NAN, INFINITY = float("nan"), float("inf")


class Conditions(CliTest):
    def setUp(self):
        super().setUp()
        self.one = self.create()
        self.two = self.worker()
        self.ids = [
            self.one.register("ws_socket", key=42, n=42, addr="10.0.0.7", page="/a b"),
            self.one.register("ws_socket", key="42", n="42", addr="10.0.0.8", page="/lobby/17"),
            self.two.register("lobby_channel", n=NAN, page="a=1|b=2", type="spectator"),
            self.two.register("lobby_channel", n=INFINITY, page="say \"hi\" (now)", pid=1),
            self.two.register("live_view", n=True, page="C:\\new", **{"a=b <c": "x", "*": 1}),
        ]

    def found(self, *arguments, **options):
        entries = self.json("list", *arguments, **options)["entries"]
        return sorted(self.ids.index(int(entry["id"])) for entry in entries)

    def where(self, *conditions, **options):
        return self.found(*(word for text in conditions for word in ("--where", text)), **options)

    def test_operators(self):
        for text, expected in {
            "addr^=10.0.0": [0, 1], "addr^=0": [], "addr*=0.8": [1], "addr*=10.0.0.": [0, 1],
            "addr~^10\\.0\\.0\\.[78]$": [0, 1], "addr~(7|8)$": [0, 1],
            "page~^/": [0, 1], 'page~"a b"': [0], 'page~"\\"hi\\" \\(now\\)"': [3],
            "n~^4": [0, 1], "n*=2": [0, 1], "n^=tr": [4], "n~nf": [3],
            "addr=10.0.0.7": [0], "addr = 10.0.0.7": [0], "addr!=10.0.0.7": [1, 2, 3, 4],
            "!addr": [2, 3, 4], "!key": [2, 3, 4], "page>/a": [0, 1, 2, 3, 4], "page<=/a b": [0],
        }.items():
            with self.subTest(text):
                self.assertEqual(self.where(text), expected)

    def test_and_or_and_parentheses(self):
        for texts, expected in {
            ("addr^=10 n=42",): [0],
            ("addr=10.0.0.7|addr=10.0.0.8",): [0, 1],
            ("addr=10.0.0.7 | type=live_view",): [0, 4],
            ("(addr=10.0.0.7|type=live_view) n=true",): [4],
            ("((addr=10.0.0.7)|(type=live_view n=true))",): [0, 4],
            ("page=/a b", "n=42"): [0],
            ("page=/a b n=42",): [0],
            ('page="a=1|b=2"',): [2],
            ("page~^(/a|a=)",): [0, 2],
        }.items():
            with self.subTest(texts):
                self.assertEqual(self.where(*texts), expected)
        self.assertEqual(self.where("addr=10.0.0.7", "n=true", remarks=True), [])
        self.assertEqual(self.found("--or", "-w", "addr=10.0.0.7", "-w", "n=true"), [0, 4])
        self.assertEqual(self.found("-w", "addr=10.0.0.7", "--or", "-w", "n=true"), [0, 4])

    def test_fields_of_the_entry_itself(self):
        entry = self.json("get", self.ids[0])
        for text, expected in {
            f"id={self.ids[3]}": [3], f"id!={self.ids[3]}": [0, 1, 2, 4],
            "type=ws_socket": [0, 1], "type=ws_sockets": [0, 1], "type!=ws_socket": [2, 3, 4],
            "type~^l": [2, 3, 4], "type*=view": [4], ".type=spectator": [2],
            f"pid={self.one.pid}": [0, 1], f"pid!={self.one.pid}": [2, 3, 4],
            f"worker={self.two.pid}": [2, 3, 4], ".pid=1": [3],
            f"pid>{max(self.one.pid, self.two.pid)}": [],
            "key=42": [0], "key=text:42": [1], "key!=42": [1, 2, 3, 4], "key^=text": [1],
            "age<1h": [0, 1, 2, 3, 4], "age>1h": [], "age>=0": [0, 1, 2, 3, 4],
            "started>2026-01-01": [0, 1, 2, 3, 4], "started<2026-01-01": [],
            'started>"2026-01-01 10:00:00"': [0, 1, 2, 3, 4],
            "started<2026-01-01T10:00:00.5+01:00": [],
        }.items():
            with self.subTest(text):
                self.assertEqual(self.where(text), expected)
        same = self.where(f"started={entry['started_at']}")
        self.assertIn(0, same)
        self.assertEqual(self.where(f"started!={entry['started_at']}"),
                         [n for n in range(5) if n not in same])
        self.assertIn(0, self.where(f"started_at={entry['started_at'][:10]}"))

    def test_numbers_and_texts(self):
        for text, expected in {
            'n="42"': [1], "n=42.0": [0], "n=4.2e1": [0], "n=NaN": [2], "n!=NaN": [0, 1, 3, 4],
            "n<50": [0], "n<=Infinity": [0, 3], "n>1": [0, 3], "n>=-5": [0, 3], "n=Infinity": [3],
            "n!=42": [1, 2, 3, 4], "n=true": [4], 'n="true"': [], "n!=7": [0, 1, 2, 3, 4],
            "n<43": [0], "n>NaNa": [],
        }.items():
            with self.subTest(text):
                self.assertEqual(self.where(text, remarks=True), expected)
        self.assertEqual(self.where("n=42"), [0])
        for n in ("17", "18"):
            self.one.register("party_channel", lobby=n)
        for text in ("lobby=17", "lobby>9"):
            self.assertEqual(self.where(text, remarks=True), [])
            self.assertIn("in quotes", self.complaint)
        self.assertEqual(len(self.json("list", "-w", 'lobby="17"')["entries"]), 1)

    def test_a_text_where_entries_have_numbers(self):
        self.one.register("party_channel", rtt=1.5, up=True)
        for text in ("rtt>200ms", "rtt=1,5", 'rtt="1.5"', "rtt<x", "up=yes", "up=1", "rtt=true"):
            self.assertEqual(self.where(text, remarks=True), [], text)
            self.assertIn("is of another kind", self.complaint, text)
        self.assertEqual(len(self.json("list", "-w", "rtt!=x", remarks=True)["entries"]), 6)
        for text in ("rtt<2", "rtt=1.50", "rtt~5", "rtt^=1", "up=true", "rtt<2|rtt=x", "up!=false"):
            self.assertEqual(len(self.json("list", "-t", "party_channel", "-w", text,
                                           remarks="=x" in text)["entries"]), 1)

    def test_names_and_values_in_quotes(self):
        for text, expected in {
            '"a=b <c"=x': [4], '"a=b <c"="x"': [4], '"*"=1': [4], '!"a=b <c"': [0, 1, 2, 3],
            'page="C:\\\\new"': [4], "page=C:\\new": [4], "page=C:\\\\new": [4],
            'page="\\u002fa b"': [0], 'page="\\u{2f}a\\x20b"': [0], '"page" ^= "/a"': [0],
        }.items():
            with self.subTest(text):
                self.assertEqual(self.where(text), expected)

    def test_what_is_not_understood_is_refused(self):
        for text, word in {
            "user_id==4": "quotes", "=3": "field=value", "": "missing", "n": "field=value",
            "a!b": "field=value", "a=1|b=2 c=3": "parentheses", "a=1 b=2|c=3": "parentheses",
            "a=1|": "missing", "|a=1": "missing", "a=1||b=2": "missing", "(a=1": "closing",
            "a=1 )": "", "()": "missing", "a=1 && b=2": "&&", "a&b=1": "", "a=1 and b=2": "and",
            "a=1 OR b=2": "or", 'a="1': "closing quote", 'a="1"2': "after", '"a=1': "closing",
            '""=1': "name", 'a="\\q"': "none of", "a>": "missing", "a~": "missing", "a^=": "missing",
            "a~(": "regular", "a~[": "regular", "a~x{1,255}{1,255}": "costly", "a~(x)\\1": "costly",
            "a~" + "x" * 257: "costly", "id=x": "number", "pid=-1": "number", "pid=": "number",
            "key=seventeen bytes in": "16", "key>4": "below or above", "type>a": "below or above",
            "type=nosuch": "no type", "started=soon": "time", "started=2026-02-30": "time",
            "started~2": "time", "age=soon": "10m", "age^=1": "time", "!type": "without",
            "!a=4": "!=", "n<NaN": "NaN", "a=<b": "quotes", "a=~b": "quotes", "!!a": "",
            " ".join(f"a{n}=1" for n in range(65)): "64", "(" * 40 + "a=1": "parentheses",
        }.items():
            with self.subTest(text):
                self.connstat("list", "--where", text, status=USAGE)
                self.assertIn(word, self.complaint)
        self.connstat("list", *["--where", "a=1"] * 17, status=USAGE)

    def test_a_field_that_no_entry_has(self):
        self.assertEqual(self.where("n=42", "nosuch=1", remarks=True), [])
        self.assertEqual(self.complaint, 'connstat: no entry has a field "nosuch"\n')
        self.assertEqual(self.where("!nosuch", remarks=True), [0, 1, 2, 3, 4])
        self.assertIn("nosuch", self.complaint)
        self.assertEqual(self.found("-t", "group_channel", "-w", "nosuch=1"), [])
        for arguments in (["--sort", "nosuch"], ["--sort", "-nosuch"], ["--group-by", "nosuch"],
                          ["--sort", ""], ["--group-by", ""]):
            self.connstat("list", *arguments, status=USAGE)
            self.assertIn("no such entry has a field", self.complaint)
        self.connstat("list", "-t", "group_channel", "--sort", "nosuch")

    def test_names_of_columns_mean_what_the_column_says(self):
        self.assertEqual(self.json("list", "--group-by", "worker")["groups"],
                         [{"value": self.two.pid, "count": 3}, {"value": self.one.pid, "count": 2}])
        by_pid = [entry["pid"] for entry in self.json("list", "--sort", "worker")["entries"]]
        self.assertEqual(by_pid, sorted(by_pid))

    def test_sorting_by_id_and_key_is_by_number(self):
        ids = [int(entry["id"]) for entry in self.json("list", "--sort", "id")["entries"]]
        self.assertEqual(ids, sorted(ids))
        for key in (9, 10, 100):
            self.one.register("party_channel", key=key)
        keys = [entry["key"] for entry in
                self.json("list", "-t", "party_channel", "--sort", "key")["entries"]]
        self.assertEqual(keys, ["9", "10", "100"])

    def test_sorting_keeps_no_more_than_the_limit(self):
        for n in (5, 3, 9, 1, 7):
            self.one.register("party_channel", rank=n)
        for limit in range(1, 7):
            for order, expected in (("rank", [1, 3, 5, 7, 9]), ("-rank", [9, 7, 5, 3, 1])):
                entries = self.json("list", "-t", "party_channel", "--sort", order, "--limit",
                                    limit)["entries"]
                self.assertEqual([entry["metadata"]["rank"] for entry in entries],
                                 expected[:limit])

    def test_a_second_value_is_refused_or_adds_up(self):
        for option, values in {"--worker": ("1", "2"), "--older": ("1s", "2s"), "--key": ("1", "2"),
                               "--sort": ("id", "age"), "--group-by": ("pid", "type"),
                               "--limit": ("1", "1"), "-n": ("game", "game"),
                               "-o": ("csv", "json"), "--color": ("never", "always")}.items():
            with self.subTest(option):
                self.connstat("list", option, values[0], option, values[1], status=USAGE)
                self.assertIn("twice", self.complaint)
        self.connstat("-n", "game", "list", "-n", "game", status=USAGE)
        self.connstat("list", "-o", "csv", "--json", status=USAGE)
        self.connstat("list", "--json", "-o", "csv", status=USAGE)
        self.assertEqual(self.found("-t", "ws_socket", "-t", "live_view"), [0, 1, 4])
        self.assertEqual(self.found("-t", "ws_sockets", "-t", "ws_socket"), [0, 1])
        self.assertEqual(self.connstat("count", "-t", "ws_socket", "-t", "live_view"), "3\n")
        self.assertEqual(self.json("count", "-t", "ws_socket", "-t", "live_view")["type"],
                         "ws_socket,live_view")
        lines = self.connstat("watch", "-t", "ws_socket", "-t", "live_view", "-l", "2").splitlines()
        self.assertEqual([line.split()[2] for line in lines[1:]], ["ws_sockets", "live_views"])

    def test_groups_find_their_own_entries_again(self):
        for value in (42, "42", 2**53 + 1, 2**53, -2**63, 1732990000.123, 1732990000.999, 0.1, 1e300, 5e-324,
                      -0.0, "-0", "quo\"te", "cr\rlf\n", "-", "", "007", "1.10", "NaN", " lead", "a&&b", "~a",
                      "tru\\e", "\u202e", "(", "x and y=1", "日本"):
            self.one.register("group_channel", v=value)
        for value in (NAN, INFINITY, -INFINITY, False, "false"):
            self.one.register("group_channel", v=value)
        self.one.register("group_channel")
        lines = self.connstat("list", "-t", "group_channel", "-g", "v").splitlines()[1:]
        self.assertEqual(len(lines), 33)
        ids = set()
        for line in lines:
            shown, count = re.fullmatch(r"(.*\S) +(\d+)", line).groups()
            self.assertEqual(count, "1", line)
            text = f"v={shown}" if shown != "-" else "!v"
            found = self.json("list", "-t", "group_channel", "-w", text)["entries"]
            self.assertEqual(len(found), 1, line)
            ids.add(found[0]["id"])
        self.assertEqual(len(ids), 33, "each group has found its own")

    def test_every_row_of_the_list_finds_itself(self):
        for entry in self.json("list")["entries"]:
            row = self.connstat("list", "--columns", "id,metadata", "--where",
                                f"id={entry['id']}").splitlines()[1]
            metadata = row.split("  ")[-1]
            self.assertIn(int(entry["id"]),
                          [self.ids[n] for n in self.where(metadata)], metadata)


main()
