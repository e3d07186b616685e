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
import struct
import sys

from harness import CliTest, field, main

SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(2**32)
TRICKY = ["", "-", "true", "false", "NaN", "Infinity", "42", "007", "1.10", "-0", "1e5", "+1", ".5",
          '"', '"42"', "\\", "\\n", "a\\", "a b", " a", "a ", "a=1", "a=1|b=2", "a && b", "x and y=1",
          "(", ")", "()", "~x", "=x", "<x", "!x", "*=", "\r", "\n", "\t", "\x1b[31m", "\x7f", "\u0085",
          "\u202e", "\u200b", "\ufeff", "\u2028", "日本", "🎮", "ü", "null", "0x10", "text:1", "'x'",
          "`x`", "$x", "a,b", "a;b", "{}", "[1]", "\\u0041", "%41", "9223372036854775807"]
NUMBERS = [0, 1, -1, 42, 2**53, 2**53 + 1, -2**53 - 1, 2**63 - 1, -2**63, 0.1, -0.0, 0.1 + 0.2, 1e300,
           5e-324, -1.5, 1e22, 1732990000.123, 1732990000.999, math.nan, math.inf, -math.inf, 1 / 3]
NAMES = ["v", "user_id", "a b", "a=b", "type", "id", ".x", "key", "x|y", 'q"', "(p)", "*", "~", "!n",
         "back\\slash", "é", "age", "worker", "nul\x01", "a&b"]


def text(chance):
    alphabet = "ab01 =|\"\\()<>~!*^&.,-+\n\r\t\x1b\x01éü日🎮\u202e'"
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 12)))


def value(chance):
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice(TRICKY)
    if kind == 1:
        return text(chance)
    if kind == 2:
        return chance.choice(NUMBERS)
    if kind == 3:
        return chance.getrandbits(64) - 2**63
    if kind == 4:
        return chance.random() < 0.5
    return struct.unpack("<d", chance.getrandbits(64).to_bytes(8, "little"))[0]


def same(shown, registered):
    """Of the same type, but that a whole float may read back as an integer."""
    if isinstance(registered, bool) or isinstance(shown, bool) or isinstance(registered, str):
        return type(shown) is type(registered) and shown == registered
    return not isinstance(shown, str) and shown == registered


class Random(CliTest):
    def setUp(self):
        super().setUp()
        print("seed", SEED)
        self.chance = random.Random(SEED)
        self.one = self.create()
        self.registered = {}
        for _ in range(60):
            fields = {}
            for name in self.chance.sample(NAMES, self.chance.randrange(1, 5)):
                fields[name] = value(self.chance)
            identity = self.one.do("register", "ws_socket", "-",
                                   *(field(*pair) for pair in fields.items()))
            self.registered[str(identity)] = fields

    def check(self, entry):
        fields = self.registered[entry["id"]]
        self.assertEqual(list(entry["metadata"]), list(fields))
        for name, shown in entry["metadata"].items():
            wanted = fields[name]
            if isinstance(wanted, float) and not math.isfinite(wanted):
                self.assertIsNone(shown)
                if "not_finite" in entry:
                    shown = float(entry["not_finite"][name].replace("Infinity", "inf"))
                    self.assertTrue(shown == wanted or math.isnan(shown) and math.isnan(wanted))
            else:
                self.assertTrue(same(shown, wanted), (shown, wanted))

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
        for form in ("table", "wide"):
            lines = self.connstat("list", "-o", form).splitlines()
            self.assertEqual(len(lines), len(self.registered) + 1)
        lines = self.connstat("list", "--columns", "id,metadata").splitlines()
        start = lines[0].index("METADATA")
        for line in lines[1:]:
            self.assertIn(line.split()[0], self.find(line[start:]), line)

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
