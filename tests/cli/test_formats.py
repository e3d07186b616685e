#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Every command in every format, hostile metadata, and where the output goes wrong."""

import csv
import io
import json
import os
import re
import resource
import subprocess
import unicodedata

from harness import CliTest, CONNSTAT, PATIENCE_S, RUNTIME, SEGMENT, USAGE, escape, main

MODEL_COUNTS = ["ws_sockets", "user_channels", "lobby_channels", "lobbies_channels",
                "group_channels", "groups_channels", "party_channels", "live_views",
                "webrtc_peers", "total_channels", "total_connections"]

HOSTILE = {
    "escape": "\033]0;owned\a\033[2J",
    "c1": "a\u009b31mb",
    "bidi": "abc\u202edef\u2066",
    "newline": "one\ntwo\r\nthree\ttab",
    "quotes": 'say "hi", ok',
    "comma": "a,b;c",
    "formula": "=1+1",
    "wide": "日本語 🎮",
    "backslash": "C:\\dir\\n",
    "zero_width": "a\u200bb\ufeff",
    "delete": "a\u007fb",
    "empty": "",
    "with space": "in\033name",
}


def unsafe(text):
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\r\n\t"]


class Formats(CliTest):
    def setUp(self):
        super().setUp()
        self.one = self.create()
        self.one.do("join", "game-1")
        self.identity = self.one.register("ws_socket", key="user:1", user_id=1)
        self.two = self.worker()
        self.two.register("lobby_channel", lobby_id=9)
        self.worker().die("exit", "3")
        doomed = self.worker()
        doomed.register("live_view", page="/")
        doomed.die("crash", "11")
        self.connstat("reap")
        self.readers = {
            "counts": ["counts"], "list": ["list"], "sorted": ["list", "--sort", "id"],
            "groups": ["list", "-g", "type"], "count": ["count"], "workers": ["workers"],
            "get": ["get", self.identity], "deaths": ["deaths"], "totals": ["totals"],
            "system": ["system"], "ls": ["ls"], "doctor": ["doctor"], "check": ["check"],
            "audit": ["audit"], "reap": ["reap"], "watch": ["watch", "--limit", "9"],
        }

    def test_every_command_in_every_format(self):
        for name, arguments in self.readers.items():
            with self.subTest(name):
                self.assertTrue(self.connstat(*arguments))
                self.assertTrue(self.connstat(*arguments, "-o", "wide"))
                lines = self.jsonl(*arguments)
                rows = self.csv(*arguments)
                if name == "watch":
                    continue
                document = self.json(*arguments)
                self.assertEqual(document.get("segment", SEGMENT), SEGMENT)
                arrays = [value for value in document.values() if isinstance(value, list)]
                if arrays:
                    self.assertEqual(len(lines), len(arrays[0]))
                    self.assertEqual(len(rows), len(arrays[0]))
                    for line, member, row in zip(lines, arrays[0], rows):
                        self.assertEqual(line.keys(), member.keys())
                        self.assertEqual(line.keys(), row.keys())
                else:
                    self.assertEqual(lines[0].keys(), document.keys() - {"schema"})

    def test_jq_reads_it(self):
        for arguments in self.readers.values():
            document = self.connstat(*arguments, "-o", "json")
            subprocess.run(["jq", "-e", ".schema == 1 or has(\"ws_sockets\")"], input=document.encode(), check=True,
                           stdout=subprocess.DEVNULL)

    def test_documented(self):
        formats = os.path.join(os.path.dirname(__file__), "../../tools/connstat/FORMATS.md")
        with open(formats, encoding="utf-8") as file:
            text = file.read()
        for name, arguments in self.readers.items():
            document = self.json(*arguments) if name != "watch" else self.jsonl(*arguments)[0]
            for key, value in document.items():
                rows = value if isinstance(value, list) else []
                for member in {key}.union(*rows):
                    self.assertRegex(text, rf"`{member}`|\"{member}\"", f"of {name}")

    def test_counts(self):
        document = self.json("counts")
        self.assertEqual(list(document), ["schema", "segment", *MODEL_COUNTS, "counts"])
        self.assertEqual({name: document[name] for name in MODEL_COUNTS if document[name]},
                         {"ws_sockets": 1, "lobby_channels": 1, "total_channels": 1,
                          "total_connections": 1})
        rows = {row["name"]: row for row in self.csv("counts")}
        self.assertEqual(sorted(rows), sorted(MODEL_COUNTS))
        for name in MODEL_COUNTS:
            self.assertEqual(int(rows[name]["count"]), document[name])
        self.assertEqual(rows["ws_sockets"]["kind"], "connection")
        self.assertEqual(rows["user_channels"]["capacity"], "1000")

    def test_default_is_counts(self):
        self.assertEqual(self.connstat(), self.connstat("counts"))
        self.assertEqual(self.connstat("-o", "json"), self.connstat("counts", "--json"))

    def test_thousands(self):
        self.one.do("many", "user_channel", "1000")
        self.assertRegex(self.connstat("counts"), r"(?m)^user_channels +1,000$")
        self.assertRegex(self.connstat("counts", "-o", "wide"),
                         r"user_channels +1,000 +1,000 +1,000 +100 %")

    def test_other_types_have_their_own_name(self):
        self.connstat("create", "-n", "shop", "--type", "http:connection:10",
                      "--type", "cart:channel")
        document = self.json("counts", "-n", "shop")
        self.assertEqual(document, {"schema": 2, "segment": "shop", "total_channels": 0,
                                    "total_connections": 0, "counts": {"http": 0, "cart": 0}})

    def test_no_member_appears_twice(self):
        names = ["schema", "segment", "total_connections", "total_channels", "ws_socket",
                 "ws_sockets", "counts", "nodes", "cluster"]
        self.connstat("create", "-n", "odd",
                      *(word for name in names for word in ("--type", f"{name}:connection")))
        worker = self.worker("open", "odd")
        for count, name in enumerate(names, 1):
            worker.do("many", name, count)

        def once(pairs):
            self.assertEqual(len(pairs), len(dict(pairs)), pairs)
            return dict(pairs)
        for arguments in (["counts"], ["cluster"], ["workers"], ["totals"], ["deaths"], ["list"],
                          ["list", "-g", "type"]):
            document = json.loads(self.connstat(*arguments, "-n", "odd", "--json"),
                                  object_pairs_hook=once)
            if "counts" in document:
                self.assertEqual(document["counts"], {name: count for count, name
                                                      in enumerate(names, 1)})
        self.assertEqual(document["entry_count"], 45)
        live = self.json("workers", "-n", "odd")["workers"][0]["live"]
        self.assertEqual((live["ws_socket"], live["ws_sockets"]), (5, 6))

    def test_formulas_are_made_harmless_on_request(self):
        for value in ("=1+1", "+1", "-1x", "@x", "\t=1", "a=1", -5):
            self.one.register("group_channel", v=value)
        for option, mark in (("--csv-safe", "'"), (None, "")):
            arguments = ["list", "-t", "group_channel", "-g", "v"] + ([option] if option else [])
            values = [row["value"] for row in self.csv(*arguments)]
            for value in ("=1+1", "-1x", "@x", "\t=1"):
                self.assertIn(mark + value, values)
            self.assertIn("-5", values)
            self.assertIn("a=1", values)

    def test_workers(self):
        workers = {worker["pid"]: worker for worker in self.json("workers")["workers"]}
        self.assertEqual(workers.keys(), {self.one.pid, self.two.pid})
        one = workers[self.one.pid]
        self.assertEqual((one["label"], one["live_total"], one["opened"], one["closed"]),
                         ("game-1", 1, 1, 0))
        self.assertEqual({name: count for name, count in one["live"].items() if count},
                         {"ws_sockets": 1})
        self.assertIn("ws_sockets 1", self.connstat("workers"))

    def test_totals(self):
        self.one.do("unregister", self.identity)
        document = self.json("totals")
        types = {row["name"]: row for row in document["types"]}
        self.assertEqual((types["ws_sockets"]["opened"], types["ws_sockets"]["closed"]), (1, 1))
        self.assertEqual((types["live_views"]["opened"], types["live_views"]["lost"]), (1, 1))
        self.assertEqual(types["lobby_channels"]["live"], 1)
        self.assertGreaterEqual(document["deaths"], 1)
        for row in types.values():
            self.assertEqual(row["opened"], row["closed"] + row["lost"] + row["live"])

    def test_system(self):
        document = self.json("system")
        self.assertEqual(document["node"], os.uname().nodename)
        self.assertEqual((document["workers"], document["cpus"]), (2, os.cpu_count()))
        self.assertGreater(document["memory_segment_bytes"], 0)
        self.assertGreaterEqual(document["memory_total_bytes"], document["memory_segment_bytes"])

    def test_ls(self):
        with open(os.path.join(self.directory, "junk.connstat"), "wb") as file:
            file.write(b"not a segment" * 1000)
        segments = {row["name"]: row for row in self.json("ls")["segments"]}
        self.assertEqual(segments.keys(), {SEGMENT, "junk"})
        self.assertEqual(segments[SEGMENT]["status"], "ok")
        self.assertEqual((segments[SEGMENT]["entries"], segments[SEGMENT]["workers"]), (2, 2))
        self.assertEqual(segments["junk"]["status"], "damaged")
        self.assertIsNone(segments["junk"]["entries"])
        self.assertEqual(segments[SEGMENT]["path"], f"{self.directory}/{SEGMENT}.connstat")

    def test_hostile_metadata(self):
        identity = self.one.register("webrtc_peer", **HOSTILE)
        self.two.do("join", "%1b[31mlabel%0a")
        for arguments in (["list", "-t", "webrtc_peer"], ["get", identity], ["workers"],
                          ["list", "--group-by", "escape"], ["list", "-g", "bidi"],
                          ["list", "--sort", "quotes"]):
            for form in ("table", "wide", "json", "jsonl", "csv"):
                with self.subTest(arguments=arguments, form=form):
                    output = self.connstat(*arguments, "-o", form)
                    self.assertEqual(unsafe(output), [])
                    if form in ("table", "wide", "jsonl"):
                        self.assertNotIn("\r", output)
        entry = self.json("list", "-t", "webrtc_peer")["entries"][0]
        self.assertEqual(entry["metadata"], HOSTILE)
        table = self.connstat("list", "-t", "webrtc_peer")
        self.assertEqual(len(table.splitlines()), 2)
        for shown in (r'escape=\e]0;owned\u{7}\e[2J', r'newline=one\ntwo\r\nthree\ttab',
                      r'bidi=abc\u{202e}def\u{2066}', 'wide="日本語 🎮"', r'backslash=C:\\dir\\n',
                      'empty=""', r'quotes="say \"hi\", ok"', r'"with space"=in\ename'):
            self.assertIn(shown, table)

    def test_csv_quoting(self):
        for value in HOSTILE.values():
            self.one.register("group_channel", name=value)
        output = self.connstat("list", "-t", "group_channel", "-g", "name", "-o", "csv")
        values = [row[1] for row in csv.reader(io.StringIO(output, newline=""), strict=True)][1:]
        for name in ("newline", "quotes", "comma", "formula", "wide", "backslash", "empty"):
            expected = HOSTILE[name].replace("\r", r"\u000d")
            self.assertIn(expected, values)
        metadata = [json.loads(row["metadata"]) for row in self.csv("list", "-t", "group_channel")]
        self.assertEqual(sorted(fields["name"] for fields in metadata), sorted(HOSTILE.values()))

    def test_width_of_wide_characters(self):
        for name in ("日本語", "abc", "e\u0301a"):
            self.worker().do("join", escape(name))
        lines = self.connstat("workers").splitlines()

        def columns(text):
            wide = sum(unicodedata.east_asian_width(c) == "W" for c in text)
            return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)
        end = columns(lines[0][:lines[0].index("ENTRIES") + len("ENTRIES")])
        for line in lines[1:]:
            cell = re.match(r"^ *\d+  (\S+) +\d+", line)
            self.assertEqual(columns(cell.group()), end, line)

    def test_a_long_list_streams(self):
        self.worker("create", "big", 20000).do("many", "user_channel", "20000")
        for form in ("table", "json", "jsonl", "csv"):
            output = self.connstat("list", "-n", "big", "-o", form)
            self.assertEqual(output.count("user_id"), 20000)
        self.assertEqual(len(self.json("list", "-n", "big")["entries"]), 20000)
        lines = self.connstat("list", "-n", "big").splitlines()
        self.assertEqual({line.index("n=") for line in lines[1:]}, {lines[0].index("METADATA")})

    def test_a_million_entries_in_constant_memory(self):
        with open(CONNSTAT, "rb") as file:
            if b"__asan_init" in file.read():
                self.skipTest("a sanitizer needs memory of its own")

        def little_memory():
            resource.setrlimit(resource.RLIMIT_DATA, (8 << 20, 8 << 20))
        self.connstat("create", "-n", "million", "--type", "c:connection:1000000",
                      "--metadata-bytes", "32")
        self.worker("open", "million").do("many", "c", "1000000")
        for form in ("table", "json", "csv"):
            listing = subprocess.Popen(
                [CONNSTAT, "list", "-n", "million", "-o", form], env=self.environment,
                stdout=subprocess.PIPE, preexec_fn=little_memory)
            lines = subprocess.run(["wc", "-l"], stdin=listing.stdout, stdout=subprocess.PIPE,
                                   check=True)
            listing.stdout.close()
            self.assertEqual(listing.wait(PATIENCE_S), 0)
            self.assertEqual(int(lines.stdout), 1000001, form)
        self.connstat("list", "-n", "million", "--sort", "n", status=RUNTIME,
                      preexec_fn=little_memory)
        self.assertIn("without --sort", self.complaint)
        found = self.connstat("list", "-n", "million", "--sort", "-n", "--limit", "10", "--columns",
                              "n", "--no-headers", preexec_fn=little_memory)
        self.assertEqual(found.split(), [str(999999 - n) for n in range(10)])

    def test_full_disk(self):
        for arguments in self.readers.values():
            for form in ("table", "json", "csv"):
                with self.subTest(arguments=arguments, form=form), open("/dev/full", "wb") as full:
                    self.connstat(*arguments, "-o", form, status=RUNTIME, stdout=full)
                    self.assertIn("No space left on device", self.complaint)

    def test_closed_pipe_is_no_failure(self):
        self.worker("create", "big", 20000).do("many", "user_channel", "20000")
        for command in ("list", "list --json", "list --sort n", "watch -i 0.05", "list -o csv"):
            with self.subTest(command):
                shell = f'"{CONNSTAT}" -n big {command} | head -1; exit ${{PIPESTATUS[0]}}'
                done = subprocess.run(["bash", "-c", shell], env=self.environment, check=False,
                                      capture_output=True, timeout=PATIENCE_S)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_color(self):
        def colored(*arguments, **environment):
            done = self.run_connstat("counts", *arguments, env=self.environment | environment)
            self.assertEqual(done.returncode, 0)
            return b"\033[" in done.stdout
        self.assertFalse(colored())
        self.assertTrue(colored("--color=always"))
        self.assertTrue(colored("--color", "always", NO_COLOR="1"))
        self.assertTrue(colored(CLICOLOR_FORCE="1"))
        self.assertFalse(colored(CLICOLOR_FORCE="0"))
        self.assertFalse(colored(CLICOLOR_FORCE="1", NO_COLOR="1"))
        self.assertTrue(colored(CLICOLOR_FORCE="1", NO_COLOR=""))
        self.assertFalse(colored("--color=never", CLICOLOR_FORCE="1"))
        self.assertFalse(colored("--color=always", "-o", "json"))
        self.connstat("counts", "--color=perhaps", status=USAGE)


main()
