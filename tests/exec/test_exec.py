#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat exec under servers that start a program for each connection: socat, ncat, a socket unit's
--accept, sshd -i. Each client is listed with its address and port, and closed when it ends."""

import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))

from harness import CONNSTAT, CliTest, PATIENCE_S, RUNTIME, SEGMENT, main  # noqa: E402

CLIENTS = 3
PATIENT = ("-t", str(PATIENCE_S))
COMMAND = (os.path.abspath(CONNSTAT), "exec", "--peer", "--or-run", "--", "cat")


def free_port(family=socket.AF_INET):
    with socket.socket(family) as listener:
        listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        return listener.getsockname()[1]


class ExecTest(CliTest):
    def setUp(self):
        super().setUp()
        self.reaper = self.create()
        self.reaper.do("reaper")
        # The peers' variables of whoever runs the test are not of this server.
        for name in ("REMOTE_ADDR", "SOCAT_PEERADDR", "NCAT_REMOTE_ADDR", "SSH_CONNECTION"):
            self.environment.pop(name, None)

    def totals(self):
        rows = self.json("totals")["types"]
        return {name: sum(row[name] for row in rows) for name in ("opened", "closed", "lost")}


class ServerTest(ExecTest):
    def need(self, program):
        if shutil.which(program) is None:
            self.skipTest(f"no {program}")
        return shutil.which(program)

    def serve(self, *words, port, family=socket.AF_INET):
        """A server in a process group of its own, once it takes connections."""
        server = subprocess.Popen(list(map(str, words)), env=self.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, start_new_session=True)

        def end():
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(PATIENCE_S)
        self.addCleanup(end)
        hexadecimal = f":{port:04X} "

        def listens():
            table = pathlib.Path("/proc/net/tcp6" if family == socket.AF_INET6
                                 else "/proc/net/tcp").read_text()
            table += pathlib.Path("/proc/net/tcp6").read_text()
            return any(hexadecimal in line and line.split()[3] == "0A"
                       for line in table.splitlines()[1:] if len(line.split()) > 3)
        self.eventually(listens, f"{words[0]} listens")

    def clients(self, port, host="127.0.0.1"):
        made = [socket.create_connection((host, port), PATIENCE_S) for _ in range(CLIENTS)]
        for client in made:
            self.addCleanup(client.close)
        return made

    def peers(self):
        return sorted((entry["metadata"].get("addr"), entry["metadata"].get("port"))
                      for entry in self.json("list")["entries"])

    def check_all_closed(self, sessions):
        self.eventually(lambda: sum(self.totals().values()) == 2 * sessions, "all judged")
        self.assertEqual(self.json("deaths")["deaths"], [])
        self.assertEqual(self.totals(), {"opened": sessions, "closed": sessions, "lost": 0})

    def check_sessions(self, port, host="127.0.0.1"):
        clients = self.clients(port, host)
        self.eventually(lambda: len(self.peers()) == CLIENTS, "their entries")
        self.assertEqual(self.peers(), sorted(client.getsockname()[:2] for client in clients))
        self.reaper.do("reap")  # now it watches them, and will be told how they end
        for client in clients:
            client.sendall(b"hello\n")
            self.assertEqual(client.recv(6), b"hello\n")
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(client.recv(1), b"")
            client.close()
        self.eventually(lambda: not self.peers(), "their end")
        self.check_all_closed(CLIENTS)

    def socat_command(self):
        """socat terminates a program that has closed its output and has not ended yet."""
        program = pathlib.Path(self.directory, "echo")
        program.write_text("#!/bin/sh\ntrap '' TERM HUP\ncat\n")
        program.chmod(0o755)
        return " ".join((*COMMAND[:-1], str(program)))

    def test_socat(self):
        port = free_port()
        command = self.socat_command()
        self.serve(self.need("socat"), *PATIENT, f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr",
                   f"EXEC:{command}", port=port)
        self.check_sessions(port)

    def test_socat_ipv6(self):
        port = free_port(socket.AF_INET6)
        command = self.socat_command()
        self.serve(self.need("socat"), *PATIENT, f"TCP6-LISTEN:{port},bind=[::1],fork,reuseaddr",
                   f"EXEC:{command}", port=port, family=socket.AF_INET6)
        self.check_sessions(port, "::1")

    def test_ncat(self):
        port = free_port()
        command = " ".join(COMMAND)
        self.serve(self.need("ncat"), "-l", "-k", "127.0.0.1", port, "-e", command, port=port)
        self.check_sessions(port)

    def test_socket_activation(self):
        port = free_port()
        self.serve(self.need("systemd-socket-activate"), "--accept", "--inetd",
                   f"--listen=127.0.0.1:{port}", "-E", "CONNSTAT_DIR", "-E", "CONNSTAT_NAME",
                   *COMMAND, port=port)
        self.check_sessions(port)

    # ---- sshd -i ----

    def ssh_keys(self):
        for name in ("host", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                            "-f", f"{self.directory}/{name}"], check=True, timeout=PATIENCE_S)
        shutil.copy(f"{self.directory}/client.pub", f"{self.directory}/authorized")

    def test_sshd(self):
        self.need("ssh")
        self.need("systemd-socket-activate")
        sshd = "/usr/sbin/sshd"
        if not os.path.exists(sshd) or os.geteuid() != 0:
            self.skipTest("no sshd, or not root")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.ssh_keys()
        port = free_port()
        configuration = pathlib.Path(self.directory, "sshd_config")
        configuration.write_text(
            f"HostKey {self.directory}/host\nAuthorizedKeysFile {self.directory}/authorized\n"
            "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
            f"SetEnv CONNSTAT_DIR={self.directory} CONNSTAT_NAME={SEGMENT}\n"
            f"ForceCommand {' '.join(COMMAND)}\n")
        self.serve(self.need("systemd-socket-activate"), "--accept", "--inetd",
                   f"--listen=127.0.0.1:{port}", sshd, "-i", "-f", configuration, port=port)
        ssh = subprocess.Popen(
            ["ssh", "-p", str(port), "-i", f"{self.directory}/client", "-o", "BatchMode=yes",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-F", "/dev/null", f"{getpass.getuser()}@127.0.0.1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(ssh.wait)
        self.addCleanup(ssh.stdout.close)
        self.addCleanup(ssh.kill)
        self.eventually(lambda: len(self.peers()) == 1, "its entry")
        (addr, peer_port), = self.peers()
        self.assertEqual(addr, "127.0.0.1")
        table = subprocess.run(["ss", "-Htn", "state", "established", f"( dport = :{port} )"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn(f"127.0.0.1:{peer_port} ", table)
        self.reaper.do("reap")
        self.assertEqual(ssh.communicate("hello\n", PATIENCE_S)[0], "hello\n")
        self.assertEqual(ssh.returncode, 0)
        self.check_all_closed(1)


class OptionsTest(ExecTest):
    def start(self, *arguments, **options):
        process = subprocess.Popen([CONNSTAT, "exec", *arguments], stdin=subprocess.PIPE,
                                   **({"env": self.environment} | options))
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        return process

    def metadata(self, *arguments, **environment):
        """Of a program while it runs."""
        process = self.start(*arguments, "--", "cat", env=self.environment | environment)
        self.eventually(lambda: self.json("list")["entries"], "its entry")
        entry, = self.json("list")["entries"]
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.eventually(lambda: not self.json("list")["entries"], "its end")
        return entry["metadata"]

    def test_the_environment(self):
        for environment, peer in [
                ({"REMOTE_ADDR": "10.0.0.7", "REMOTE_PORT": "81"}, {"addr": "10.0.0.7", "port": 81}),
                ({"SOCAT_PEERADDR": "[2001:db8::7]", "SOCAT_PEERPORT": "82"},
                 {"addr": "2001:db8::7", "port": 82}),
                ({"NCAT_REMOTE_ADDR": "10.0.0.8", "NCAT_REMOTE_PORT": "no"}, {"addr": "10.0.0.8"}),
                ({"SSH_CONNECTION": "10.0.0.9 83 10.0.0.1 22"}, {"addr": "10.0.0.9", "port": 83}),
                ({"REMOTE_ADDR": ""}, {})]:
            with self.subTest(environment):
                self.assertEqual(self.metadata("--peer", **environment), peer)

    def test_values_are_made_to_fit(self):
        metadata = self.metadata("--peer", "user=", "room=7", "addr=here", b"name=\xff\x07",
                                 "agent=" + "é" * 2000, REMOTE_ADDR="10.0.0.7")
        self.assertEqual((metadata["room"], metadata["addr"], metadata["name"]),
                         (7, "here", "\ufffd\x07"))
        self.assertNotIn("user", metadata)
        self.assertLess(len(metadata["agent"]), 1000)
        self.assertEqual(set(metadata["agent"]), {"é"})

    def test_or_run(self):
        self.connstat("exec", "-n", "nobody", "true", status=3)
        for arguments in (["-n", "nobody"], ["--type", "none"], ["a=" + "x" * 2000]):
            with self.subTest(arguments):
                done = self.run_connstat("exec", "--or-run", *arguments, "--", "sh", "-c", "exit 9")
                self.assertEqual(done.returncode, 9)
                self.assertNotEqual(done.stderr, b"")
        self.assertEqual(self.json("deaths")["deaths"], [])
        self.start("--key", "one", "--limit", "1", "--", "cat")
        self.eventually(lambda: self.connstat("count") == "1\n", "its entry")
        self.connstat("exec", "--or-run", "--key", "one", "--limit", "1", "true", status=RUNTIME)

    def test_a_client_does_not_read_our_troubles(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            done = subprocess.run([CONNSTAT, "exec", "--or-run", "-n", "nobody", "--", "sh", "-c",
                                   "echo fine >&2"], env=self.environment, stdin=theirs,
                                  stdout=theirs, stderr=theirs, check=False, timeout=PATIENCE_S)
            theirs.close()
            self.assertEqual((done.returncode, ours.recv(100)), (0, b"fine\n"))

    def test_how_it_ends(self):
        """Status 0 is no death."""
        for command in ("exit 3", "kill -9 $$", "exit 0"):
            process = self.start("--", "sh", "-c", f"cat; {command}")
            self.eventually(lambda: self.connstat("count") == "1\n", "its entry")
            self.reaper.do("reap")
            process.communicate(timeout=PATIENCE_S)
            self.eventually(lambda: self.connstat("count") == "0\n", "its end")
        self.assertEqual([(death["cause"], death["status"], death["signal"])
                          for death in self.json("deaths")["deaths"]],
                         [("exited", 3, None), ("signalled", None, "SIGKILL")])
        self.assertEqual(self.totals(), {"opened": 3, "closed": 1, "lost": 2})

    def test_short_sessions(self):
        """Each is counted once, as closed, or as lost where it was over before it was watched."""
        processes = [self.start("--", "true") for _ in range(30)]
        for process in processes:
            self.assertEqual(process.wait(PATIENCE_S), 0)
        self.eventually(lambda: self.connstat("count") == "0\n", "their end")
        self.reaper.do("reap")
        totals, deaths = self.totals(), self.json("deaths")["deaths"]
        self.assertEqual(totals["opened"], 30)
        self.assertEqual(totals["closed"] + totals["lost"], 30)
        self.assertEqual([death["cause"] for death in deaths], ["died"] * totals["lost"])

    def test_nobody_watches(self):
        self.reaper.end()
        self.connstat("exec", "true")
        self.connstat("reap")
        death, = self.json("deaths")["deaths"]
        self.assertEqual((death["cause"], death["status"], death["lost_total"]), ("died", None, 1))
        self.assertEqual(self.totals(), {"opened": 1, "closed": 0, "lost": 1})


if __name__ == "__main__":
    main()
