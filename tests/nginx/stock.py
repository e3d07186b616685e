# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Drive Debian's nginx with the modules of this build, beside what the kernel says (ss -Htn).

A test script is run as: test_x.py CONNSTAT HTTP_MODULE STREAM_MODULE, and ends with main().
"""

import contextlib
import grp
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

CONNSTAT, HTTP_MODULE, STREAM_MODULE = map(os.path.abspath, sys.argv[1:4])
PATIENCE_S = 60
BACKEND = pathlib.Path(__file__).with_name("backend.py")
STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"

# Alerts that tell what the test itself has done.
OWN_ALERTS = re.compile(r"worker process \d+ exited on signal 9")

REQUEST = "GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n"
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"


class Client:
    """One TCP connection."""

    def __init__(self, port, path=None, headers=""):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        if path is not None:
            self.ask(path, headers)

    def ask(self, path, headers=""):
        self.socket.sendall(REQUEST.format(path, headers).encode())

    def head(self):
        """Status and headers of an answer, as text."""
        text = b""
        while b"\r\n\r\n" not in text and (more := self.socket.recv(1)):
            text += more
        return text.decode()

    def status(self):
        head = self.head()
        return int(head.split()[1]) if head else None

    def answer(self):
        """Status and whole body of an answer that tells its length."""
        head = self.head()
        length = int(re.search(r"Content-Length: (\d+)", head).group(1))
        body = b""
        while len(body) < length:
            body += self.socket.recv(length - len(body))
        return int(head.split()[1]), body.decode()

    def close(self):
        self.socket.close()


def free_port():
    """Below those that the kernel gives to clients: none of them takes it meanwhile."""
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class NginxTest(unittest.TestCase):
    maxDiff = None
    workers = 2

    # Indented as it stands in a configuration; each test may say more.
    main = ""
    http = ""
    server = ""
    stream = None

    def setUp(self):
        self.clients = []
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="connstat-nginx.", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.directory.chmod(0o755)
        self.segments = self.directory / "segments"
        self.segments.mkdir(mode=0o755)
        self.error_log = self.directory / "error.log"
        self.zone = f"web dir={self.segments}"
        self.port, self.stream_port = free_port(), free_port()
        self.start_backend()
        self.addCleanup(self.stop)
        self.addCleanup(self.close_clients)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("CONNSTAT_")}
        self.environment |= {"CONNSTAT_DIR": str(self.segments), "CONNSTAT_NAME": "web"}

    def start_backend(self):
        backend = subprocess.Popen([sys.executable, BACKEND], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(backend.wait)
        self.addCleanup(backend.stdout.close)
        self.addCleanup(backend.stdin.close)
        self.backend_port, self.echo_port = map(int, backend.stdout.readline().split())

    # ---- nginx ----

    def configuration(self):
        stream_modules = f"load_module {STREAM};\nload_module {STREAM_MODULE};\n"
        stream = f"""
stream {{
    connstat_zone {self.zone};
    server {{
        listen 127.0.0.1:{self.stream_port};
        connstat on;
        proxy_pass 127.0.0.1:{self.echo_port};
        {self.stream}
    }}
}}"""
        return f"""
{"" if self.stream is None else stream_modules}load_module {HTTP_MODULE};
user www-data;
worker_processes {self.workers};
pid {self.directory}/nginx.pid;
lock_file {self.directory}/nginx.lock;
error_log {self.error_log} info;
{self.main}
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    keepalive_timeout 1h;
    keepalive_requests 1000000;
    client_header_timeout 1h;
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    connstat_zone {self.zone};
    {self.http}
    server {{
        listen 127.0.0.1:{self.port} backlog=1024;
        connstat on;
        location / {{ return 200 "hello\\n"; }}
        location /counts {{ connstat off; connstat_status; }}
        location /stub {{ stub_status; }}
        location /ws {{
            proxy_pass http://127.0.0.1:{self.backend_port};
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
        {self.server}
    }}
}}{"" if self.stream is None else stream}
"""

    def write_configuration(self):
        text = self.configuration()
        # The module for http stands first: the other takes its zones.
        lines = [line for line in text.splitlines() if line.startswith("load_module")]
        rest = [line for line in text.splitlines() if not line.startswith("load_module")]
        lines.sort(key=lambda line: STREAM_MODULE in line)
        (self.directory / "nginx.conf").write_text("\n".join(lines + rest))

    def nginx(self, *arguments, status=0):
        done = subprocess.run(
            ["/usr/sbin/nginx", "-c", self.directory / "nginx.conf", "-e", self.error_log, *arguments],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def start(self):
        self.write_configuration()
        self.nginx()
        self.eventually(lambda: len(self.worker_pids()) == self.workers, "the workers")

    def master_pid(self, name="nginx.pid"):
        return int((self.directory / name).read_text())

    def worker_pids(self, master=None):
        """Of a master, those who still take clients."""
        master = master or self.master_pid()
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        found = []
        for pid in map(int, children):
            with contextlib.suppress(OSError):
                if b"nginx: worker process\0" in \
                        pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() + b"\0":
                    found.append(pid)
        return found

    def all_pids(self):
        """All processes of this nginx, by the command line of their masters."""
        found, masters = [], set()
        mark = str(self.directory).encode()
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if entry.name.isdigit() and \
                        (entry / "comm").read_text() == "nginx\n" and \
                        mark in (entry / "environ").read_bytes() + (entry / "maps").read_bytes():
                    found.append(int(entry.name))
        return found

    def stop(self):
        """In order where it can be; then whatever is left of it."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.master_pid(), signal.SIGTERM)
        deadline = time.monotonic() + 5
        while (left := self.all_pids()) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.check_log()

    def log(self):
        return self.error_log.read_text(errors="replace") if self.error_log.exists() else ""

    def check_log(self):
        for line in self.log().splitlines():
            if "[alert]" in line:
                self.assertRegex(line, OWN_ALERTS)
            self.assertNotRegex(line, r"\[emerg\].*connstat|AddressSanitizer")

    # ---- clients, and what is known of them ----

    def client(self, *arguments, port=None):
        client = Client(port or self.port, *arguments)
        self.clients.append(client)
        return client

    def close_clients(self):
        for client in self.clients:
            client.close()
        self.clients.clear()

    def http_client(self):
        client = self.client("/")
        self.assertEqual(client.answer(), (200, "hello\n"))
        return client

    def ws_client(self, path="/ws"):
        client = self.client(path, UPGRADE)
        self.assertEqual(client.status(), 101)
        return client

    def stream_client(self):
        client = self.client(port=self.stream_port)
        client.socket.sendall(b"x")
        self.assertEqual(client.socket.recv(1), b"x")
        return client

    def kernel(self, port=None):
        """Established connections of a server's port, as the kernel has them."""
        lines = subprocess.run(["ss", "-Htn", "state", "established",
                                f"( sport = :{port or self.port} )"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        return len(lines.splitlines())

    def connstat(self, *arguments):
        return subprocess.run([CONNSTAT, *map(str, arguments)], env=self.environment, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def count(self, kind):
        return int(self.connstat("count", "--type", kind))

    def counts(self):
        return json.loads(self.connstat("--json"))["counts"]

    def entries(self, kind, *arguments):
        return json.loads(self.connstat("list", "--type", kind, "--json", *arguments))["entries"]

    def stub_active(self):
        """stub_status' own connection is among those that it counts."""
        client = Client(self.port, "/stub")
        _, body = client.answer()
        client.close()
        return int(re.search(r"Active connections: (\d+)", body).group(1)) - 1

    def is_true(self):
        """The kernel and connstat say the same."""
        counts = self.counts()
        return counts["http_conn"] + counts["ws_socket"] == self.kernel() and \
            (self.stream is None or counts["stream_session"] == self.kernel(self.stream_port))

    def becomes_true(self):
        self.eventually(self.is_true,
                        lambda: f"{self.counts()} against {self.kernel()}, "
                                f"{self.kernel(self.stream_port)}")

    def eventually(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"waited in vain: {what() if callable(what) else what}\n"
                          f"{self.log()[-3000:]}")
            time.sleep(0.02)


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)


__all__ = ["CONNSTAT", "Client", "NginxTest", "PATIENCE_S", "UPGRADE", "contextlib", "free_port", "grp",
           "json", "main", "os", "pathlib", "re", "signal", "socket", "subprocess", "time"]
