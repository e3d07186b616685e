# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Drive connstat top in a real terminal (tmux).

A test script is run as: test_x.py CONNSTAT WORKER, and ends with main().
"""

import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import CONNSTAT, NO_SEGMENT, PATIENCE_S, RUNTIME, SEGMENT, USAGE, CliTest, main  # noqa: E402

TOP = str(pathlib.Path(CONNSTAT).resolve())

# Runs top, then says how it ended and whether the terminal's settings are as before.
AROUND = """
before=$(stty -g)
echo TYPED BEFORE
{top}
echo "ENDED $?"
[ "$before" = "$(stty -g)" ] && echo SETTINGS KEPT
sleep {patience}
"""


class Top(CliTest):
    def setUp(self):
        super().setUp()
        self.environment["TERM"] = "xterm-256color"
        self.environment.pop("TMUX", None)
        self.servers = 0

    def tmux(self, *words, check=True):
        done = subprocess.run(["tmux", "-S", f"{self.directory}/tmux{self.servers}", "-f", "/dev/null", *words],
                              env=self.environment, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True, timeout=PATIENCE_S)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def start(self, *options, width=80, height=24, command="top", shell="sh"):
        line = " ".join(shlex.quote(word) for word in (TOP, command, *options) if word)
        script = pathlib.Path(self.directory, "around")
        script.write_text(AROUND.format(top=line, patience=PATIENCE_S), "utf-8")
        self.tmux("kill-server", check=False)
        self.servers += 1  # a socket of its own: the last server may still be going
        self.addCleanup(self.tmux, "kill-server", check=False)
        self.tmux("-u", "new-session", "-d", "-x", str(width), "-y", str(height),
                  f"exec {shell} {script}")

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def sees(self, *texts):
        seen = ""

        def all_there():
            nonlocal seen
            seen = self.screen()
            return all(re.search(text, seen) for text in texts)

        try:
            self.eventually(all_there, texts)
        except AssertionError:
            self.fail(f"waited in vain for {texts} on:\n{seen}")
        return seen

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def mouse(self, *events):
        """Each event is a button (0 left, 2 right, 64 and 65 the wheel) and a place on the screen
        from 1 on, in the form that xterm has for it."""
        for button, x, y in events:
            words = f"\033[<{button};{x};{y}M" + (f"\033[<{button};{x};{y}m" if button < 64 else "")
            self.tmux("send-keys", "-H", *(f"{ord(letter):x}" for letter in words))

    def line_of(self, text):
        """The line of the screen, from 1 on, that has this text."""
        return next(number for number, line in enumerate(self.screen().splitlines(), 1)
                    if re.search(text, line))

    def top_pid(self):
        """The process in the terminal that is top, whichever shell started it."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text("ascii").split()
        self.assertEqual(len(children), 1, self.screen())
        return int(children[0])

    def sees_the_terminal_clean(self, ending):
        seen = self.sees(f"ENDED {ending}", "SETTINGS KEPT", "TYPED BEFORE")
        self.assertNotIn("CLOSE/s", seen)
        flags = self.tmux("display-message", "-p", "#{alternate_on}#{cursor_flag}#{keypad_flag}")
        self.assertEqual(flags.strip(), "010")

    def fleet(self):
        """Three workers, one of them dead, and what each holds."""
        first = self.create()
        first.do("join", "chat-one")
        first.do("many", "ws_socket", 30)
        first.register("live_view", user_id=42, page="/lobby")
        second = self.worker()
        second.do("join", "chat-two")
        second.do("many", "lobby_channel", 7)
        third = self.worker()
        third.do("join", "doomed")
        third.do("many", "ws_socket", 5)
        first.do("reaper")
        third.die("crash", signal.SIGSEGV)
        self.eventually(lambda: self.connstat("count").strip() == "38", "the death seen")
        return first, second, third


__all__ = ["CONNSTAT", "NO_SEGMENT", "PATIENCE_S", "RUNTIME", "SEGMENT", "USAGE", "Top", "main", "os",
           "pathlib", "signal", "socket", "subprocess", "time"]
