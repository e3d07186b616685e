#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What meson install puts where, the services among it: test_places.py MESON BUILD_ROOT.

The library as programs use it is the matter of tests/install.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

MESON, BUILD = sys.argv[1], pathlib.Path(sys.argv[2])
PATIENCE_S = 120


def run(*words, **options):
    options = {"check": True, "capture_output": True, "text": True, "timeout": PATIENCE_S,
               "stdin": subprocess.DEVNULL} | options
    return subprocess.run(list(map(str, words)), **options)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(prefix="connstat-install."))
        cls.addClassCleanup(shutil.rmtree, cls.work)
        cls.folder = cls.work / "destination"
        run(MESON, "install", "-C", BUILD, "--no-rebuild",
            env=os.environ | {"DESTDIR": str(cls.folder)})
        options = {option["name"]: option["value"] for option in json.loads(
            (BUILD / "meson-info/intro-buildoptions.json").read_text("utf-8"))}
        cls.prefix = pathlib.Path(options["prefix"])
        cls.root = cls.folder / cls.prefix.relative_to("/")
        cls.libraries = cls.root / options["libdir"]
        cls.environment = os.environ | {"LD_LIBRARY_PATH": str(cls.libraries)}

    def test_everything_is_in_place(self):
        for name in ("include/connstat.h", "bin/connstat", "share/man/man1/connstat.1",
                     "share/man/man1/connstat-agent.1",
                     "share/man/man3/connstat.3", "share/man/man3/connstat_register.3",
                     "share/man/man5/connstat-segment.5", "lib/tmpfiles.d/connstat.conf",
                     "lib/sysusers.d/connstat.conf", "share/zsh/site-functions/_connstat",
                     "share/bash-completion/completions/connstat",
                     "share/fish/vendor_completions.d/connstat.fish",
                     "lib/systemd/system/connstat-reaper@.service",
                     "lib/systemd/system/connstat-serve.service",
                     "lib/systemd/system/connstat-serve@.service"):
            self.assertGreater((self.root / name).stat().st_size, 0, name)
        for name in ("libconnstat.so", "libconnstat.so.0", "libconnstat.a", "pkgconfig/connstat.pc"):
            self.assertGreater((self.libraries / name).stat().st_size, 0, name)

    def test_nothing_lies_outside(self):
        outside = [path for path in self.folder.rglob("*")
                   if path.is_file() and not path.is_relative_to(self.root)]
        self.assertEqual(outside, [])

    def test_no_text_names_the_build(self):
        for path in self.root.rglob("*"):
            if path.is_file() and path.suffix not in (".a", ".so") and "so." not in path.name:
                for place in (str(BUILD), str(self.work)):
                    self.assertNotIn(place.encode(), path.read_bytes(), path)

    def test_the_command_runs(self):
        self.assertRegex(run(self.root / "bin/connstat", "--version",
                             env=self.environment).stdout, r"^connstat \d")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd")
    def test_the_units_are_right_and_hardened(self):
        for unit in ("connstat-agent", "connstat-reaper", "connstat-serve"):
            text = (self.root / f"lib/systemd/system/{unit}@.service").read_text("utf-8")
            self.assertIn(f"\nExecStart={self.prefix}/bin/connstat ", text)
            # verify looks whether the program is there
            instance = self.work / f"{unit}@game.service"
            instance.write_text(re.sub(f"(?m)^(ExecStart=){self.prefix}", rf"\1{self.root}", text),
                                "utf-8")
            done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", instance,
                       check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            run("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20",
                instance)

    @unittest.skipUnless(shutil.which("systemd-tmpfiles"), "no systemd")
    def test_the_directory_of_segments(self):
        root = self.work / "machine"
        (root / "etc").mkdir(parents=True)
        (root / "etc/group").write_text("root:x:0:\nconnstat:x:4711:\n", "ascii")
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n", "ascii")
        done = run("systemd-tmpfiles", "--create", f"--root={root}",
                   self.root / "lib/tmpfiles.d/connstat.conf", check=False)
        if os.geteuid() != 0:
            self.skipTest("not root: cannot give a folder to a group")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        status = (root / "run/connstat").stat()
        self.assertEqual((oct(status.st_mode), status.st_gid), ("0o43770", 4711))


unittest.main(argv=[sys.argv[0]], verbosity=2)
