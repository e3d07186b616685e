# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What the cluster tests stand on: Redis servers of their own, and patience with a bound."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

PATIENCE = float(os.environ.get("CONNSTAT_TEST_PATIENCE", "30"))
REDIS_SERVER = shutil.which("redis-server")


class RedisError(Exception):
    """An error reply."""


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Client:
    """Redis' protocol, as little of it as tests need."""

    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.stream = self.socket.makefile("rb")

    def call(self, *arguments):
        self.socket.sendall(encode(arguments))
        return self.reply()

    def reply(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RedisError(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.stream.read(int(rest) + 2)[:-2].decode()
        return [self.reply() for _ in range(int(rest))]

    def close(self):
        self.stream.close()
        self.socket.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(check, what, patience=PATIENCE):
    """Wait until check() is true; returns what it returned. what: words, or a function for them."""
    end = time.monotonic() + patience
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            words = what() if callable(what) else what
            raise AssertionError(f"not within {patience:g} s: {words}")
        time.sleep(0.01)


class Process:
    """A child that never outlives its test; what it says goes to a file."""

    def __init__(self, folder, name, command, environment=None, prefix=()):
        fd, self.log_path = tempfile.mkstemp(".log", name + "-", folder)
        with open(fd, "wb") as log:
            self.child = subprocess.Popen(
                [*prefix, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})}, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self):
        return self.child.poll() is None

    def send(self, number):
        """To all of it: what it forked has its process group."""
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status."""
        self.send(number)
        if number != signal.SIGKILL:
            try:
                return self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.send(signal.SIGKILL)
        return self.child.wait()

    def kill(self):
        return self.stop(signal.SIGKILL)


class Redis:
    """A redis-server on a unix socket and a free port of 127.0.0.1, nothing kept on disk."""

    def __init__(self, folder, name="redis", options=(), port=None, prefix=(), bind="127.0.0.1"):
        self.folder, self.name, self.options = folder, name, options
        self.bind, self.prefix = bind, prefix
        self.socket_path = os.path.join(folder, name + ".sock")
        self.port = port or free_port()
        self.process = None

    @property
    def url(self):
        return f"redis://{self.bind}:{self.port}"

    def start(self):
        self.process = Process(
            self.folder, self.name,
            [REDIS_SERVER, "--port", str(self.port), "--bind", self.bind, "--unixsocket",
             self.socket_path, "--dir", self.folder, "--save", "", "--appendonly", "no",
             *self.options], prefix=self.prefix)
        eventually(self.answers, lambda: f"{self.name} answers: {self.process.log()}")

    def answers(self):
        try:
            client = Client(self.socket_path)
        except OSError:
            return False
        try:
            return client.call("PING") == "PONG"
        except (OSError, RedisError):
            return True
        finally:
            client.close()

    def client(self):
        return Client(self.socket_path)

    def call(self, *arguments):
        client = self.client()
        try:
            return client.call(*arguments)
        finally:
            client.close()

    def stop(self):
        if self.process:
            self.process.kill()


class TestCase(unittest.TestCase):
    """A test with a folder of its own, whose children end with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="connstat-cluster-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def redis(self, name="redis", **options):
        server = Redis(self.folder, name, **options)
        self.addCleanup(server.stop)
        server.start()
        return server

    def process(self, name, command, **options):
        child = Process(self.folder, name, command, **options)
        self.addCleanup(child.kill)
        return child


class Talker:
    """Accepts whoever connects, and says the same to everybody."""

    def __init__(self, words):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.words, self.stopping = words, False
        self.listener.settimeout(0.05)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stopping:
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                try:
                    connection.recv(65536)
                    connection.sendall(self.words)
                except OSError:
                    pass

    def stop(self):
        self.stopping = True
        self.thread.join()
        self.listener.close()
