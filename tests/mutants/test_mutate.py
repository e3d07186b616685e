#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Does tests/mutate find a hole? test_mutate.py MUTATE

In a library of three functions one is tested, one is not, and one has lines of which a change makes
no difference: what is planted there must be found, and nothing counted that is no change.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MUTATE = sys.argv.pop()

FILES = {
    "meson.build": "project('mini', 'c')\nsubdir('lib')\nsubdir('tests')\n",
    "lib/meson.build": "mini = shared_library('mini', 'mini.c')\n",
    "lib/mini.c": """\
int is_three(int n);
int is_large(int n);
unsigned rest(unsigned n);

/* n == 77 in a comment is none */
int is_three(int n)
{
    if (n == 3)
        return 1;
    return 0;
}

int is_large(int n)
{
    return n > 10;
}

unsigned rest(unsigned n)
{
    unsigned bytes[2] = {0, 0};

    return (unsigned)sizeof(bytes[0]) + n;
}
""",
    "tests/meson.build": "test('near', executable('near', 'near.c', link_with: mini), suite: 'unit')\n",
    "tests/near.c": """\
int is_three(int n);
unsigned rest(unsigned n);

int main(void)
{
    return !(is_three(3) == 1 && is_three(4) == 0 && is_three(2) == 0 && rest(1) == 5);
}
""",
    "tests/mutants/accepted.txt": """\
lib/mini.c: return n > 10;
  => return n > 11;
  So that one of them is accepted.
""",
}


class Mini(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as root:
            for name, text in FILES.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            done = subprocess.run([MUTATE, "--root", root, "--seed", "1", "--stages", "near,unit"],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        cls.status, cls.said = done.returncode, done.stdout
        print(cls.said, file=sys.stderr)

    def told(self, verdict):
        return re.findall(rf"^{verdict} +lib/mini\.c:\d+ (\w+) (\w+): (.*)$", self.said, re.MULTILINE)

    def test_the_hole_is_found(self):
        found = self.told("SURVIVED")
        self.assertEqual({function for function, _, _ in found}, {"is_large"})
        self.assertIn(("is_large", "compare", "return n >= 10;"), found)
        self.assertEqual(self.status, 1)

    def test_what_is_tested_is_killed(self):
        self.assertTrue(any(function == "is_three" for function, _, _ in self.told("killed")))
        self.assertTrue(all("near" in by for _, _, by in self.told("killed")))

    def test_what_is_accepted_is_told(self):
        self.assertEqual(self.told("accepted"), [("is_large", "constant", "return n > 11;")])

    def test_no_change_is_counted_twice(self):
        """n != 3 and !(n == 3) are the same code, and so are n >= 10 and n > 9."""
        self.assertTrue(self.told("twice"))
        self.assertTrue(any(function == "rest" for function, _, _ in self.told("equivalent")))
        counted = re.search(r"(\d+) changes in \d+ s: (\d+) killed, (\d+) accepted, (\d+) survived",
                            self.said)
        tried, killed, accepted, survived = map(int, counted.groups())
        self.assertEqual(killed, len(self.told("killed")))
        self.assertEqual(survived, len(self.told("SURVIVED")))
        self.assertEqual(tried, killed + accepted + survived)

    def test_a_comment_is_no_place(self):
        self.assertNotIn("77", self.said)


unittest.main(argv=sys.argv[:1])
