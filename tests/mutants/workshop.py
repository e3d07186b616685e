# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A copy of the tree in which one change is tried after the other: built step by step, tested."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from mutants import places

SKIPPED = 77
LEAST_LIMIT_S = 30  # for a test; many times what it takes unchanged
SLOWER = 10

# What a changed library may do: signal any process, leave segments and processes behind. It sees
# neither those of this machine nor its segments, and all of it ends with the test.
ISOLATED = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
            'mount -t tmpfs tmpfs /dev/shm; exec "$@"', "sh"]


class Broken(Exception):
    """The unchanged tree does not build, or its tests fail."""


def can_isolate():
    done = subprocess.run([*ISOLATED, "true"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return done.returncode == 0


def files_below(root):
    """All that is no build, no history and no package of somebody else's."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", "node_modules") and
                      not (pathlib.Path(folder) == root and name.startswith("build"))]
        for name in names:
            path = pathlib.Path(folder, name)
            if path.is_file():
                yield path.relative_to(root)


def copy_tree(root, to):
    names = set(files_below(root))
    for name in set(files_below(to)) - names:  # of an older copy
        (to / name).unlink()
    for name in names:
        source, target = root / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # A copy that is there already may hold a change of a run that was ended: what differs is
        # written anew, so that it is built anew.
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
            shutil.copymode(source, target)


class Test:
    def __init__(self, told, programs):
        self.name = told["name"]
        self.suites = {suite.split(":")[-1] for suite in told["suite"]}
        self.command, self.directory = told["cmd"], told["workdir"]
        self.environment = {**os.environ, **told["env"]}
        self.targets = [program for name in told["depends"] for program in programs.get(name, [])]
        # usual_s: without a change, once that is known.
        self.limit_s, self.usual_s, self.seconds = told["timeout"] or 3600, None, None


class Workshop:
    def __init__(self, root, folder, isolated):
        """folder: where the copy is, or will be, and its build."""
        self.source, self.build = pathlib.Path(folder, "tree"), pathlib.Path(folder, "build")
        self.log = pathlib.Path(folder, "log")
        self.isolated, self.place = isolated, None
        self.built_s = self.tested_s = 0
        copy_tree(root, self.source)
        # Of an older copy there may be a build, which does not know the tests of today.
        again = ["--reconfigure"] if (self.build / "meson-info").is_dir() else []
        with open(self.log, "w", encoding="utf-8") as log:
            done = subprocess.run(["meson", "setup", "-Dbuildtype=plain", "-Doptimization=2",
                                   "-Dwerror=false", *again, self.build, self.source],
                                  stdout=log, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Broken(f"meson setup: {self.log}")
        targets = self.told("targets")
        programs = {target["id"]: target["filename"] for target in targets}
        self.tests = [Test(told, programs) for told in self.told("tests")]
        self.library = [target["filename"][0] for target in targets
                        if target["type"] == "shared library" and
                        pathlib.Path(target["defined_in"]).parent.name == "lib"][:1]

    def told(self, what):
        return json.loads((self.build / "meson-info" / f"intro-{what}.json").read_text("utf-8"))

    # ---- building ---------------------------------------------------------------------------

    def ninja(self, targets):
        inside = [os.path.relpath(target, self.build) for target in targets]
        begin = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log:
            done = subprocess.run(["ninja", "-j1", "-C", self.build, *sorted(set(inside))],
                                  stdout=log, stderr=subprocess.STDOUT)
        self.built_s += time.monotonic() - begin
        return done.returncode == 0

    def make(self, tests):
        return self.ninja([target for test in tests for target in test.targets])

    def code(self):
        """A name for what the compiler makes of the library; None: it does not compile."""
        if not self.ninja(self.library):
            return None
        return hashlib.sha256(pathlib.Path(self.library[0]).read_bytes()).hexdigest()

    # ---- testing ----------------------------------------------------------------------------

    def run(self, test):
        """OK, or how it failed."""
        command = [*(ISOLATED if self.isolated else []), *test.command]
        begin = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log:
            process = subprocess.Popen(command, cwd=test.directory or self.build,
                                       env=test.environment, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            try:
                status = process.wait(test.limit_s)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
        test.seconds = time.monotonic() - begin
        self.tested_s += test.seconds
        if status is None:
            return "hangs"
        return "OK" if status in (0, SKIPPED) else "fails"

    def passes_unchanged(self, test):
        """How long it takes is the measure for the changed library. A test that fails without a
        change is told, and left out."""
        verdict = self.run(test)
        if verdict != "OK":
            print(f"left out, {verdict} without a change: {test.name}", flush=True)
            self.tests.remove(test)
            return False
        test.usual_s = test.seconds
        test.limit_s = min(test.limit_s, max(LEAST_LIMIT_S, SLOWER * test.seconds))
        return True

    def accept(self, tests):
        """Measure these on the unchanged tree, before any change."""
        if not self.make(tests):
            raise Broken(f"the tests do not build: {self.log}")
        for test in tests:
            self.passes_unchanged(test)

    def measure(self, tests):
        """Those of a later stage are measured when it is first needed: the change is taken back for
        that, and made again. Returns those that pass without a change."""
        new = [test for test in tests if test.usual_s is None and test in self.tests]
        if new:
            place = self.place
            self.restore()
            try:
                self.accept(new)
            finally:
                self.change(place)
                self.make(tests)
        return [test for test in tests if test.usual_s is not None]

    # ---- changing ---------------------------------------------------------------------------

    def change(self, place):
        path = self.source / place.file
        self.place, self.original = place, path.read_text("utf-8")
        path.write_text(places.changed(self.original, place), "utf-8")

    def restore(self):
        (self.source / self.place.file).write_text(self.original, "utf-8")

    def first_to_fail(self, tests):
        """The first test that sees the change, twice: what fails once may be the machine."""
        for test in self.measure(tests):
            verdict = self.run(test)
            if verdict == "hangs" or (verdict == "fails" and self.run(test) != "OK"):
                return test, verdict
        return None, "OK"
