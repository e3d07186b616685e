#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Random metadata through every output: what each shows reads back equal, finds its own entry when
given to --where, or is marked as not exact.

A seed is printed; test_random.py CONNSTAT WORKER EARLY_CLOCK SEED takes one.
"""

import csv
import io
import json
import math
import random
import re
import sys

import at_random
from harness import CliTest, main

SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(2**32)

class Random(CliTest):
    def setUp(self):
        super().setUp()
        print("seed", SEED)
        self.chance = random.Random(SEED)
        self.one = self.create()
        self.registered = at_random.register(self, self.one, "ws_socket", 60, self.chance)

    def check(self, entry):
        at_random.check(self, entry, self.registered[entry["id"]])

    def test_json(self):
        for entry in self.json("list")["entries"] + self.jsonl("list"):
            self.check(entry)
            self.assertEqual("not_finite" in entry,
                             any(isinstance(one, float) and not math.isfinite(one)
                                 for one in self.registered[entry["id"]].values()))

    def test_csv(self):
        for row in self.csv("list"):
            self.check({"id": row["id"], "metadata": json.loads(row["metadata"])})

    def find(self, condition):
        done = self.run_connstat("list", "-q", "--where", condition)
        self.assertEqual(done.returncode, 0, (condition, done.stderr))
        return done.stdout.decode().split()

    def test_rows_of_tables_find_themselves(self):
        for form, columns in (("table", "id,metadata"), ("wide", "id,metadata"),
                              ("wide", "id,type,started_at,key,active_at,metadata")):
            lines = self.connstat("list", "-o", form).splitlines()
            self.assertEqual(len(lines), len(self.registered) + 1)
            lines = self.connstat("list", "-o", form, "--columns", columns).splitlines()
            start = lines[0].index("METADATA")
            self.assertEqual({line.split()[0] for line in lines[1:]}, set(self.registered))
            for line in lines[1:]:
                self.assertIn(line.split()[0], self.find(line[start:]), line)

    def test_what_other_places_show_finds_its_entry(self):
        """get, the lines of those who follow, and fields as columns."""
        lines = self.connstat("list", "--follow", "-l", len(self.registered)).splitlines()
        self.assertEqual(len(lines), len(self.registered) + 1)
        for line in lines[1:]:
            self.assertIn(line.split()[3], self.find(line[lines[0].index("METADATA"):]), line)
        for identity, fields in self.registered.items():
            lines = self.connstat("get", identity).splitlines()
            shown = next(line for line in lines if line.startswith("METADATA"))
            self.assertIn(identity, self.find(shown.removeprefix("METADATA").strip()))
            for name in fields:
                quoted = '".' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
                if "," in name or name != name.strip():
                    continue
                lines = self.connstat("list", "--columns", f".{name}", "--no-headers", "-w",
                                      f"id={identity}", remarks=True).splitlines()
                self.assertIn(identity, self.find(f"{quoted}={lines[0]}"), (name, lines))

    def groups(self, name):
        """{ids}: those whose field of that name is the same, and those without it."""
        found = {}
        for identity, fields in self.registered.items():
            one = fields.get(name)
            kind = "none" if name not in fields else type(one).__name__
            kind = "number" if kind in ("int", "float") else kind
            key = "NaN" if isinstance(one, float) and math.isnan(one) else one
            found.setdefault((kind, key), set()).add(identity)
        return sorted(map(sorted, found.values()))

    def test_groups_find_their_own_entries_and_no_other(self):
        names = sorted({name for fields in self.registered.values() for name in fields})
        for name in names:
            quoted = '".' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
            lines = self.connstat("list", "-g", f".{name}").splitlines()[1:]
            shown = [re.fullmatch(r"(.*\S) +(\d+)", line).groups() for line in lines]
            found = []
            for word, count in shown:
                ids = self.find(f"{quoted}={word}" if word != "-" else f"!{quoted}")
                self.assertEqual(len(ids), int(count), (name, word))
                found.append(sorted(ids))
            self.assertEqual(sorted(found), self.groups(name), name)
            rows = self.csv("list", "-g", f".{name}")
            self.assertEqual(sorted(int(row["count"]) for row in rows),
                             sorted(map(len, self.groups(name))))
            self.assertEqual(len(self.raw_values(name)), len(set(self.raw_values(name))), name)

    def raw_values(self, name):
        """The cells as they stand: an empty text has quotes that a missing value has not."""
        output = self.connstat("list", "-g", f".{name}", "-o", "csv")
        rows = list(csv.reader(io.StringIO(output, newline="")))[1:]
        empty = re.findall(r'(?m)^1,("")?,\d+\r$', output)
        return [row[1] for row in rows if row[1]] + empty


main()
