#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What the module costs a worker of nginx: processor time a request, with it and without, and its
instructions.

    cost.py HTTP_MODULE [--rounds N] [--requests N]

Four nginx stand side by side, each with one worker: without the module; with it for connections only;
for requests with a key and a limit, too; and with two fields besides. They get the same requests by
turns, in short rounds. A ratio is taken between neighbours in time and the median of all is told, so
that it does not matter what else the machine does meanwhile. Workers and clients share a core at real-time priorities,
the clients' above: so a worker always finds as many requests at once, which is what its processor
time depends on most. Then each serves under callgrind, which counts the instructions of nginx, of the
module and of the library. Run it as root.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

NGINX = "/usr/sbin/nginx"
PATIENCE_S = 60
CLIENTS = 16
BODY = b"x" * 1000

CONNECTIONS = "connstat on;"
REQUESTS = CONNECTIONS + "connstat_request on; connstat_key $remote_addr; connstat_limit 1000;"
FIELDS = REQUESTS + "connstat_field agent $http_user_agent; connstat_field host $host;"
KINDS = {"without": None, "connections": CONNECTIONS, "requests": REQUESTS, "fields": FIELDS}

# How many requests a connection is kept for, and what is asked for: a file, or the 43 bytes of
# empty_gif, which is the cheapest answer of nginx that comes by all phases.
LOADS = {"file, kept": ("/file", 1000), "file, 10 a connection": ("/file", 10),
         "file, 1 a connection": ("/file", 1), "empty_gif, kept": ("/gif", 1000)}


def free_port():
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """An nginx with one worker, in a folder of its own."""

    def __init__(self, kind, modules, under=(), master=True):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="connstat-cost.", dir="/dev/shm"))
        self.directory.chmod(0o755)
        self.port = free_port()
        (self.directory / "file").write_bytes(BODY)
        (self.directory / "nginx.conf").write_text(self.configuration(kind, modules, master))
        self.process = subprocess.Popen(
            [*under, NGINX, "-c", self.directory / "nginx.conf", "-e", self.directory / "error.log"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until_it_listens()

    def configuration(self, kind, modules, master):
        own = KINDS[kind]
        load = f"load_module {modules};" if own else ""
        zone = f"connstat_zone web dir={self.directory};" if own else ""
        return f"""{load}
user www-data; daemon off; master_process {"on" if master else "off"}; worker_processes 1;
pid {self.directory}/nginx.pid; lock_file {self.directory}/nginx.lock;
error_log {self.directory}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000; sendfile on; tcp_nopush on; root {self.directory};
    {"".join(f"{name}_temp_path {self.directory}/{name};"
             for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
    {zone}
    server {{
        listen 127.0.0.1:{self.port};
        {own or ""}
        location / {{ }}
        location /gif {{ empty_gif; }}
    }}
}}
"""

    def wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit((self.directory / "error.log").read_text())
            time.sleep(0.05)

    def worker(self):
        master = self.process.pid
        return int(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])

    def worker_ns(self):
        """Processor time of the worker."""
        return int(pathlib.Path(f"/proc/{self.worker()}/schedstat").read_text().split()[0])

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE_S)

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory)


class Crowd:
    """Clients that all ask, and then all read: whose own time is not counted."""

    def __init__(self, port, path, kept_for):
        self.port, self.kept_for = port, kept_for
        self.request = (f"GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: Mozilla/5.0 (X11; "
                        f"Linux x86_64; rv:128.0)\r\n\r\n").encode()
        self.sockets = []
        self.asked = 0

    def renew(self):
        for one in self.sockets:
            one.close()
        self.sockets = [socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
                        for _ in range(CLIENTS)]

    def ask(self, requests):
        for _ in range(requests // CLIENTS):
            if self.asked % self.kept_for == 0:
                self.renew()
            self.asked += 1
            for one in self.sockets:
                one.sendall(self.request)
            for one in self.sockets:
                self.read_answer(one)

    @staticmethod
    def read_answer(one):
        answer = one.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"an answer that was not expected: {answer[:200]}")
        left = int(re.search(rb"Content-Length: (\d+)", head).group(1)) - len(body)
        while left > 0:
            left -= len(one.recv(left))

    def close(self):
        for one in self.sockets:
            one.close()


# ---- processor time ------------------------------------------------------------------------------


def share_a_core(servers):
    core = {max(os.sched_getaffinity(0))}
    for pid, priority in [(server.worker(), 1) for server in servers.values()] + [(0, 2)]:
        os.sched_setaffinity(pid, core)
        os.sched_setscheduler(pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(priority))


def leave_the_core():
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.sched_setaffinity(0, range(os.cpu_count()))


def measure(servers, crowds, requests):
    """One round of each, in an order that changes."""
    spent = {}
    for kind in random.sample(list(servers), len(servers)):
        before = servers[kind].worker_ns()
        crowds[kind].ask(requests)
        time.sleep(0.02)  # for the others on this machine, and for the worker to be done
        spent[kind] = servers[kind].worker_ns() - before
    return spent


def time_load(servers, load, rounds, requests):
    path, kept_for = LOADS[load]
    crowds = {kind: Crowd(server.port, path, kept_for) for kind, server in servers.items()}
    measure(servers, crowds, requests)
    found = [measure(servers, crowds, requests) for _ in range(rounds)]
    for crowd in crowds.values():
        crowd.close()
    asked = requests // CLIENTS * CLIENTS
    line = f"{load:24} without {statistics.median(r['without'] for r in found) / asked / 1000:6.2f} us"
    for kind in list(KINDS)[1:]:
        ratios = [each[kind] / each["without"] for each in found]
        low, middle, high = statistics.quantiles(ratios, n=4)
        line += f"   {kind} {middle:5.3f} ({low:4.2f} to {high:4.2f})"
    print(line, flush=True)


def time_all(module, rounds, requests):
    servers = {kind: Server(kind, module) for kind in KINDS}
    try:
        share_a_core(servers)
        for load in LOADS:
            time_load(servers, load, rounds, requests)
    finally:
        leave_the_core()
        for server in servers.values():
            server.remove()


# ---- instructions --------------------------------------------------------------------------------


def count(kind, module, load, requests):
    """Instructions by object of a server that answers so many requests."""
    path, kept_for = LOADS[load]
    output = f"/dev/shm/connstat-cost.{os.getpid()}.callgrind"
    server = Server(kind, module, master=False, under=[
        "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}"])
    crowd = Crowd(server.port, path, kept_for)
    crowd.ask(requests)
    crowd.close()
    server.remove()
    annotated = subprocess.run(
        ["callgrind_annotate", "--show-percs=no", "--threshold=100", "--inclusive=no", output],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    os.unlink(output)
    found = collections.Counter()
    for line in annotated.splitlines():
        if match := re.match(r" *([\d,]+) .*\[(\S+)\]$", line):
            found[pathlib.Path(match.group(2)).name] += int(match.group(1).replace(",", ""))
    return found


def instructions(kind, module, load, library):
    """Of one request: what twice as many cost more. Start and end stand in both."""
    once, twice = (count(kind, module, load, requests) for requests in (1600, 3200))
    each = {name: (twice[name] - once[name]) / 1600 for name in twice}
    return sum(each.values()), sum(n for name, n in each.items() if name.startswith("ngx_http_conn")), \
        sum(n for name, n in each.items() if name.startswith(library) or name.startswith("liburcu"))


def count_all(module, library):
    print("instructions a request: all, of them the module's and the library's; system calls' are the "
          "kernel's")
    for load in LOADS:
        line = f"{load:24}"
        for kind in KINDS:
            total, own, librarys = instructions(kind, module, load, library)
            line += f"   {kind} {total:6.0f}" + (f" {own:5.0f} {librarys:5.0f}" if own else "")
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("module")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--requests", type=int, default=1600, help="of a round")
    parser.add_argument("--only", choices=["time", "instructions"])
    chosen = parser.parse_args()
    module = os.path.abspath(chosen.module)
    if chosen.only != "instructions":
        time_all(module, chosen.rounds, chosen.requests)
    if chosen.only != "time":
        count_all(module, "libconnstat")


main()
