#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Every option of every command with values that it must refuse; the tables of "help -o json" say
which there are, so that none is forgotten."""

import json

from harness import CliTest, NO_SEGMENT, USAGE, main

NO_TIMES = ["", "x", "-1s", "1y", "1h1h", "10 m x", "1..5s", "1,5s", "nan", "1e999s"]
NO_NUMBERS = ["", "0", "-1", "+1", " 1", "1 ", "1.5", "0x10", "x", "18446744073709551616"]
NO_SIZES = NO_NUMBERS[:7] + ["1kk", "k", "1m", "1kB", "99999999999999999999k"]
NO_KEYS = ["", "seventeen bytes in", "text:seventeen bytes i", "18446744073709551616x"]
NO_TYPES = ["", "nosuch", "WS_SOCKET", "ws_socketss", "ws_socket "]
NO_URLS = ["", "x", "http://localhost", "redis://:99999", "redis://h:+9", "redis://h:65536"]
ANY_TEXT = None  # whatever is given is meant so

REFUSED = {
    "top": {"interval": NO_TIMES, "type": ANY_TEXT,  # it asks for a terminal first
            "worker": NO_NUMBERS, "filter": ANY_TEXT},
    "list": {"type": NO_TYPES, "where": ["", "x", "=3", "a==4", "a=1|", "a~(", "type=nosuch"],
             "worker": NO_NUMBERS, "older": NO_TIMES, "idle": NO_TIMES, "key": NO_KEYS, "sort": ["", "nosuch", "-"],
             "group-by": ["", "nosuch"], "limit": NO_NUMBERS, "columns": ["", "id,id", "id,"],
             "interval": ["1s", "0s"], "netns": NO_NUMBERS},
    "get": {"netns": NO_NUMBERS},
    "audit": {"port": NO_NUMBERS + ["65536"], "netns": NO_NUMBERS,
              "interval": NO_TIMES + ["0.001s", "2d"]},
    "count": {"type": NO_TYPES, "key": NO_KEYS},
    "watch": {"interval": NO_TIMES + ["0.001s", "2d"], "limit": NO_NUMBERS, "type": NO_TYPES,
              "where": ["a=1", "x"], "worker": ["1", "x"], "older": ["1s", "x"], "idle": ["1s", "x"], "key": ["1"]},
    "deaths": {"limit": NO_NUMBERS, "interval": ["1s", "x"]},
    "serve": {"listen": ["", "x", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "[::1]:65536",
                         "127.0.0.1:+9", "127.0.0.1: 80", "127.0.0.1:http", "::1:80"],
              "token-file": ["/nowhere/at/all"], "allow-host": ANY_TEXT,
              "user": ["nobody-is-called-so"], "audit": NO_TIMES + ["1s", "2d"]},
    "create": {"type": ["", "x", "x:y", "X:channel", "x:channel:", "x:channel:0", "x:channel:1q",
                        "x:channel:4294967296", ":channel", "x:channel:10:1"],
               "capacity": NO_SIZES + ["32M"], "max": NO_SIZES + ["32M"], "max-workers": NO_SIZES + ["8193"],
               "metadata-bytes": NO_SIZES + ["4097"], "mode": ["", "x", "0", "888", "1777", "-1"]},
    "resize": {"type": NO_TYPES, "capacity": NO_SIZES + ["32M"]},
    "exec": {"type": NO_TYPES, "label": ANY_TEXT, "key": NO_KEYS, "limit": NO_NUMBERS},
    "cluster": {"redis": NO_URLS, "cluster": ANY_TEXT, "password-file": ANY_TEXT,
                "sentinel-password-file": ANY_TEXT, "tls-ca": ANY_TEXT, "tls-cert": ANY_TEXT,
                "tls-key": ANY_TEXT},
    "agent": {"redis": NO_URLS, "cluster": ANY_TEXT, "password-file": ANY_TEXT,
              "sentinel-password-file": ANY_TEXT, "tls-ca": ANY_TEXT, "tls-cert": ANY_TEXT,
              "tls-key": ANY_TEXT, "node": ["", "a b", "x" * 300], "period": NO_TIMES,
              "lease": NO_TIMES},
}
GLOBAL = {"name": ["", ".x", "a/b", "x" * 64, "a b"], "output": ["", "xml", "JSON"],
          "color": ["", "perhaps"]}
NEEDED = {"exec": ["--", "true"], "get": ["1"], "agent": [], "cluster": []}
BESIDE = {("resize", "type"): ["--capacity=1"], ("resize", "capacity"): ["--type=ws_socket"]}


class Refused(CliTest):
    def setUp(self):
        super().setUp()
        self.create().register("ws_socket", user_id=1)
        self.tables = json.loads(self.connstat("help", "-o", "json"))

    def test_no_option_is_forgotten(self):
        for command in self.tables["commands"]:
            with_value = {option["name"] for option in command["options"] if option["argument"]}
            self.assertEqual(with_value, set(REFUSED.get(command["name"], {})), command["name"])
        with_value = {option["name"] for option in self.tables["options"] if option["argument"]}
        self.assertEqual(with_value, set(GLOBAL))

    def refuse(self, command, option, value, *more):
        arguments = [command, f"--{option}={value}", *more]
        done = self.run_connstat(*arguments)
        self.assertNotEqual(done.returncode, 0, arguments)
        self.assertEqual(done.stdout, b"", arguments)
        self.assertTrue(done.stderr.startswith(b"connstat"), arguments)
        return done.returncode

    def test_each_refuses(self):
        for command in self.tables["commands"]:
            name = command["name"]
            for option, values in REFUSED.get(name, {}).items():
                for value in values or []:
                    with self.subTest(command=name, option=option, value=value):
                        status = self.refuse(name, option, value, *NEEDED.get(name, []),
                                             *BESIDE.get((name, option), []))
                        if (name, option) not in (("serve", "token-file"), ("serve", "user")):
                            self.assertEqual(status, USAGE)

    def test_each_takes_one_value_only(self):
        for command in self.tables["commands"]:
            for option in command["options"]:
                repeatable = option["name"] in ("type", "where", "allow-host", "port")
                if not option["argument"] or (repeatable and command["name"] not in ("top", "exec")):
                    continue
                with self.subTest(command=command["name"], option=option["name"]):
                    word = f"--{option['name']}=1"
                    self.connstat(command["name"], word, word, status=USAGE)

    def test_what_would_be_ignored(self):
        """An option that has no meaning beside the others, or for this command."""
        for command in ("top", "serve", "reaper", "agent", "completion", "exec"):
            for words in (["-o", "json"], ["--json"], ["-o", "csv"], ["--csv-safe"]):
                arguments = NEEDED.get(command, []) + (["bash"] if command == "completion" else [])
                if command in (row["name"] for row in self.tables["commands"]):
                    self.connstat(command, *words, *arguments, status=USAGE)
                    self.assertIn("one form", self.complaint)
        for words in (["list", "--or"], ["watch", "--or"], ["list", "--csv-safe"], ["--csv-safe"],
                      ["counts", "--csv-safe", "--json"], ["help", "-o", "csv"],
                      ["help", "nosuch", "--json"]):
            self.connstat(*words, status=USAGE)
        if any(row["name"] == "cluster" for row in self.tables["commands"]):
            for option in REFUSED["cluster"]:
                if option != "redis":
                    self.connstat("cluster", f"--{option}=x", status=USAGE)
            self.connstat("cluster", "--redis", "redis://127.0.0.1:1", "--cluster", "c", "-n", "x",
                          status=USAGE)

    def test_what_is_asked_of_one_is_answered_of_one(self):
        self.connstat("create", "-n", "other")
        self.assertEqual([row["name"] for row in self.json("ls", "-n", "other")["segments"]], ["other"])
        self.connstat("ls", "-n", "nosuch", status=NO_SEGMENT)
        tables = json.loads(self.connstat("help", "count", "--json"))
        self.assertEqual([row["name"] for row in tables["commands"]], ["count"])

    def test_of_every_command(self):
        for option, values in GLOBAL.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.assertEqual(self.refuse("counts", option, value), USAGE)


main()
