#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The ways through connstat top: keys, filters, the mouse, and what each screen shows.

test_ways.py CONNSTAT WORKER
"""

from driving import *


class Ways(Top):
    def test_starts_where_it_is_told(self):
        first, _, _ = self.fleet()
        self.start("--type", "live_view", "--interval", "0.2", "--filter", "lobby", "--ascii",
                   "--color", "never")
        self.sees("live_view +1 live", "page=/lobby", r"every 0\.2 s")
        self.keys("q")
        self.sees("ENDED 0")
        self.start("--worker", str(first.pid))
        self.sees(rf"worker {first.pid} +chat-one")

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

    def test_shows_what_a_death_took(self):
        self.fleet()
        self.start()
        self.sees("doomed")
        self.keys("3", "Enter")
        self.sees(r"death +worker \d+ \(doomed\)", r"ws_socket +5\n", "died")
        self.keys("Escape")
        self.sees("DIED")

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
                self.mouse((0, 2, row))
                time.sleep(0.5)  # however long after: who clicks slowly means it, too
                self.mouse((0, 2, row))
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

    def test_goes_to_the_next_segment(self):
        self.create().do("many", "ws_socket", 3)
        self.start(shell="env TERM=xterm-256color sh")
        self.assertNotIn("n next", self.sees("connstat game on ", "ws_socket +3 "))
        other = self.worker("create", "shop", 50)
        other.do("many", "ws_socket", 7)
        for width, height in ((60, 15), (200, 50), (80, 24)):
            with self.subTest(width):
                self.tmux("resize-window", "-x", str(width), "-y", str(height))
                self.sees("connstat game 1 of 2  n next  on ")
        self.keys("n")
        self.sees("connstat shop 2 of 2  n next ", "ws_socket +7 ")
        self.keys("N")
        self.sees("connstat game 1 of 2 ", "ws_socket +3 ")
        self.mouse((0, 1 + self.screen().index("n next"), 1))
        self.sees("connstat shop 2 of 2 ", "ws_socket +7 ")
        other.die("exit", "0")
        self.connstat("destroy", "-n", "shop")
        self.sees("connstat shop  1 other  n next ", " GONE ")
        self.keys("n")
        self.sees("connstat game on ", "ws_socket +3 ")
        self.start("-n", "shop", "-n", "game")
        self.sees('no segment "shop"')
        self.worker("create", "shop", 50)
        self.start("-n", "shop", "-n", "game")
        self.sees("connstat shop 1 of 2  n next ")


if __name__ == "__main__":
    main()
