#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The man pages say all there is: test_manual.py CONNSTAT WORKER FOLDER_OF_PAGES HEADER."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import PATIENCE_S, CliTest, main

BUILT, HEADER = map(pathlib.Path, sys.argv[3:5])
WRITTEN = pathlib.Path(__file__).parents[2] / "tools/man"
PAGES = [BUILT / "connstat.1", BUILT / "connstat.3", WRITTEN / "connstat-agent.1",
         WRITTEN / "connstat-segment.5"]


@unittest.skipUnless(shutil.which("mandoc"), "no mandoc")
class Manual(CliTest):
    def mandoc(self, *words):
        return subprocess.run(["mandoc", *map(str, words)], check=False, capture_output=True,
                              text=True, timeout=PATIENCE_S)

    def rendered(self, page):
        text = self.mandoc("-Tutf8", "-Owidth=200", page).stdout
        return re.sub(r".\x08", "", text)

    def test_lint(self):
        for page in PAGES:
            done = self.mandoc("-Tlint", "-Wwarning", page)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), page)

    def test_every_function(self):
        text = self.rendered(BUILT / "connstat.3")
        code = re.sub(r"/\*.*?\*/", "", HEADER.read_text("utf-8"), flags=re.S)
        names = set(re.findall(r"\b(connstat_\w+)\((?!\*)", code)) - {"connstat_"}
        names -= set(re.findall(r"\(\*(connstat_\w+)\)", code))
        self.assertGreater(len(names), 50)
        for name in names:
            with self.subTest(name):
                self.assertRegex(text, rf"\n +{name}\(")
                page = BUILT / f"{name}.3"
                self.assertEqual(page.read_text("utf-8"), ".so man3/connstat.3\n")
        for name in re.findall(r"^(?:struct|enum) (connstat_\w+) \{", code, re.M):
            self.assertIn(f"{name} {{", text)

    def test_every_command_and_option(self):
        text = self.rendered(BUILT / "connstat.1")
        tables = self.json("help")
        sections = dict(re.findall(r"\n   (\S+)\n(.*?)(?=\n   \S|\n[A-Z])", text, re.S))
        for command in tables["commands"]:
            with self.subTest(command["name"]):
                section = sections[command["name"]]
                self.assertIn(f"connstat {command['name']}", section)
                for option in command["options"]:
                    self.assertRegex(section, rf"(?m)^ +(-\S.*, )?--{option['name']}\b")
        for option in tables["options"]:
            self.assertRegex(text, rf"(?m)^ +(-\S.*, )?--{option['name']}\b")


main()
