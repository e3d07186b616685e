#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat top in a real terminal (tmux): test_top.py CONNSTAT WORKER."""

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
        seen = self.sees("filter: two", "LABEL 1 of 2", "ws_socket +30", "doomed")  # the others keep theirs
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

    def test_tells_of_an_entry_s_socket(self):
        near, far = socket.socketpair()
        cookie = int.from_bytes(near.getsockopt(socket.SOL_SOCKET, 57, 8), "little")
        with near, far:
            far.send(bytes(77))
            self.create().register("ws_socket", socket=cookie)
            self.start()
            self.sees("ws_socket +1 ")
            self.keys("Enter", "Enter")
            self.sees(rf"socket +0x{cookie:x}", "STATE +established", "RECVQ +77 B")
        self.sees("STATE +gone")

    def test_shows_what_each_entry_last_did(self):
        """The oldest was touched last: by IDLE the younger one has done nothing for longer."""
        worker = self.create()
        old = worker.register("ws_socket", name="old")
        time.sleep(0.02)
        worker.register("ws_socket", name="young")
        time.sleep(0.02)
        worker.do("touch", old)
        self.start("--type", "ws_socket", width=120)
        seen = self.sees(r"AGE▼", r" IDLE ", "name=old", "name=young")
        self.assertLess(seen.index("name=old"), seen.index("name=young"))
        self.keys("s")
        seen = self.sees(r"IDLE▼")
        self.assertLess(seen.index("name=young"), seen.index("name=old"))
        self.keys("r")
        seen = self.sees(r"IDLE▲")
        self.assertLess(seen.index("name=old"), seen.index("name=young"))
        self.assertRegex(seen, rf"{old} +{worker.pid} +\d+ s +\d+ s +name=old")
        self.keys("Enter")
        self.sees(r"age +\d+ s", r"idle +\d+ s", "name +old")

    def test_groups_by_a_field(self):
        first, second, _ = self.fleet()
        second.register("ws_socket", user_id=3, page="/a\u202eb")
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.start(width=width, height=height)
                self.sees("ws_socket +31")
                self.keys("b")
                self.sees("ws_socket  31 entries: group them by which", "worker +31 +100%", "n +30 +96%",
                          "user_id +31 +100%", "page +1 +3%")
                self.keys("/", "=", "u", "s", "e", "r", "_", "i", "d", "Enter")
                self.sees("filter: =user_id .1 of 4.", "FIELD 1 of 4")
                self.keys("Enter")
                seen = self.sees("by user_id: 31 entries in 10 groups", "3 +4 +12%", "0 +3 +9%")
                self.assertLess(seen.index("\n3 "), seen.index("\n0 "))
                self.keys("Enter")
                self.sees("ws_socket, user_id=3 +4 entries", r"n=13 user_id=3", r"page=\S*u.202e.b")
                self.keys("b", "Enter")
                self.sees("ws_socket, user_id=3 +by worker: 4 entries in 2 groups")
                self.keys("Down", "Enter")
                self.sees(f"ws_socket, worker {second.pid}, user_id=3 +1 entry")
                self.keys("Escape", "Escape", "Escape", "Escape", "Escape")
                self.sees("filter: =user_id .1 of 4.")
                self.keys("Escape", "Escape", "Escape")
                self.sees("WORKER +LABEL|1 types")

    def test_shows_the_entries_of_the_same_key(self):
        first, second, _ = self.fleet()
        first.register("ws_socket", 42, page="/one")
        second.register("party_channel", 42, page="/two")
        second.register("party_channel", 43, page="/three")
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.start("-t", "ws_socket", width=width, height=height)
                self.sees("ws_socket +31 live")
                self.keys("e")  # the first one has no key
                self.sees("ws_socket +31 live")
                self.keys("/", "=", "4", "2", "Enter")
                self.sees(r"filter: =42 .1 of 31.", "page=/one")
                self.keys("e")
                seen = self.sees("key 42 +2 entries", "ws_socket .*page=/one", "party_channel .*page=/two")
                self.assertNotIn("/three", seen)
                self.keys("End", "Enter")
                self.sees("key +42", "page +/two")
                self.keys("e")
                self.sees("key 42 +2 entries")
                self.keys("Escape", "Escape", "Escape")
                self.sees(r"filter: =42 .1 of 31.", "page=/one")

    def test_follows_the_mouse(self):
        first, second, _ = self.fleet()
        for width, height in ((80, 24), (200, 50)):
            with self.subTest(width):
                self.start(width=width, height=height, shell="env TERM=xterm-256color sh")
                self.sees("chat-two", "doomed")
                heading = self.line_of("WORKER +LABEL +LIVE")
                label = self.screen().splitlines()[heading - 1].index("LABEL") + 1
                self.mouse((0, label, heading))
                seen = self.sees("LABEL▲")
                self.assertLess(seen.index("chat-one"), seen.index("chat-two"))
                self.mouse((0, label, heading))
                seen = self.sees("LABEL▼")
                self.assertLess(seen.index("chat-two"), seen.index("chat-one"))
                self.mouse((0, 2, heading + 1))
                self.keys("Enter")  # the click has selected the row, and its table
                self.sees(rf"worker {second.pid} +chat-two")
                self.mouse((2, 9, 9))
                self.sees("LABEL▼")
                row = self.line_of("ws_socket +30")
                self.mouse((0, 2, row), (0, 2, row))
                self.sees("ws_socket +30 live", "1 to")
                self.mouse((65, 9, 9))
                self.keys("Enter")
                self.sees(r"n +3\n")
                self.mouse((0, 2, height))  # "esc back"
                self.sees("ws_socket +30 live")
                self.mouse((0, 2, height))
                self.sees("LABEL▼")
                self.mouse((0, 2, height))
                self.sees("ENDED 0", "SETTINGS KEPT")

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
        seen = self.sees('no segment "game" in .* for ', " GONE ")
        self.assertNotIn("nothing is wrong", seen)
        totals = self.tmux("capture-pane", "-p", "-e").splitlines()[1]
        self.assertNotIn("\033[1m", totals)  # not bold, as what is true now
        self.assertIn("\033[2m", totals)
        self.keys("Enter")
        self.sees("the segment is gone")
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

    def test_names_each_trouble_at_every_size(self):
        def sees_everywhere(*texts):
            for width, height in ((80, 24), (60, 15), (200, 50)):
                with self.subTest(texts, width=width):
                    self.tmux("resize-window", "-x", str(width), "-y", str(height))
                    self.sees(*texts)

        first = self.create(capacity=10)
        self.start()
        sees_everywhere("0 connections", "no worker: the server is down|nobody watches for deaths")
        first.do("join", "chat-one")
        first.do("reaper")
        sees_everywhere("0 connections", "\nnothing is wrong")
        first.do("many", "ws_socket", 10)
        sees_everywhere("10 connections", "ws_socket: 10 of 10 slots are taken", r"ws_socket +10 .*100%")
        first.die("crash", signal.SIGKILL)
        self.connstat("destroy")
        sees_everywhere(" GONE ", 'no segment "game" in ')

    def test_names_a_stopped_worker(self):
        first, second, _ = self.fleet()
        os.kill(second.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, second.pid, signal.SIGCONT)
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.start(width=width, height=height)
                self.sees(rf"worker {second.pid} \(chat-two\) is stopped")
                self.keys("2")
                seen = self.sees(rf"{second.pid} +chat-two +7 stopped", rf"{first.pid} +chat-one +31 \w+ing")
                self.assertLess(seen.index("chat-two  "), seen.index("chat-one  "))  # trouble comes first
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

    def test_uses_a_wide_screen(self):
        first, _, third = self.fleet()
        self.start(width=200, height=50)
        self.sees(r"AGE +HOLDS", r"chat-one .* ws_socket 30, live_view 1", r"WHAT WAS LOST",
                  r"doomed .* ws_socket 5 *\n")
        self.keys("Enter")
        self.sees(r"from (30|0) to 30 ")

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


main()
