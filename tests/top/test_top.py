#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat top in a real terminal (tmux): test_top.py CONNSTAT WORKER."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import CONNSTAT, NO_SEGMENT, PATIENCE_S, RUNTIME, SEGMENT, USAGE, CliTest, main

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

    def test_shows_types_workers_deaths_and_system(self):
        first, second, third = self.fleet()
        self.start()
        seen = self.sees(rf"connstat {SEGMENT} on ", "31 connections +7 channels +1 death",
                         r"ws_socket +30 .* 5 +3%", r"live_view +1 ",
                         rf"{first.pid} +chat-one +31 ", rf"{second.pid} +chat-two +7 ",
                         rf"{third.pid} +doomed +\S+ +5 ", r"2 of 1,024 workers +memory \d",
                         r"worker \d+ \(doomed\)")
        self.assertTrue(all(len(line) <= 80 for line in seen.splitlines()), seen)
        self.assertLess(seen.index("TYPE"), seen.index("WORKER"))
        first.do("many", "ws_socket", 9)
        self.sees(r"ws_socket +39 ", "40 connections")
        self.sees(r"[▁▂▃▄▅▆▇█]{2}")

    def test_opens_without_a_command(self):
        self.create()
        self.start(command="")
        self.sees("TYPE +LIVE", "q quit")

    def test_sorts_filters_and_pauses(self):
        first, second, _ = self.fleet()
        self.start()
        self.sees("chat-one", "chat-two")
        self.keys("2", "s", "s")  # from LIVE over STATE to OPEN/s
        self.sees("OPEN/s▼")
        self.keys("S", "S", "r")
        seen = self.sees("LIVE▲")
        self.assertLess(seen.index("chat-two"), seen.index("chat-one"))
        self.keys("/", "t", "w", "o", "Enter")
        seen = self.sees("filter: two", "nothing matches|no worker has died")
        self.assertIn(f"{second.pid} ", seen)
        self.assertNotIn(f"{first.pid} ", seen)
        self.keys("Escape")
        self.sees("chat-one")
        self.keys("Space")
        self.sees("PAUSED")
        before = self.screen()
        first.do("many", "ws_socket", 100)
        self.keys("1")  # draws, but does not look
        self.assertNotRegex(self.screen(), "ws_socket +130 ")
        self.assertIn("PAUSED", before)
        self.keys("Space")
        self.sees("ws_socket +130 ")

    def test_looks_into_a_type_a_worker_and_an_entry(self):
        first, _, _ = self.fleet()
        self.start()
        self.sees("ws_socket +30")
        self.keys("Enter")
        self.sees("ws_socket +30 live of 1,000", "1 to 1[0-9] of 30", "n=0 user_id=0")
        self.keys("End")
        self.sees("to 30 of 30", "n=29 user_id=9")
        self.keys("/", "n", "=", "1", "7", "Enter")
        self.sees("1 to 1 of 1\n", "n=17 user_id=7")
        self.keys("Enter")
        self.sees(r"type +ws_socket", r"user_id +7", rf"worker +{first.pid}")
        self.keys("Escape", "Escape", "Escape")
        self.sees("WORKER +LABEL")
        self.keys("2", "Enter")
        self.sees(rf"worker {first.pid} +chat-one +live 31", "live_view 1")
        self.keys("End")
        self.sees("page=/lobby")
        first.die("exit", "0")
        self.sees(rf"worker {first.pid} +has gone")

    def test_starts_where_it_is_told(self):
        first, _, _ = self.fleet()
        self.start("--type", "live_view", "--interval", "0.2", "--filter", "lobby", "--ascii",
                   "--color", "never")
        self.sees("live_view +1 live", "page=/lobby", r"every 0\.2 s")
        self.keys("q")
        self.sees("ENDED 0")
        self.start("--worker", str(first.pid))
        self.sees(rf"worker {first.pid} +chat-one")

    def test_resizes(self):
        self.fleet()
        self.start()
        self.sees("HISTORY")
        for width, height in ((120, 40), (60, 15), (20, 5), (300, 80), (41, 9), (80, 24)):
            self.tmux("resize-window", "-x", str(width), "-y", str(height))
            what = "too small" if width < 40 else "TYPE +LIVE"
            seen = self.sees(what, what if width < 40 else r"\nq quit.*$")
            self.assertTrue(all(len(line) <= width for line in seen.splitlines()), seen)
        self.keys("h")
        self.sees("any key closes this help")
        self.keys("x")
        self.eventually(lambda: "any key" not in self.screen(), "the help is gone")

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

    def test_goes_on_when_the_segment_comes_back(self):
        first = self.create()
        first.do("many", "ws_socket", 12)
        self.start()
        self.sees("ws_socket +12 ")
        first.die("crash", signal.SIGKILL)
        self.sees(r"ws_socket +0 ", "no worker has joined|killed by SIGKILL|died")
        self.connstat("destroy")
        self.sees('no segment "game" in .* for ')
        self.keys("Enter")
        self.sees("no entry|of 1,000")
        second = self.create(capacity=50)
        second.do("many", "ws_socket", 3)
        self.sees("ws_socket +3 .* 6%", "another segment took the name")
        self.keys("q")
        self.sees_the_terminal_clean(0)

    def test_says_what_needs_attention(self):
        first = self.create(capacity=10)
        first.do("many", "ws_socket", 10)
        self.start()
        self.sees("ws_socket: 10 of 10 slots are taken", "nobody watches for deaths")
        first.ask("register", "ws_socket", "-")
        self.sees(r"refusing ws_socket \(full\): 1 refused so far", "100%", r"\+1: a")

    def test_names_a_stopped_worker(self):
        first, second, _ = self.fleet()
        os.kill(second.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, second.pid, signal.SIGCONT)
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.start(width=width, height=height)
                self.sees(rf"worker {second.pid} \(chat-two\) is stopped")
                self.keys("2")
                self.sees(rf"{second.pid} +chat-two +7 stopped", rf"{first.pid} +chat-one +31 \w+ing")
                self.keys("a")
                self.sees("critical +worker", f"kill -CONT {second.pid}", "warning +worker")
                self.keys("a")
                self.sees("WORKER +LABEL")

    def test_shows_what_a_death_took(self):
        self.fleet()
        self.start()
        self.sees("doomed")
        self.keys("3", "Enter")
        self.sees(r"death +worker \d+ \(doomed\)", r"ws_socket +5\n", "died")
        self.keys("Escape")
        self.sees("DIED")

    def test_counts_what_the_filter_hides(self):
        self.fleet()
        self.start()
        self.sees("chat-one")
        self.keys("2", "/", "t", "w", "o", "Enter")
        self.sees(r"filter: two \(1 of 2\)")
        self.keys("/", "C-u", "=", "c", "h", "a", "t", "Enter")
        self.sees(r"filter: =chat \(0 of 2\)")
        self.keys("/", "C-u", "=", "C", "h", "a", "t", "-", "o", "n", "e", "Enter")
        self.sees(r"filter: =Chat-one \(1 of 2\)")

    def test_goes_to_the_next_segment(self):
        self.create().do("many", "ws_socket", 3)
        self.worker("create", "shop", 50).do("many", "ws_socket", 7)
        self.start()
        self.sees("connstat game", "ws_socket +3 ")
        self.keys("n")
        self.sees("connstat shop", "ws_socket +7 ")
        self.keys("N")
        self.sees("connstat game", "ws_socket +3 ")
        self.start("-n", "shop", "-n", "game")
        self.sees("connstat shop", "ws_socket +7 ")

    def test_no_text_can_drive_the_terminal(self):
        first = self.create()
        first.do("join", "%1b%5b2Jgone")
        first.register("ws_socket", name="\033]0;owned\007\u202e\033[31m", **{"a\033[2Jb": 1})
        self.start()
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


main()
