#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail if an accepted survivor is none of today's code: test_accepted.py SOURCE_ROOT."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from mutants import accepted  # noqa: E402


def main():
    root = pathlib.Path(sys.argv[1])
    try:
        entries = accepted.read(root)
    except ValueError as error:
        sys.exit(f"mutants/accepted.txt: {error}")
    wrong = [f"mutants/accepted.txt:{entry.at}: {entry.file} has no change '{entry.old}' => "
             f"'{entry.new}'; take the entry out, or write it anew"
             for entry in accepted.stale(root, entries)]
    twice = {entry[:3] for entry in entries if
             sum(other[:3] == entry[:3] for other in entries) > 1}
    wrong += [f"mutants/accepted.txt: twice: {file}: {old}" for file, old, _ in twice]
    print(f"{len(entries)} accepted")
    sys.exit("\n".join(wrong) if wrong else 0)


main()
