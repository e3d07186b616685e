#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What happens to a stock nginx: workers and masters are killed, configurations and binaries are
replaced, tables are full. connstat says what the kernel says, all the while."""

from stock import Client, NginxTest, contextlib, main, os, pathlib, signal, subprocess, time


class Workers(NginxTest):
    stream = ""
    http = "limit_conn_zone $uri zone=lc:1m; proxy_buffering off;"
    server = """location = /old { limit_conn lc 3; limit_conn_status 429; proxy_pass %s/held; }
        location = /new { connstat_key $uri; connstat_limit 3; connstat_limit_status 429;
                          proxy_pass %s/held; }"""

    def configuration(self):
        self.server = type(self).server.replace("%s", f"http://127.0.0.1:{self.backend_port}")
        return super().configuration()

    def three(self, path):
        """Three that are served, on one worker, and one that is refused."""
        for _ in range(3):
            self.assertEqual(self.client(path).status(), 200)
        self.assertEqual(self.client(path).status(), 429)

    def test_a_killed_worker_under_load(self):
        self.start()
        for _ in range(60):
            self.http_client()
        for _ in range(20):
            self.ws_client()
            self.stream_client()
        self.assertTrue(self.is_true(), self.counts())
        os.kill(self.worker_pids()[0], signal.SIGKILL)
        self.eventually(lambda: len(self.worker_pids()) == 2, "another worker")
        self.becomes_true()
        for _ in range(30):
            self.http_client()
        self.becomes_true()
        self.assertGreater(self.count("http_conn"), 0)
        self.close_clients()
        self.becomes_true()
        self.assertEqual(sum(self.counts().values()), 0)
        # nginx's own figure has kept those who went with the worker.
        self.assertGreater(self.stub_active(), 0)

    def test_limits_after_a_killed_worker(self):
        self.start()
        self.three("/old")
        self.three("/new")
        self.assertEqual(self.count("http_request"), 3)
        for pid in self.worker_pids():
            os.kill(pid, signal.SIGKILL)
        self.eventually(lambda: len(self.worker_pids()) == 2, "other workers")
        self.close_clients()
        self.becomes_true()
        self.three("/new")
        # nginx's limit refuses everybody for ever.
        self.assertEqual(self.client("/old").status(), 429)


class Configurations(NginxTest):
    stream = ""

    def reload(self):
        before = self.worker_pids()
        os.kill(self.master_pid(), signal.SIGHUP)
        self.eventually(lambda: self.log().count("reconfiguring") > self.reloads, "the reload")
        self.reloads = self.log().count("reconfiguring")
        self.eventually(lambda: len(set(self.worker_pids()) - set(before)) == self.workers,
                        "new workers")

    def setUp(self):
        super().setUp()
        self.reloads = 0

    def test_five_reloads_with_websockets_held(self):
        self.start()
        for _ in range(5):
            for _ in range(10):
                self.ws_client()
                self.stream_client()
            self.reload()
            self.http_client()
            self.becomes_true()
        self.assertEqual(self.count("ws_socket"), 50)
        self.assertEqual(self.count("stream_session"), 50)
        self.close_clients()
        self.becomes_true()
        self.eventually(lambda: len(self.all_pids()) == 1 + self.workers, "old workers end")

    def test_another_layout_waits_for_a_restart(self):
        self.start()
        self.ws_client()
        self.zone += " metadata=512"
        self.write_configuration()
        self.reload()
        self.assertIn('connstat: zone "web": workers of another layout live; '
                      "the new one holds after a restart", self.log())
        self.ws_client()
        self.becomes_true()
        self.close_clients()
        os.kill(self.master_pid(), signal.SIGTERM)
        self.eventually(lambda: not self.all_pids(), "the end")
        self.start()
        self.ws_client()
        self.becomes_true()

    def test_a_test_of_the_configuration_touches_nothing(self):
        self.write_configuration()
        self.nginx("-t")
        self.assertEqual(list(self.segments.iterdir()), [])

    def test_a_test_of_the_configuration_says_what_a_start_would(self):
        self.start()
        self.ws_client()
        self.nginx("-t")
        zone, self.zone = self.zone, self.zone + " metadata=512"
        self.write_configuration()
        self.assertIn("workers of another layout live", self.nginx("-t"))
        self.zone = f"web dir={self.directory}/none"
        self.write_configuration()
        self.assertIn('connstat: zone "web": not there', self.nginx("-t", status=1))
        self.zone = zone
        self.write_configuration()
        self.becomes_true()
        self.error_log.write_text("")

    def test_a_failed_reload_changes_nothing(self):
        self.start()
        client = self.ws_client()
        before = self.worker_pids()
        for wrong in ("connstat_limit 3;", "connstat_field a 1 float;", "connstat maybe;"):
            good = (self.directory / "nginx.conf").read_text()
            (self.directory / "nginx.conf").write_text(
                good.replace("connstat on;", f"connstat on; {wrong}", 1))
            self.nginx("-t", status=1)
            (self.directory / "nginx.conf").write_text(good)
        zone, self.zone = self.zone, f"web dir={self.directory}/none"
        self.write_configuration()
        os.kill(self.master_pid(), signal.SIGHUP)
        self.eventually(lambda: 'connstat: zone "web": not there' in self.log(), "the error")
        self.assertEqual(self.worker_pids(), before)
        self.becomes_true()
        self.zone = zone
        self.write_configuration()
        self.reload()
        client.socket.sendall(b"x")
        self.assertEqual(client.socket.recv(1), b"x")
        self.becomes_true()
        # It is the test's own error, which the log is not to be blamed for.
        self.error_log.write_text("")

    def test_a_full_table(self):
        self.zone += " capacity=64"
        self.start()
        for _ in range(100):
            self.http_client()
        self.assertEqual(self.kernel(), 100)
        self.assertEqual(self.count("http_conn"), 64)
        complaints = [line for line in self.log().splitlines() if "not registered" in line]
        self.assertLessEqual(len(complaints), self.workers)
        self.assertGreater(len(complaints), 0)
        self.close_clients()
        self.eventually(lambda: self.count("http_conn") == 0, "room again")


class Binaries(NginxTest):
    stream = ""

    def test_an_upgrade(self):
        self.start()
        old = self.master_pid()
        for _ in range(10):
            self.http_client()
            self.ws_client()
            self.stream_client()
        os.kill(old, signal.SIGUSR2)
        self.eventually(lambda: (self.directory / "nginx.pid.oldbin").exists(), "the new binary")
        self.eventually(lambda: (self.directory / "nginx.pid").exists() and
                        self.master_pid() != old and
                        len(self.worker_pids()) == self.workers, "its workers")
        self.becomes_true()
        os.kill(old, signal.SIGWINCH)
        for _ in range(10):
            self.http_client()
            self.ws_client()
        self.becomes_true()
        os.kill(old, signal.SIGQUIT)
        self.becomes_true()
        self.assertEqual(self.count("ws_socket"), 20)
        self.close_clients()
        self.becomes_true()
        self.eventually(lambda: old not in self.all_pids(), "the old master ends")
        self.http_client()
        self.becomes_true()

    def test_a_killed_master(self):
        self.start()
        for _ in range(10):
            self.http_client()
            self.ws_client()
            self.stream_client()
        master, orphans = self.master_pid(), self.worker_pids()
        os.kill(master, signal.SIGKILL)
        self.eventually(lambda: not pathlib.Path(f"/proc/{master}").exists(), "its end")
        self.assertTrue(self.is_true(), self.counts())
        self.http_client()
        self.becomes_true()
        for pid in orphans:
            os.kill(pid, signal.SIGQUIT)
        self.close_clients()
        self.eventually(lambda: not self.all_pids(), "the orphans end")
        self.start()
        self.http_client()
        self.becomes_true()
        self.assertEqual(self.count("http_conn"), 1)


if __name__ == "__main__":
    main()
