#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The completions as shells see them: test_completion.py CONNSTAT WORKER FOLDER_OF_SCRIPTS."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import CONNSTAT, PATIENCE_S, CliTest, main

SCRIPTS = pathlib.Path(sys.argv[3])
BASH, ZSH, FISH = SCRIPTS / "connstat", SCRIPTS / "_connstat", SCRIPTS / "connstat.fish"

ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_connstat
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completions(CliTest):
    def setUp(self):
        super().setUp()
        self.environment["PATH"] = f"{pathlib.Path(CONNSTAT).resolve().parent}:{os.environ['PATH']}"
        self.environment["HOME"] = self.directory

    def shell(self, *command):
        done = subprocess.run(list(map(str, command)), env=self.environment, check=False,
                              capture_output=True, text=True, timeout=PATIENCE_S,
                              stdin=subprocess.DEVNULL, cwd=self.directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout

    def bash(self, line):
        """What is offered for the last word of the line."""
        return set(self.shell("bash", "-uc", ASK_BASH, "bash", BASH, *line.split(" ")).split())

    def fish(self, line):
        output = self.shell("fish", "-c", f"source {FISH}; complete -C '{line}'")
        return {row.split("\t")[0] for row in output.splitlines()}

    def tables(self):
        return json.loads(self.connstat("help", "--json"))

    def test_every_command_and_option(self):
        tables = self.tables()
        names = {command["name"] for command in tables["commands"]}
        self.assertEqual(self.bash("connstat "), names)
        for command in tables["commands"]:
            options = {"--" + option["name"] for option in tables["options"] + command["options"]}
            self.assertEqual(self.bash(f"connstat {command['name']} --"), options)

    def test_values(self):
        self.create()
        self.assertEqual(self.bash("connstat counts -o js"), {"json", "jsonl"})
        self.assertEqual(self.bash("connstat counts --output = js"), {"json", "jsonl"})
        self.assertEqual(self.bash("connstat -o json li"), {"list"})
        self.assertEqual(self.bash("connstat list --type ws"), {"ws_socket"})
        self.assertEqual(self.bash("connstat -n "), {"game"})
        self.assertEqual(self.bash("connstat help li"), {"list"})
        self.assertEqual(self.bash("connstat list --limit "), set())
        self.assertEqual(self.bash("connstat no_such_command x"), set())

    def test_names_of_the_segment_that_the_line_is_about(self):
        worker = self.create()
        identity = worker.register("ws_socket", user_id=1)
        self.connstat("create", "-n", "shop", "--type", "cart:channel:10")
        shop = self.worker("open", "shop")
        shop.register("cart", price=3)
        for line in ("connstat -n shop list --type ", "connstat list --name = shop --type ",
                     "connstat list -nshop --type "):
            self.assertEqual(self.bash(line), {"cart"}, line)
        self.assertEqual(self.bash("connstat list --worker "), {str(worker.pid)})
        self.assertEqual(self.bash("connstat -n shop list -W "), {str(shop.pid)})
        self.assertEqual(self.bash("connstat list --sort us"), {"user_id"})
        self.assertEqual(self.bash("connstat -n shop list --group-by p"), {"pid", "price"})
        self.assertEqual(self.bash("connstat get "), {str(identity)})
        if shutil.which("fish"):
            self.assertEqual(self.fish("connstat -n shop list --type "), {"cart"})
            self.assertIn("price", self.fish("connstat list --name=shop --sort "))

    def test_without_a_segment_nothing_is_offered_and_nothing_is_said(self):
        self.assertEqual(self.bash("connstat list --type "), set())

    def test_files(self):
        pathlib.Path(self.directory, "secret.txt").touch()
        self.assertEqual(self.bash("connstat serve --token-file sec"), {"secret.txt"})

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh_reads_its_script(self):
        self.shell("zsh", "-n", ZSH)
        # A stand-in for zsh's own function shows what it is asked, and leads on to "list".
        script = f"""
            _arguments() {{ print -rl -- "$@"; state=argument line=(list) }}
            source {ZSH}
        """
        words = self.shell("zsh", "-fc", script)
        for expected in ("--limit=[", "--type=[", "--output=["):
            self.assertIn(expected, words)

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish_offers(self):
        self.create()
        self.shell("fish", "-n", FISH)
        self.assertTrue({"list", "top", "counts"} <= self.fish("connstat "))
        self.assertEqual(self.fish("connstat list --type ws"), {"ws_socket"})
        self.assertEqual(self.fish("connstat counts -o js"), {"json", "jsonl"})
        self.assertIn("--limit", self.fish("connstat list --li"))


main()
