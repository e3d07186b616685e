#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The dashboard in a real browser; page.mjs and troubles.mjs say what it must do there.

test_page.py CONNSTAT WORKER PICTURES [GAMESERVER SWARM]
"""

import pathlib
import random
import re
import shutil
import tempfile

from serving import *

import at_random  # of tests/cli, where serving.py has led

HERE = pathlib.Path(__file__).parent
PICTURES = pathlib.Path(sys.argv[3])
GAME = sys.argv[4:6]
TOKEN = "the-token-of-this-test"


class Page(ServeTest):
    @classmethod
    def setUpClass(cls):
        cls.modules = tempfile.mkdtemp(prefix="connstat-page.")
        cls.addClassCleanup(shutil.rmtree, cls.modules)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, cls.modules)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                       cwd=cls.modules, check=True, stdout=subprocess.DEVNULL, timeout=300)
        PICTURES.mkdir(parents=True, exist_ok=True)

    def play(self, scenario, server, script="page.mjs", **requests):
        """Run it; do what it asks for."""
        node = subprocess.Popen(
            ["node", HERE / script, scenario, server.url + "/", PICTURES], cwd=self.modules,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(node.kill)
        requests["connstat"] = lambda *arguments: json.loads(self.connstat(*arguments))
        for line in node.stdout:
            name, *arguments = json.loads(line)
            answer = requests[name.replace("-", "_")](*arguments)
            print(json.dumps(answer), file=node.stdin, flush=True)
        _, complaint = node.communicate(timeout=PATIENCE_S)
        self.assertEqual(node.returncode, 0, complaint)

    def test_numbers_are_those_of_the_terminal(self):
        worker = self.create()
        worker.do("many", "ws_socket", 60)
        worker.do("many", "party_channel", 2)
        worker.do("many", "lobby_channel", 290)  # 0.29 * 100 is below 29
        self.assertRegex(self.connstat("counts", "-o", "wide"), r"lobby_channels +290 .* 29 %")
        self.play("numbers", self.serve(),
                  register=lambda kind, count: worker.do("many", kind, count))

    def test_what_entries_last_did(self):
        worker = self.create()
        ids = [worker.register("ws_socket", n=n) for n in range(3)]

        def touch():
            worker.do("touch", ids[1])
            return str(ids[1])

        self.play("idle", self.serve(), script="troubles.mjs", touch=touch)

    def test_filters_pages_and_groups(self):
        worker = self.create()
        worker.do("many", "ws_socket", 60)
        worker.register("user_channel", key=4711, name="with a key")
        worker.register("user_channel", name="<img src=x onerror=alert(1)>")
        for value in (2**53 + 1, 2**53, 42, "42", 'quo"te\r', "a|b c=1", float("nan"), -0.5, "true",
                      True):
            worker.register("lobby_channel", odd=value)
        self.play("filters", self.serve())

    def test_network(self):
        self.create().register("ws_socket", socket=2**40)
        self.play("network", self.serve())

    def test_metadata_at_random(self):
        """What a cell shows, clicked, finds its own entry; and so many as the terminal finds."""
        registered = at_random.register(self, self.create(), "ws_socket", 14, random.Random(4712))

        def count(condition):
            return len(self.connstat("list", "-q", "--where", condition).split())

        self.play("random", self.serve(), script="troubles.mjs", count=count,
                  registered=lambda: {identity: list(fields) for identity, fields in registered.items()})

    def test_keyboard_and_theme(self):
        self.create().register("user_channel", user_id=1)
        self.play("keyboard", self.serve())

    def test_it_says_when_segment_or_server_went_away(self):
        workers = [self.create()]
        workers[0].do("many", "ws_socket", 12)
        server = self.serve()

        def create():
            workers.append(self.create())
            workers[-1].do("many", "ws_socket", 12)

        def start():
            self.serve("--listen", f"127.0.0.1:{server.port}")

        self.play("away", server, create=create, start=start, stop=lambda: server.end() and None,
                  destroy=lambda: self.connstat("destroy", "--force") and None)

    def test_a_token_is_asked_for(self):
        self.create().do("many", "ws_socket", 7)
        path = f"{self.directory}/token"
        with open(path, "w", encoding="utf-8") as file:
            file.write(TOKEN)
        os.chmod(path, 0o600)
        self.play("token", self.serve("--token-file", path))

    def test_nothing_yet(self):
        self.create()
        self.play("empty", self.serve())

    def test_the_game_under_the_swarm(self):
        if not GAME:
            self.skipTest("the game server is not built")
        game = subprocess.Popen([GAME[0], "--port", "0", "--workers", "3", "--name", SEGMENT],
                                stdout=subprocess.PIPE, env=self.environment, text=True)
        self.addCleanup(game.stdout.close)
        self.addCleanup(game.wait, PATIENCE_S)
        self.addCleanup(game.terminate)
        port = re.search(r"127\.0\.0\.1:(\d+)/", game.stdout.readline())[1]
        swarm = subprocess.Popen(
            [GAME[1], "--port", port, "--clients", "120", "--rate", "80", "--seconds", "15",
             "--hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment)
        self.addCleanup(swarm.stdout.close)
        self.addCleanup(swarm.wait, PATIENCE_S)
        self.addCleanup(swarm.stdin.close)

        def kill_a_worker():
            os.kill(self.json("workers")["workers"][0]["pid"], signal.SIGKILL)

        def rest():
            swarm.stdout.readline()

        self.play("game", self.serve(), kill_a_worker=kill_a_worker, rest=rest)


class Troubles(Page):
    """What an operator must see, and how one lives in the page."""

    def play(self, scenario, server, **requests):
        super().play(scenario, server, script="troubles.mjs", **requests)

    def good_day(self, capacity=1000):
        master = self.create(capacity)
        master.do("reaper")
        master.do("join", "master")
        worker = self.worker()
        worker.do("join", "chat-one")
        worker.do("many", "ws_socket", 12)
        return master, worker

    def test_a_stopped_worker(self):
        _, worker = self.good_day()
        self.addCleanup(os.kill, worker.pid, signal.SIGCONT)
        self.play("stopped", self.serve(),
                  stop=lambda: os.kill(worker.pid, signal.SIGSTOP) or worker.pid,
                  go_on=lambda: os.kill(worker.pid, signal.SIGCONT))

    def test_a_full_table(self):
        master, _ = self.good_day(capacity=20)
        self.play("full", self.serve(), fill=lambda: master.ask("many", "ws_socket", 9) and None)

    def test_no_segment_and_an_empty_one(self):
        self.play("gone", self.serve(), create=lambda: self.create().do("reaper"))

    def test_nobody_reaps(self):
        worker = self.create()
        worker.do("many", "ws_socket", 12)
        self.play("reaperless", self.serve())

    def test_a_cluster_without_news(self):
        self.good_day()
        agent = subprocess.Popen(
            [CONNSTAT, "agent", "--redis", f"unix://{self.directory}/none.sock", "--node", "a",
             "--cluster", "eu", "--period", "0.2"], env=self.environment, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait, PATIENCE_S)
        self.addCleanup(agent.kill)
        self.play("cluster", self.serve())

    def test_a_replaced_segment(self):
        workers = list(self.good_day())
        workers[0].do("many", "party_channel", 3)

        def replace():
            for worker in workers:
                worker.die("exit", "0")
            self.connstat("create", "--type", "orders:connection:50")
            workers[:] = [self.worker()]
            workers[0].do("many", "orders", 4)

        self.play("replaced", self.serve(), replace=replace)

    def test_the_address_keeps_what_is_shown(self):
        worker = self.create()
        worker.register("live_view", name="first")
        time.sleep(0.1)  # starts are told in steps of a few milliseconds
        worker.do("many", "ws_socket", 60)
        self.play("address", self.serve(), pid=lambda: worker.pid)

    def test_rows_are_sorted_and_hold_still(self):
        workers = [self.create(), self.worker(), self.worker()]
        for count, worker in zip((10, 20, 30), workers):
            worker.do("many", "ws_socket", count)
        self.play("sorting", self.serve(),
                  grow=lambda which, count: workers[which].do("many", "ws_socket", count))

    def test_text_that_could_mislead_is_escaped(self):
        worker = self.create()
        worker.do("join", "%1b%5b2Jgone")
        worker.register("ws_socket", name="\u202ereversed\x1b[31m\u200b\u2066")
        self.play("hostile", self.serve())

    def test_several_segments(self):
        for name, count in (("game", 5), ("shop", 7)):
            self.worker("create", name, 100).do("many", "ws_socket", count)
        self.play("segments", self.serve("-n", "game", "-n", "shop"))

    def test_counts_have_whole_ticks(self):
        worker = self.create()
        worker.do("many", "ws_socket", 9)  # up to 10, steps of 2.5 would fit
        self.play("ticks", self.serve())

    def test_deaths_and_the_cursor_on_the_charts(self):
        _, worker = self.good_day()
        self.play("charts", self.serve(), kill=lambda: worker.die("crash", "9"))

    def test_a_slow_line(self):
        """How few bytes that takes is in test_http.py."""
        self.good_day()
        took = []
        self.play("slow", self.serve(), took=took.append)
        print(f"live after {took[0]} ms", file=sys.stderr)


for name in [name for name in dir(Page) if name.startswith("test_")]:
    setattr(Troubles, name, None)  # they are Page's


if __name__ == "__main__":
    main()
