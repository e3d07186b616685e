#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What the command shows of workers in other pid namespaces, and what doctor says of a machine that
refuses inotify. Root's alone."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))

import harness  # noqa: E402
from harness import CONNSTAT, CliTest, SEGMENT, main  # noqa: E402

CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
NO_INOTIFY = ("unshare", "--user", "--map-root-user", "sh", "-c",
              'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', "sh")


def control_group(pid):
    """Of the lines of /proc/PID/cgroup the one that tells most."""
    paths = [line.split(":", 2)[2]
             for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text("utf-8").splitlines()]
    return next((path for path in paths if path != "/"), "/")


@unittest.skipIf(os.geteuid() != 0, "not root: no containers to be had")
class Sight(CliTest):
    def contained(self):
        """A worker that is the first process of a pid namespace, and the same process's number here."""
        worker = harness.Worker.__new__(harness.Worker)
        worker.process = subprocess.Popen([*CONTAINER, harness.WORKER], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, env=self.environment, text=True)
        self.addCleanup(worker.end)
        worker.do("open", SEGMENT)
        worker.register("ws_socket")
        children = pathlib.Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children")
        return int(children.read_text("utf-8"))

    def test_container_and_namespace(self):
        plain = self.create()
        plain.register("ws_socket")
        here = self.contained()
        rows = {row["pid"]: row for row in self.json("workers")["workers"]}
        self.assertEqual(set(rows), {plain.pid, 1})
        for row, pid in (rows[plain.pid], plain.pid), (rows[1], here):
            self.assertEqual(row["container"], control_group(pid))
            self.assertEqual(row["pid_namespace"], os.stat(f"/proc/{pid}/ns/pid").st_ino)
            self.assertEqual(row["foreign"], pid == here)
            self.assertTrue(row["locked"])
        self.assertIn(" CONTAINER", self.connstat("workers").splitlines()[0])
        heading = self.connstat("workers", "-o", "wide").splitlines()[0]
        self.assertIn(" NAMESPACE", heading)
        self.assertIn(" LOCKED", heading)
        # It can be judged by its lock, so nobody complains.
        checks = {row["check"]: row for row in self.json("doctor")["checks"]}
        self.assertEqual(checks["workers"]["verdict"], "ok", checks["workers"])

    def test_out_of_sight(self):
        self.create().register("ws_socket")
        inside = self.environment | {"SHOW": CONNSTAT}
        done = subprocess.run([*CONTAINER, "sh", "-c", '"$SHOW" workers'], env=inside, check=True,
                              stdout=subprocess.PIPE, text=True)
        self.assertIn("out of sight", done.stdout)

    def test_inotify_refused(self):
        self.create()
        done = subprocess.run([*NO_INOTIFY, CONNSTAT, "doctor"], env=self.environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if not done.stdout:
            self.skipTest(f"no user namespace to be had: {done.stderr}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("inotify is refused (Too many open files)", done.stdout)
        self.assertIn("fs.inotify.max_user_instances", done.stdout)
        checks = {row["check"]: row for row in self.json("doctor")["checks"]}
        self.assertEqual(checks["events"]["verdict"], "ok")


main()
