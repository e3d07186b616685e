#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fetch uPlot as package-lock.json pins it, with npm.

    fetch_uplot.py package.json package-lock.json OUT.js OUT.css

Its licence goes with the script, as it asks. Where npm is missing or cannot reach its registry
both files are left empty: the dashboard is then built without charts, and the page hides their place. Everything else works the same.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile


def fetch(manifest, lock, folder):
    npm = shutil.which("npm")
    if not npm:
        return "npm is not installed"
    shutil.copy(manifest, folder)
    shutil.copy(lock, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()


def main():
    manifest, lock, *outputs = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        problem = fetch(manifest, lock, folder)
        if problem:
            print(f"warning: the dashboard has no charts, for want of uPlot: {problem}",
                  file=sys.stderr)
        script, style = "", ""
        if not problem:
            module = pathlib.Path(folder, "node_modules", "uplot")
            licence = (module / "LICENSE").read_text("utf-8").strip()
            script = f"/*!\n{licence}\n*/\n{(module / 'dist/uPlot.iife.min.js').read_text('utf-8')}"
            style = (module / "dist/uPlot.min.css").read_text("utf-8")
        for output, text in zip(outputs, [script, style]):
            pathlib.Path(output).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
