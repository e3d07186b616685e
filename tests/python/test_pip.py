#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""pip makes the package from its own folder, as tools/python/README.md says, and it works.

Run as: test_pip.py SOURCE_ROOT BUILD_ROOT, with an interpreter that has pip and setuptools."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:3])

PROGRAM = """
import connstat, json
with connstat.Tracker("web", {"ws_socket": "connection"}).register("ws_socket", user_id=42):
    print(json.dumps(connstat.open("web").list("ws_socket", where="user_id=42")[0]["metadata"]))
print(connstat.__file__)
"""


class Pip(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="connstat-pip.", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.directory)

    def run_python(self, *arguments, **environment):
        done = subprocess.run([sys.executable, *arguments], env=os.environ | environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()

    def test_installed(self):
        # pip leaves what it built in the source folder: so it gets one of its own.
        for name in ("connstat", "python"):
            shutil.copytree(SOURCE / "tools" / name, self.directory / "tools" / name)
        target = self.directory / "target"
        self.run_python("-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index",
                        "--root-user-action=ignore", "--target", target,
                        self.directory / "tools/python",
                        PKG_CONFIG_PATH=str(BUILD / "meson-uninstalled"))
        metadata, file = self.run_python(
            "-c", PROGRAM, PYTHONPATH=str(target), CONNSTAT_DIR=str(self.directory),
            LD_LIBRARY_PATH=str(BUILD / "lib"))
        self.assertEqual(json.loads(metadata), {"user_id": 42})
        self.assertTrue(pathlib.Path(file).is_relative_to(target), file)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
