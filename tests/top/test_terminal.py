#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat top and its terminal: sizes, signals, what is left behind, and hostile text.

test_terminal.py CONNSTAT WORKER
"""

from driving import *


class Terminal(Top):
    def test_opens_without_a_command(self):
        self.create()
        self.start(command="")
        self.sees("TYPE +LIVE", "q quit")

    def test_resizes(self):
        self.fleet()
        self.start()
        self.sees("HISTORY")
        for width, height in ((120, 40), (60, 15), (20, 5), (300, 80), (41, 9), (80, 24)):
            self.tmux("resize-window", "-x", str(width), "-y", str(height))
            what = "too small" if width < 40 else "TYPE( 3 of 9)? +LIVE"
            seen = self.sees(what, what if width < 40 else r"\nq quit.*$")
            self.assertTrue(all(len(line) <= width for line in seen.splitlines()), seen)
        self.keys("h")
        self.sees("any key closes this help")
        self.keys("x")
        self.eventually(lambda: "any key" not in self.screen(), "the help is gone")

    def test_leaves_no_rows_behind_after_a_tiny_size(self):
        self.fleet()
        for keys in ((), ("Enter",), ("b",)):
            with self.subTest(keys):
                self.start(width=100, height=30)
                self.sees("HISTORY")
                self.keys("Space", *keys)  # a pause: what is drawn is the same then
                self.sees("PAUSED")
                before = self.screen()
                for width, height in ((20, 5), (7, 2), (20, 5)):
                    self.tmux("resize-window", "-x", str(width), "-y", str(height))
                    seen = self.sees("too small" if width >= 20 else "too")
                    self.assertNotIn("ws_", seen)
                self.sees("40x8")
                self.tmux("resize-window", "-x", "100", "-y", "30")
                self.sees("PAUSED")
                self.eventually(lambda: self.screen() == before, "the same screen")

    def test_uses_a_wide_screen(self):
        first, _, third = self.fleet()
        self.start(width=200, height=50)
        self.sees(r"AGE +HOLDS", r"chat-one .* ws_socket 30, live_view 1", r"WHAT WAS LOST",
                  r"doomed .* ws_socket 5 *\n")
        self.keys("Enter")
        self.sees(r"from (30|0) to 30 ")

    def test_a_tall_screen_has_a_chart(self):
        """Its scale begins at 0, and what was before stays as high as it was."""
        first, _, _ = self.fleet()
        for options, full in (((), "█"), (("--ascii",), "#")):
            with self.subTest(options):
                self.start(*options, "--interval", "0.2", width=200, height=50)
                self.sees("CONNECTIONS AND CHANNELS  0 to ", full * 10)
                first.do("many", "ws_socket", 60)
                live = int(self.connstat("count"))
                lines = self.sees(f"CONNECTIONS AND CHANNELS  0 to {live} *\n.*{full * 2}").splitlines()
                heading = self.line_of("CONNECTIONS AND CHANNELS")
                rows = lines[heading:heading + 10]
                self.assertIn("q quit", lines[heading + 10])
                filled = [row.count(full) for row in rows]
                self.assertEqual(filled, sorted(filled), rows)
                self.assertLess(filled[0], filled[-1])
        self.tmux("resize-window", "-x", "80", "-y", "24")
        self.eventually(lambda: "CONNECTIONS AND" not in self.screen(), "no room for it")

    def test_help_fits(self):
        self.fleet()
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.start(width=width, height=height)
                self.sees("chat-one|1 types")
                self.keys("h")
                seen = self.sees("any key closes this help", "up down j k +move", "heading sorts", "h q +this help, quit")
                if width == 60:  # there is nothing but the help then
                    self.assertNotIn("…", seen)

    def test_leaves_the_terminal_clean_when_quit(self):
        self.create()
        self.start()
        self.sees("q quit")
        self.keys("q")
        self.sees_the_terminal_clean(0)

    def test_leaves_the_terminal_clean_when_killed(self):
        self.create()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            with self.subTest(number.name):
                self.start()
                self.sees("q quit")
                os.kill(self.top_pid(), number)
                self.sees_the_terminal_clean(128 + number)

    def test_stops_and_goes_on(self):
        self.create()
        self.start()
        self.sees("q quit")
        self.keys("h")
        self.sees("any key closes")
        top = self.top_pid()
        os.kill(top, signal.SIGSTOP)
        os.kill(top, signal.SIGCONT)
        self.keys("x", "q")
        self.sees_the_terminal_clean(0)

    def test_ends_when_its_terminal_goes(self):
        self.create()
        self.start()
        self.sees("q quit")
        top = self.top_pid()
        self.tmux("kill-server")
        self.eventually(lambda: not pathlib.Path(f"/proc/{top}").exists(), "top ends")

    def test_no_text_can_drive_the_terminal(self):
        first = self.create()
        first.do("join", "%1b%5b2Jgone")
        first.register("ws_socket", name="\033]0;owned\007\u202e\033[31m", **{"a\033[2Jb": 1})
        self.start(width=100)
        self.sees(r"\\e\[2Jgone")
        self.keys("Enter")
        self.sees(r"\\e\]0;owned\\u\{7\}\\u\{202e\}")
        self.keys("Enter")
        self.sees(r"a\\e\[2Jb  1")
        self.assertNotIn("owned", self.tmux("display-message", "-p", "#{pane_title}"))

    def test_refuses_with_advice(self):
        self.connstat("top", status=RUNTIME)
        self.assertIn("needs a terminal", self.complaint)
        self.connstat("top", "--interval", "0", status=USAGE)
        self.connstat("top", "--json", status=USAGE)
        self.connstat("top", "--worker", "1", "--type", "x", status=USAGE)
        self.start()
        self.sees('no segment "game"', f"ENDED {NO_SEGMENT}")
        self.create()
        self.start("--type", "no_such")
        self.sees("has no type", f"ENDED {USAGE}")
        self.environment["TERM"] = "no-such-terminal"
        self.start(shell="env TERM=no-such-terminal sh")
        self.sees("set TERM", f"ENDED {RUNTIME}")
        self.start(shell="env TERM=dumb sh")
        self.sees('type "dumb": set TERM', f"ENDED {RUNTIME}")


if __name__ == "__main__":
    main()
