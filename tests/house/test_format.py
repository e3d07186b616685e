#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail where a file is not as .clang-format has it, or is too long: test_format.py SOURCE_ROOT.

To mend a file's format: clang-format -i FILE. One that is too long holds more than one thing: give
one of them a file of its own.
"""

import pathlib
import shutil
import subprocess
import sys

FOLDERS = ["lib", "shm", "tools", "tests", "bench"]
SKIPPED = 77
MOST_LINES = 400
# The public header is one by contract. What lies in the segment stays beside the asserts that
# freeze it.
LONGER = {"lib/connstat.h": 1000, "shm/layout.h": 500}

root = pathlib.Path(sys.argv[1])


def files_ending(*endings):
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*")
                  if path.suffix in endings and "node_modules" not in path.parts)


def too_long(files):
    for path in files:
        name = str(path.relative_to(root))
        lines = path.read_bytes().count(b"\n")
        allowed = LONGER.get(name, MOST_LINES)
        if lines > allowed:
            yield f"{name} has {lines} lines, more than {allowed}"


def badly_formatted(files):
    """Two at a time: each has a processor, and clang-format takes one file after the other."""
    parts = [files[i::2] for i in range(2)]
    running = [subprocess.Popen(["clang-format", "--dry-run", "-Werror", *part],
                                stderr=subprocess.PIPE, text=True) for part in parts]
    for done in running:
        said = done.communicate()[1]
        if done.returncode != 0:
            yield said.rstrip()


def main():
    files = files_ending(".c", ".h")
    formats = shutil.which("clang-format") is not None
    wrong = list(too_long(files + files_ending(".py", ".mjs", ".js")))
    if formats:
        wrong += badly_formatted(files)
    print(f"{len(files)} files" if formats else "no clang-format (tools/packages)")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0 if formats else SKIPPED)


main()
