#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The dashboard in a real browser; page.mjs says what it must do there.

test_page.py CONNSTAT WORKER PICTURES [GAMESERVER SWARM]
"""

import pathlib
import re
import shutil
import tempfile

from serving import *

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

    def play(self, scenario, server, **requests):
        """Run it; do what it asks for."""
        node = subprocess.Popen(
            ["node", HERE / "page.mjs", scenario, server.url + "/", PICTURES], cwd=self.modules,
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
        self.play("numbers", self.serve(),
                  register=lambda kind, count: worker.do("many", kind, count))

    def test_filters_pages_and_groups(self):
        worker = self.create()
        worker.do("many", "ws_socket", 60)
        worker.register("user_channel", key=4711, name="with a key")
        worker.register("user_channel", name="<img src=x onerror=alert(1)>")
        for value in (2**53 + 1, 2**53, 42, "42", 'quo"te\r', "a|b c=1", float("nan"), -0.5, "true",
                      True):
            worker.register("lobby_channel", odd=value)
        self.play("filters", self.serve())

    def test_keyboard_and_theme(self):
        self.create().register("user_channel", user_id=1)
        self.play("keyboard", self.serve())

    def test_it_says_when_segment_or_server_went_away(self):
        workers = [self.create()]
        server = self.serve()

        def create():
            workers.append(self.create())

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


if __name__ == "__main__":
    main()
