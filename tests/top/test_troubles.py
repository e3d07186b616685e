#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What connstat top shows of a good day and of each trouble, and what it says is wrong.

test_troubles.py CONNSTAT WORKER
"""

from driving import *


class Troubles(Top):
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

    def test_names_a_cluster_without_news(self):
        self.fleet()
        agent = subprocess.Popen(
            [CONNSTAT, "agent", "--redis", f"unix://{self.directory}/none.sock", "--node", "a",
             "--cluster", "eu", "--period", "0.2"], env=self.environment, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait, PATIENCE_S)
        self.addCleanup(agent.kill)
        self.start()
        for width, height in ((80, 24), (60, 15), (200, 50)):
            with self.subTest(width):
                self.tmux("resize-window", "-x", str(width), "-y", str(height))
                self.sees("cluster eu  no news: this node alone is counted", f"agent {agent.pid} has had no news of")
        self.keys("a")
        self.sees(rf"critical +agent {agent.pid} has had no news of cluster eu for \d+", "its log says why")
        self.keys("a")
        agent.kill()
        self.sees("the agent of cluster eu has gone")

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


if __name__ == "__main__":
    main()
