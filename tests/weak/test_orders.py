#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Hold the table of memory orders (orders.txt) and the code together: test_orders.py ROOT WEAK.

Each order of lib/ and shm/ that is more than relaxed has a row, and each row such an order. Where a
row says that a scenario of the weak machine fails when the order is weaker, it does; and where it
names a seeded bug of tests/model, that one is in its list. --print ROOT: the orders there are.
"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from mutants import places  # noqa: E402

WEAKER = {order.removeprefix("memory_order_"): [name.removeprefix("memory_order_") for name in names]
          for order, names in places.WEAKER.items()}
ROUNDS = 20000
SEEDS = ["1", "3"]


def orders_of(root):
    """FILE FUNCTION N ORDER of each, N counting those of a function from 1."""
    for path in sorted(path for folder in ("lib", "shm") for path in (root / folder).rglob("*.[ch]")):
        name = str(path.relative_to(root))
        if name.startswith("lib/examples/"):
            continue
        reader, counts = places.Reader(name, path.read_text("utf-8")), {}
        for token, function in zip(reader.tokens, reader.functions):
            if token.text in places.WEAKER:
                counts[function] = counts.get(function, 0) + 1
                yield (name, function, str(counts[function]),
                       token.text.removeprefix("memory_order_"))


class Row:
    def __init__(self, line, words):
        self.line, self.key, self.partner, self.private, self.judged = line, tuple(words), "", "", {}

    def add(self, word, text):
        if word == "with":
            self.partner = text
        elif word == "private":
            self.private = text
        elif word in WEAKER[self.key[3]]:
            self.judged[word] = text.split(" ", 1)
        else:
            raise ValueError(f"{self.line}: {self.key[3]} is not weaker as '{word}'")

    def lacks(self):
        if self.private:
            return "" if not self.judged else "is private, and judged too"
        if not self.partner:
            return "names no partner"
        missing = [word for word in WEAKER[self.key[3]] if word not in self.judged]
        return f"does not say what happens as {missing[0]}" if missing else ""


def read(path):
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("  "):
            word, separator, text = line.strip().partition(": ")
            if not separator:
                raise ValueError(f"{number}: no 'WORD: ' there")
            rows[-1].add(word, text)
        else:
            words = line.split()
            if len(words) != 4 or words[3] not in WEAKER:
                raise ValueError(f"{number}: a row is FILE FUNCTION N ORDER")
            rows.append(Row(number, words))
    return rows


def fails(weak, row, weaker, scenario):
    file, function, n, _ = row.key
    for seed in SEEDS:
        done = subprocess.run([weak, scenario, str(ROUNDS), seed, file, function, n, weaker],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 1:
            return True
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            return False
    return False


def wrong_judges(root, weak, rows, counts):
    seeds = (root / "tests/model/meson.build").read_text("utf-8")
    for row in rows:
        if row.private:
            counts["private"] += 1
        for weaker, (how, *what) in row.judged.items():
            told = f"orders.txt:{row.line}: {' '.join(row.key)} as {weaker}"
            if how == "weak":
                counts["weak"] += 1
                if not all(fails(weak, row, weaker, scenario) for scenario in what[0].split()):
                    yield f"{told}: no failure is found in {what[0]}"
            elif how == "rc11":
                counts["rc11"] += 1
                if what[0].split()[-1] not in seeds:
                    yield f"{told}: tests/model has no seed {what[0]}"
            elif how.rstrip(";") == "argued" and what:
                counts["argued"] += 1
            else:
                yield f"{told}: 'weak SCENARIO', 'rc11 PROGRAM -DSEED' or 'argued; WHY'"


def main():
    root = pathlib.Path(sys.argv[-1] if sys.argv[1] == "--print" else sys.argv[1])
    there = list(orders_of(root))
    if sys.argv[1] == "--print":
        print("\n".join(" ".join(key) for key in there))
        return
    try:
        rows = read(root / "tests/weak/orders.txt")
    except ValueError as error:
        sys.exit(f"orders.txt:{error}")
    keys = [row.key for row in rows]
    wrong = [f"no row in tests/weak/orders.txt: {' '.join(key)}" for key in there if key not in keys]
    wrong += [f"orders.txt:{row.line}: no such order in the code: {' '.join(row.key)}"
              for row in rows if row.key not in there]
    wrong += [f"orders.txt:{row.line}: twice" for row in rows if keys.count(row.key) > 1]
    wrong += [f"orders.txt:{row.line}: {row.lacks()}" for row in rows if row.lacks()]
    counts = dict.fromkeys(("weak", "rc11", "argued", "private"), 0)
    if not wrong:
        wrong = list(wrong_judges(root, sys.argv[2], rows, counts))
    print(f"{len(rows)} orders: {counts['weak']} shown on the weak machine, {counts['rc11']} by a "
          f"model of tests/model, {counts['argued']} argued, {counts['private']} private")
    sys.exit("\n".join(wrong) if wrong else 0)


main()
