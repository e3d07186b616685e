# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Sockets of several kinds, and a worker of the segment that says it holds them.

A test script is run with tests/cli on PYTHONPATH, as: test_x.py CONNSTAT WORKER [DEAF].
"""

import os
import socket
import struct
import subprocess
import sys

from harness import PATIENCE_S, CliTest, Worker

SO_COOKIE = 57
WORKER = sys.argv[2]
NOBODY = 65534

# Makes as many connections as it is told, prints the cookies of the accepted ones, and holds them
# until its input ends.
HOLDER = """
import socket, struct, sys
listener = socket.create_server(("127.0.0.1", 0))
held = []
for _ in range(int(sys.argv[1])):
    held.append(socket.create_connection(listener.getsockname()))
    accepted, _ = listener.accept()
    held.append(accepted)
    print(struct.unpack("Q", accepted.getsockopt(socket.SOL_SOCKET, 57, 8))[0])
print("ready", flush=True)
sys.stdin.read()
"""


def cookie(of):
    return struct.unpack("Q", of.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]


class NetTest(CliTest):
    def setUp(self):
        super().setUp()
        self.one = self.create(capacity=3000)

    def keep(self, *sockets):
        for each in sockets:
            self.addCleanup(each.close)
        return sockets[0] if len(sockets) == 1 else sockets

    def listener(self, address="127.0.0.1", backlog=4096):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = socket.create_server((address, 0), family=family, backlog=backlog)
        return self.keep(listening)

    def connect(self, listener):
        """The client's end and the server's."""
        client = socket.create_connection(listener.getsockname()[:2])
        accepted, _ = listener.accept()
        return self.keep(client, accepted)

    def register(self, of, kind="ws_socket", **metadata):
        return self.one.register(kind, socket=cookie(of), **metadata)

    def net(self, *arguments):
        """What list --net says of each entry, by id."""
        entries = self.json("list", "--net", *arguments)["entries"]
        return {int(entry["id"]): entry["net"] for entry in entries}

    def open_to_all(self):
        os.chmod(self.directory, 0o755)
        for name in os.listdir(self.directory):
            os.chmod(os.path.join(self.directory, name), 0o644)

    def worker_within(self, *prefix):
        """A worker that is started by another program, as unshare, which becomes it."""
        class Wrapped(Worker):
            def __init__(self, environment):
                self.process = subprocess.Popen([*prefix, WORKER], stdin=subprocess.PIPE,
                                                stdout=subprocess.PIPE, env=environment, text=True)
                self.pid = self.process.pid
        worker = Wrapped(self.environment)
        self.addCleanup(worker.end)
        worker.do("open", self.environment["CONNSTAT_NAME"])
        return worker

    def hold_beside(self, worker, count):
        """Connections in the worker's network namespace; the cookies of the accepted ends."""
        enter = ["nsenter", "--target", str(worker.pid), "--net"]
        subprocess.run([*enter, "ip", "link", "set", "lo", "up"], check=True)
        holder = subprocess.Popen([*enter, sys.executable, "-c", HOLDER, str(count)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end():
            holder.stdin.close()
            holder.stdout.close()
            holder.wait(PATIENCE_S)
        self.addCleanup(end)
        return [int(line) for line in iter(holder.stdout.readline, "ready\n")]


__all__ = ["NOBODY", "NetTest", "cookie"]
