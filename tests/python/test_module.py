#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The package connstat: what it registers, tells and refuses, across fork and in asyncio."""

import asyncio
import errno
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

import connstat

CONNSTAT = sys.argv[1]
PATIENCE_S = 60
TYPES = {"ws_socket": "connection", "http_request": "channel"}


class ModuleTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="connstat-python.", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.directory)
        self.tracker = connstat.Tracker("web", TYPES, directory=self.directory, capacity=1000)
        self.addCleanup(self.tracker.close)

    def in_child(self, body):
        """Its exit status: 0, or what went wrong."""
        pid = os.fork()
        if pid == 0:
            try:
                body()
            except BaseException as error:  # noqa: B902
                print(repr(error), file=sys.stderr)
                os._exit(1)
            os._exit(0)
        return pid

    def finish(self, pid):
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    def eventually(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain: {what}")
            time.sleep(0.01)


class Registering(ModuleTest):
    def test_a_socket(self):
        near, far = socket.socketpair()
        with near, far, self.tracker.register("ws_socket", socket=near):
            cookie = int.from_bytes(near.getsockopt(socket.SOL_SOCKET, 57, 8), "little")
            self.assertEqual(self.tracker.list("ws_socket")[0]["metadata"], {"socket": cookie})
        with self.assertRaises(ValueError):
            self.tracker.register("ws_socket", socket=near)
        with self.assertRaises(TypeError):
            self.tracker.register("ws_socket", socket=object())
        with open("/dev/null", "rb") as file, self.assertRaises(OSError):
            self.tracker.register("ws_socket", socket=file)
        self.assertEqual(self.tracker.counts()["ws_socket"], 0)

    def test_with(self):
        with self.tracker.register("ws_socket", user_id=42) as entry:
            self.assertEqual(self.tracker.counts(), {
                "ws_socket": 1, "http_request": 0, "total_channels": 0, "total_connections": 1})
            (found,) = self.tracker.list()
            self.assertEqual((found["id"], found["pid"]), (entry.id, os.getpid()))
        self.assertEqual(self.tracker.count(), 0)
        self.assertEqual(entry.id, 0)
        with self.assertRaises(ZeroDivisionError):
            with self.tracker.register("ws_socket"):
                raise ZeroDivisionError
        self.assertEqual(self.tracker.count(), 0)

    def test_close(self):
        entry = self.tracker.register("ws_socket")
        entry.close()
        entry.close()
        self.assertEqual(self.tracker.count(), 0)

    def test_lives_without_a_reference(self):
        self.tracker.register("ws_socket")
        gc.collect()
        self.assertEqual(self.tracker.count("ws_socket"), 1)

    def test_metadata(self):
        fields = {"text": "é", "integer": -(2 ** 63), "real": 0.5, "yes": True, "none": None,
                  "key": "a name that is a keyword, too"}
        self.tracker.register("ws_socket", fields, room=7)
        del fields["none"]
        (entry,) = self.tracker.list()
        self.assertEqual(entry["metadata"], fields | {"room": 7})
        self.assertIs(entry["metadata"]["yes"], True)
        self.assertAlmostEqual(entry["started_at"], time.time(), delta=60)

    def test_update_touch_and_move(self):
        entry = self.tracker.register("http_request", key=7, user_id=42)
        (before,) = self.tracker.list()
        entry.update(room=7)
        entry.touch()
        (after,) = self.tracker.list()
        self.assertEqual(after["metadata"], {"room": 7})
        self.assertEqual((after["id"], after["started_at"], after["key"]),
                         (before["id"], before["started_at"], 7))
        self.assertGreaterEqual(after["active_at"], before["active_at"])
        entry.move("ws_socket")
        (moved,) = self.tracker.list()
        self.assertEqual((moved["id"], moved["type"], moved["metadata"], moved["key"]),
                         (entry.id, "ws_socket", {"room": 7}, 7))
        entry.close()
        for call in (entry.touch, lambda: entry.update(a=1), lambda: entry.move("ws_socket")):
            with self.assertRaises(OSError) as caught:
                call()
            self.assertEqual(caught.exception.errno, errno.ENOENT)

    def test_what_is_refused(self):
        register = self.tracker.register
        for error, call in [
                (ValueError, lambda: register("none")), (TypeError, lambda: register(1)),
                (TypeError, register), (TypeError, lambda: register("ws_socket", limit=1)),
                (TypeError, lambda: register("ws_socket", a=[])),
                (TypeError, lambda: register("ws_socket", [])),
                (ValueError, lambda: register("ws_socket", {"a\0b": 1})),
                (OverflowError, lambda: register("ws_socket", a=2 ** 63)),
                (ValueError, lambda: register("ws_socket", key="x" * 17)),
                (TypeError, lambda: register("ws_socket", key=1.5)),
                (UnicodeEncodeError, lambda: register("ws_socket", a="\udc80")),
                (ValueError, lambda: self.tracker.list(where="nonsense")),
                (ValueError, lambda: connstat.Tracker("x", {"a": "b"}, directory=self.directory)),
                (FileNotFoundError, lambda: connstat.open("no", directory=self.directory))]:
            with self.subTest(error), self.assertRaises(error):
                call()
        with self.assertRaises(OSError) as caught:
            register("ws_socket", a="x" * 5000)
        self.assertEqual(caught.exception.errno, errno.EMSGSIZE)
        self.assertIn("metadata", caught.exception.strerror)
        self.assertEqual(self.tracker.count(), 0)

    def test_keys_and_limits(self):
        user = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        for key, shown in ((42, 42), ("bob", "bob"), (user, str(user)), (b"raw", "raw")):
            entries = [self.tracker.register("ws_socket", key=key, limit=2) for _ in range(2)]
            with self.assertRaises(connstat.LimitReached) as caught:
                self.tracker.register("ws_socket", key=key, limit=2)
            self.assertIsInstance(caught.exception, OSError)
            self.assertEqual(caught.exception.errno, errno.EDQUOT)
            self.assertEqual(self.tracker.count("ws_socket", key=key), 2)
            self.assertEqual([entry["key"] for entry in self.tracker.list(key=key)], [shown] * 2)
            entries[0].close()
            self.tracker.register("ws_socket", key=key, limit=2)
        self.assertEqual(subprocess.run(
            [CONNSTAT, "-n", "web", "count", "--key", "42"], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"CONNSTAT_DIR": self.directory}, check=True).stdout, "2\n")


class Reading(ModuleTest):
    def test_where(self):
        for user in range(20):
            self.tracker.register("ws_socket" if user % 2 else "http_request", user_id=user)

        def users(*arguments, **keywords):
            return sorted(entry["metadata"]["user_id"]
                          for entry in self.tracker.list(*arguments, **keywords))
        self.assertEqual(users(), list(range(20)))
        self.assertEqual(users("ws_socket", "user_id<6"), [1, 3, 5])
        self.assertEqual(users(where=["user_id>=3", "user_id<5"]), [3, 4])
        self.assertEqual(users("http_request", where=("user_id!=0", "user_id<3")), [2])

    def test_a_reader(self):
        with connstat.open("web", directory=self.directory) as reader:
            self.tracker.register("ws_socket", a=1)
            self.assertEqual(len(reader.list()), 1)
            with self.assertRaises(OSError) as caught:
                reader.register("ws_socket")
            self.assertEqual(caught.exception.errno, errno.EROFS)
        with self.assertRaises(OSError) as caught:
            reader.counts()
        self.assertEqual(caught.exception.errno, errno.ENOTCONN)

    def test_threads_go_on_while_a_list_is_read(self):
        for user in range(1000):
            self.tracker.register("ws_socket", user_id=user)
        stop = threading.Event()

        def come_and_go():
            while not stop.is_set():
                with self.tracker.register("http_request"):
                    pass
        threads = [threading.Thread(target=come_and_go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            self.assertEqual(len(self.tracker.list("ws_socket")), 1000)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(self.tracker.counts()["http_request"], 0)


class Processes(ModuleTest):
    def test_fork(self):
        entry = self.tracker.register("ws_socket", whose="parent")

        def child():
            entry.close()  # the parent's: nothing happens
            assert self.tracker.count() == 1
            with self.tracker.register("ws_socket", whose="child"):
                assert self.tracker.count() == 2
        self.finish(self.in_child(child))
        self.assertEqual([found["metadata"]["whose"] for found in self.tracker.list()], ["parent"])

    def test_death(self):
        ready, go = os.pipe()

        def child():
            self.tracker.join("victim")
            for _ in range(3):
                self.tracker.register("ws_socket")
            os.write(go, b"x")
            signal.pause()
        pid = self.in_child(child)
        os.read(ready, 1)
        self.assertEqual([(worker["label"], worker["live"]) for worker in self.tracker.workers()],
                         [("victim", {"ws_socket": 3})])
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.assertEqual(self.tracker.reap(), 1)
        self.assertEqual(self.tracker.count(), 0)
        (death,) = self.tracker.deaths()
        self.assertEqual((death["pid"], death["label"], death["lost"], death["lost_total"]),
                         (pid, "victim", {"ws_socket": 3}, 3))

    def test_the_reaper_s_thread(self):
        self.tracker.start_reaper()
        pid = self.in_child(lambda: self.tracker.register("ws_socket") and os.kill(os.getpid(), 9))
        os.waitpid(pid, 0)
        self.eventually(lambda: len(self.tracker.deaths()) == 1, "the death")
        self.tracker.stop_reaper()

    def test_asyncio(self):
        async def until_it_is_gone(pid):
            loop = asyncio.get_running_loop()
            done = loop.create_future()

            def look():
                self.tracker.reap()
                if self.tracker.deaths() and not done.done():
                    done.set_result(None)
            loop.add_reader(self.tracker.reaper_fd, look)
            os.kill(pid, signal.SIGKILL)
            await asyncio.wait_for(done, PATIENCE_S)
            loop.remove_reader(self.tracker.reaper_fd)
        ready, go = os.pipe()

        def child():
            self.tracker.register("ws_socket")
            os.write(go, b"x")
            signal.pause()
        pid = self.in_child(child)
        os.read(ready, 1)
        asyncio.run(until_it_is_gone(pid))
        os.waitpid(pid, 0)
        self.assertEqual(self.tracker.count(), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
