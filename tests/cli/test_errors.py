#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Exit statuses, what is said on standard error, options and help."""

import json
import os
import unittest

from harness import CliTest, DAMAGED, NO_SEGMENT, PERMISSION, RUNTIME, SEGMENT, USAGE, main

READERS = [["counts"], ["list"], ["list", "--sort", "id"], ["list", "-g", "pid"], ["count"],
           ["watch"], ["workers"], ["get", "1"], ["deaths"], ["totals"], ["system"], ["check"],
           ["doctor"]]
WRITERS = [["reap"], ["reaper"], ["check", "--repair"], ["exec", "true"]]


class Statuses(CliTest):
    def path(self, name):
        return os.path.join(self.directory, f"{name}.connstat")

    def test_no_segment(self):
        for arguments in READERS + WRITERS + [["destroy"], ["destroy", "--force"]]:
            with self.subTest(arguments):
                done = self.run_connstat(*arguments)
                self.assertEqual(done.returncode, NO_SEGMENT, done.stderr)
                said = (done.stderr + done.stdout).decode()
                self.assertIn(f'no segment "{SEGMENT}" in {self.directory}', said)
                self.assertIn("connstat ls", said)
                if arguments != ["doctor"]:
                    self.assertEqual(done.stdout, b"")

    def test_no_directory(self):
        self.environment["CONNSTAT_DIR"] = self.directory + "/nowhere"
        self.connstat("counts", status=NO_SEGMENT)
        self.assertEqual(self.json("ls")["segments"], [])
        self.connstat("ls")
        self.assertEqual(self.run_connstat("doctor").returncode, NO_SEGMENT)

    def test_a_name_that_is_none(self):
        for name in ("a/b", "..", ".hidden", "", "x" * 64, "sp ace"):
            for command in (["counts"], ["create"], ["destroy"], ["reaper"]):
                with self.subTest(name=name, command=command):
                    self.connstat(*command, "-n", name, status=USAGE)

    def test_damaged(self):
        with open(self.path("junk"), "wb") as file:
            file.write(os.urandom(100000))
        with open(self.path("empty"), "wb"):
            pass
        self.create()
        with open(self.path(SEGMENT), "rb") as whole, open(self.path("cut"), "wb") as cut:
            cut.write(whole.read(10000))
        for name in ("junk", "empty", "cut"):
            for arguments in READERS + WRITERS + [["destroy"]]:
                with self.subTest(name=name, arguments=arguments):
                    done = self.run_connstat(*arguments, "-n", name) if arguments[0] != "exec" \
                        else self.run_connstat("-n", name, *arguments)
                    self.assertEqual(done.returncode, DAMAGED, done.stderr)
            self.connstat("destroy", "--force", "-n", name)
            self.assertFalse(os.path.exists(self.path(name)))

    def test_symlink(self):
        self.create()
        os.symlink(self.path(SEGMENT), self.path("link"))
        self.connstat("counts", "-n", "link", status=PERMISSION)

    @unittest.skipUnless(os.getuid() == 0, "changes user")
    def test_no_permission(self):
        self.create()
        os.chmod(self.path(SEGMENT), 0o600)
        os.chmod(self.directory, 0o755)
        stranger = {"user": 65534, "group": 65534, "extra_groups": []}
        for arguments in READERS + WRITERS + [["destroy"], ["destroy", "--force"]]:
            with self.subTest(arguments):
                done = self.run_connstat(*arguments, **stranger)
                self.assertEqual(done.returncode, PERMISSION, done.stderr)
                self.assertIn(b"connstat ls", done.stderr + done.stdout)
        self.assertEqual(self.json("ls", **stranger)["segments"][0]["status"], "no permission")

    @unittest.skipUnless(os.getuid() == 0, "changes user")
    def test_group_may_read_but_not_write(self):
        self.create().register("ws_socket", user_id=1)
        os.chown(self.path(SEGMENT), 0, 65534)
        os.chmod(self.path(SEGMENT), 0o640)
        os.chmod(self.directory, 0o755)
        member = {"user": 65533, "group": 65534, "extra_groups": []}
        self.assertEqual(self.json("counts", **member)["ws_sockets"], 1)
        self.assertEqual(len(self.json("list", **member)["entries"]), 1)
        self.connstat("reap", status=PERMISSION, **member)


class Usage(CliTest):
    def test_unknown(self):
        for arguments in (["nonsense"], ["--nonsense"], ["-z"], ["counts", "--nonsense"],
                          ["counts", "-z"], ["counts", "stray"], ["-o"], ["-o", "yaml"],
                          ["counts", "-o", "xml"], ["list", "--type"], ["counts", "--json=yes"],
                          ["help", "nonsense"], ["help", "counts", "list"], ["-n"]):
            with self.subTest(arguments):
                output = self.connstat(*arguments, status=USAGE)
                self.assertEqual(output, "")
                self.assertIn("connstat help", self.complaint)
                self.assertLessEqual(len(self.complaint.splitlines()), 2)

    def test_options_before_and_after(self):
        self.create()
        del self.environment["CONNSTAT_NAME"]
        self.connstat("counts", status=NO_SEGMENT)
        self.assertIn('"default"', self.complaint)
        for arguments in (["-n", SEGMENT, "counts", "--json"], ["counts", "-n", SEGMENT, "--json"],
                          ["--json", "--name", SEGMENT], ["-ojson", f"-n{SEGMENT}", "counts"],
                          ["--output=json", "counts", f"--name={SEGMENT}"]):
            with self.subTest(arguments):
                self.assertEqual(json.loads(self.connstat(*arguments))["segment"], SEGMENT)

    def test_version(self):
        self.assertRegex(self.connstat("--version"), r"^connstat \d+\.\d+\.\d+\n$")
        self.assertEqual(self.connstat("-V"), self.connstat("counts", "--version"))

    def test_help(self):
        tables = json.loads(self.connstat("help", "-o", "json"))
        self.assertEqual(tables["schema"], 1)
        overview = self.connstat("help")
        self.assertEqual(overview, self.connstat("--help"))
        self.assertEqual(overview, self.connstat("-h"))
        names = [command["name"] for command in tables["commands"]]
        self.assertEqual(len(names), len(set(names)))
        for command in tables["commands"]:
            with self.subTest(command["name"]):
                self.assertIn(f"  {command['name']} ", overview)
                text = self.connstat("help", command["name"])
                self.assertEqual(text, self.connstat(command["name"], "--help"))
                for option in command["options"] + tables["options"]:
                    self.assertIn(f"--{option['name']}", text)
                    self.assertIn(option["help"], text)

    def test_letters_and_names_are_unique(self):
        tables = json.loads(self.connstat("help", "-o", "json"))
        for command in tables["commands"]:
            options = command["options"] + tables["options"]
            for what in ("letter", "name"):
                given = [option[what] for option in options if option[what]]
                self.assertEqual(len(given), len(set(given)), command["name"])

    def test_full_disk_of_the_help(self):
        for arguments in (["help"], ["help", "list"], ["--version"]):
            with open("/dev/full", "wb") as full:
                self.connstat(*arguments, status=RUNTIME, stdout=full)


class Advice(CliTest):
    def test_what_was_meant_by_a_word(self):
        self.create()
        for arguments, meant in ((["lst"], '"list"'), (["lsit"], '"list"'), (["help", "cuont"], '"count"'),
                                 (["deathes"], '"deaths"'), (["list", "--tpye", "x"], '"--type"'),
                                 (["list", "--grup-by=x"], '"--group-by"'),
                                 (["watch", "--entires"], '"--entries"')):
            self.connstat(*arguments, status=USAGE)
            self.assertIn(f"do you mean {meant}?", self.complaint)
        for arguments in (["xyzzy"], ["list", "--frobnicate"]):
            self.connstat(*arguments, status=USAGE)
            self.assertNotIn("do you mean", self.complaint)

    def test_which_segments_there_are(self):
        self.connstat("counts", "-n", "default", status=NO_SEGMENT)
        self.assertIn("is the server running", self.complaint)
        self.create()
        self.connstat("create", "-n", "shop")
        del self.environment["CONNSTAT_NAME"]
        self.connstat("counts", status=NO_SEGMENT)
        self.assertRegex(self.complaint, r'no segment "default" in .*: there are (game, shop|shop, game); ')

    def test_what_stands_in_the_way_of_a_segment(self):
        path = os.path.join(self.directory, f"{SEGMENT}.connstat")
        os.mkdir(path)
        for command in (["create"], ["destroy"], ["destroy", "--force"], ["counts"]):
            self.assertNotEqual(self.run_connstat(*command).returncode, 0)
            self.assertIn(b"is a directory: remove it", self.run_connstat(*command).stderr)
        os.rmdir(path)
        os.symlink("/dev/null", path)
        for command in (["create"], ["counts"]):
            self.assertIn(b"symbolic link", self.run_connstat(*command).stderr)
        os.unlink(path)
        self.environment["CONNSTAT_DIR"] = self.directory + "/nowhere"
        self.connstat("create", status=RUNTIME)
        self.assertIn("there is no directory", self.complaint)
        self.assertIn("there is no directory", self.connstat("ls"))
        self.assertEqual(self.json("ls")["segments"], [])

    def test_sizes(self):
        self.connstat("create", "-n", "shop", "--type", "a:connection:2k", "--type", "b:channel",
                      "--capacity", "1k", "--metadata-bytes", "1k")
        rows = {row["name"]: row["capacity"] for row in self.csv("counts", "-n", "shop")}
        self.assertEqual((rows["a"], rows["b"]), ("2048", "1024"))
        for wrong in ("1kk", "k", "1.5k", "16M", "1 k", "-1k", "99999999999999999999k"):
            self.connstat("create", "-n", "x", "--metadata-bytes", wrong, status=USAGE)

    def test_one_percentage(self):
        self.worker("create", "game", 1000).do("many", "user_channel", 935)
        self.assertRegex(self.connstat("counts", "-o", "wide"), r"user_channels +935 +1,000 +1,000 +93 %")


main()
