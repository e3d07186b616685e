#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail where a layer includes what it may not know: test_layers.py SOURCE_ROOT.

The arrows go tools -> lib -> shm. shm knows no API and no process; lib knows no tool; tools, benches
and the tests of the contract see <connstat.h> and nothing else of the library: what they cannot do
through it, users cannot do either.
"""

import pathlib
import re
import sys

# A file below the first may include what lies below the second, beside its own folder.
MAY_SEE = {
    "shm": ["shm"],
    "lib": ["lib", "shm"],
    "tools": ["tools/connstat", "tools"],
    "bench": ["bench", "bench/churn", "bench/game"],
    "tests/unit/api": ["tests/unit"],
    "tests/unit/entry": ["tests/unit"],
    "tests/cli": ["tools/connstat"],
    "tests/e2e": [],
    "tests/guest": ["tests/unit", "tests/guest"],
}
LIBRARY = ["lib", "shm"]

root = pathlib.Path(sys.argv[1])


def includes(path):
    """The line and the name of each header, of those in angle brackets the library's own."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if found:
            yield number, found[2]


def is_forbidden(path, header, allowed):
    if header == "connstat.h":
        return allowed == ["shm"]
    if (path.parent / header).is_file() or any((root / seen / header).is_file()
                                               for seen in allowed):
        return False
    return any((root / layer / header).is_file() for layer in [*LIBRARY, "tools/connstat"])


def main():
    wrong, count = [], 0
    for layer, allowed in MAY_SEE.items():
        for path in sorted((root / layer).rglob("*.[ch]")):
            count += 1
            wrong += [f"{path.relative_to(root)}:{number}: {layer} may not include {header}"
                      for number, header in includes(path) if is_forbidden(path, header, allowed)]
    print(f"{count} files")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
