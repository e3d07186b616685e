#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail if a test was written but never runs: registered.py SOURCE_ROOT BUILD_ROOT.

Each C file below tests/ must be a source of some target, each program made from there must have a
part in some test, and each script named test_* or test-* must be what some test runs.
"""

import json
import os
import pathlib
import sys

root, build = map(pathlib.Path, sys.argv[1:])
tests_folder = root / "tests"


def introspect(what):
    return json.loads((build / "meson-info" / f"intro-{what}.json").read_text("utf-8"))


def main():
    tests, targets = introspect("tests"), introspect("targets")
    ours = [target for target in targets
            if pathlib.Path(target["defined_in"]).is_relative_to(tests_folder)]
    compiled = {source for target in targets for group in target["target_sources"]
                for source in group.get("sources", [])}
    # Meson writes some paths by way of the build folder: build/../source/tests/...
    run = {os.path.normpath(word) if "/" in word else word for test in tests for word in test["cmd"]}
    needed = {name for test in tests for name in test["depends"]}

    missing = [f"{file}: in no target" for file in tests_folder.rglob("*.c")
               if str(file) not in compiled]
    missing += [f"{target['name']}: made from {target['defined_in']}, used by no test"
                for target in ours if target["type"] == "executable"
                and target["id"] not in needed and not run & set(target["filename"])]
    missing += [f"{file}: run by no test" for file in tests_folder.rglob("test[-_]*")
                if file.suffix != ".c" and file.is_file() and str(file) not in run]
    for line in sorted(missing):
        print(line, file=sys.stderr)
    sys.exit(1 if missing else 0)


main()
