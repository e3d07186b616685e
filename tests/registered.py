#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail if a test was written but never runs: registered.py SOURCE_ROOT BUILD_ROOT.

Each C file below tests/ must be a source of some target, each program made from there must have a
part in some test, and each script named test_* or test-* must be what some test runs.
"""

import json
import pathlib
import sys

root, build = (pathlib.Path(word).resolve() for word in sys.argv[1:])
tests_folder = root / "tests"


def introspect(what):
    return json.loads((build / "meson-info" / f"intro-{what}.json").read_text("utf-8"))


def resolved(word):
    """What a word of a command is a path of: commands begin in the build's root."""
    return (build / word).resolve()


def main():
    tests, targets = introspect("tests"), introspect("targets")
    ours = [target for target in targets
            if pathlib.Path(target["defined_in"]).is_relative_to(tests_folder)]
    compiled = {resolved(source) for target in targets for group in target["target_sources"]
                for source in group.get("sources", [])}
    run = {resolved(word) for test in tests for word in test["cmd"]}
    needed = {name for test in tests for name in test["depends"]}

    missing = [f"{file}: in no target" for file in tests_folder.rglob("*.c")
               if file not in compiled]
    missing += [f"{target['name']}: made from {target['defined_in']}, used by no test"
                for target in ours if target["type"] == "executable"
                and target["id"] not in needed and not run & set(map(resolved, target["filename"]))]
    missing += [f"{file}: run by no test" for file in tests_folder.rglob("test[-_]*")
                if file.suffix != ".c" and file.is_file() and file not in run]
    for line in sorted(missing):
        print(line, file=sys.stderr)
    sys.exit(1 if missing else 0)


main()
