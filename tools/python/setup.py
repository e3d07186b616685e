# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""pip install --no-build-isolation tools/python: against the libconnstat that pkg-config finds.

What reads conditions and keys is the command's own code, of ../connstat.
"""

import subprocess

from setuptools import Extension, setup

COMMAND = "../connstat/"
SHARED = ["common/buffer.c", "common/text.c", "common/when.c", "format/json.c", "format/key.c",
          "format/literal.c", "format/metadata.c", "format/names.c", "query/condition.c",
          "query/expression.c", "query/field.c", "query/operand.c", "query/scanner.c",
          "query/select.c", "query/source.c"]
OWN = ["entry.c", "errors.c", "handle.c", "module.c", "read.c", "tracker.c", "values.c"]


def pkg_config(*arguments):
    return subprocess.run(["pkg-config", *arguments, "connstat"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


setup(
    name="connstat",
    version=pkg_config("--modversion")[0],
    description="A live table of connections, shared by the processes of a server",
    license="MIT",
    python_requires=">=3.10",
    packages=["connstat"],
    package_data={"connstat": ["*.pyi", "py.typed"]},
    ext_modules=[Extension(
        "connstat._connstat",
        [f"src/{name}" for name in OWN] + [COMMAND + name for name in SHARED],
        include_dirs=["src", COMMAND],
        define_macros=[("_GNU_SOURCE", None)],
        extra_compile_args=["-std=gnu17", "-fvisibility=hidden", *pkg_config("--cflags")],
        extra_link_args=pkg_config("--libs") + ["-lm"],
        py_limited_api=True)],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
