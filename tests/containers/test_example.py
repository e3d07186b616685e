#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The example of tools/containers: its demo runs, and what its YAML files say holds together.

test_example.py SOURCE_ROOT CONNSTAT
"""

import os
import pathlib
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(sys.argv[1]) / "tools" / "containers"
CONNSTAT = sys.argv[2]
PLACE = "/run/connstat"


def load(name):
    import yaml  # python3-yaml; tools/packages
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


class Example(unittest.TestCase):
    @unittest.skipIf(os.geteuid() != 0, "not root: no containers to be had")
    def test_demo(self):
        done = subprocess.run([FOLDER / "demo", CONNSTAT], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("out of sight", done.stdout)
        self.assertIn("1 entry lost", done.stdout)

    def understood(self, command):
        """Each option of a command line is one of that command's."""
        self.assertEqual(command[0], "connstat")
        help_text = subprocess.run([CONNSTAT, "help", command[1]], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout
        for word in command[2:]:
            if word.startswith("-"):
                self.assertRegex(help_text, rf"(?m)^ .*{word}\b", command)

    def test_kubernetes(self):
        pod = load("kubernetes.yaml")["spec"]
        self.assertNotIn("shareProcessNamespace", pod)
        volume, = (volume for volume in pod["volumes"] if volume["name"] == "connstat")
        self.assertEqual(volume["emptyDir"]["medium"], "Memory")
        names = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
            self.assertLessEqual(set(mounts), names)
            self.assertEqual(mounts["connstat"]["mountPath"], PLACE)
            self.assertEqual(mounts["connstat"].get("readOnly", False), container["name"] == "serve")
            if container["image"] == "connstat":
                self.understood(container["command"])

    def test_compose(self):
        document = load("compose.yaml")
        self.assertEqual(document["volumes"]["connstat"]["driver_opts"]["type"], "tmpfs")
        for name, service in document["services"].items():
            self.assertNotIn("pid", service)
            volume = service["volumes"][0].split(":")
            self.assertEqual(volume[:2], ["connstat", PLACE])
            self.assertEqual(volume[2:], ["ro"] if name == "serve" else [])
            if service["image"] == "connstat":
                self.understood(service["command"])


unittest.main(argv=sys.argv[:1])
