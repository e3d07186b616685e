#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Clients for tools/demo --nginx: clients.py PORT HTTP WEBSOCKETS.

So many keep a connection for requests, so many a WebSocket; whoever loses it comes again. They end
when their input does.
"""

import asyncio
import contextlib
import random
import sys

PORT, HTTP, WEBSOCKETS = map(int, sys.argv[1:4])
REQUEST = b"GET /?user=%d HTTP/1.1\r\nHost: demo\r\n\r\n"
UPGRADE = (b"GET /ws?user=%d HTTP/1.1\r\nHost: demo\r\n"
           b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n")


async def ask_again_and_again(user, reader, writer):
    while True:
        writer.write(REQUEST % user)
        await reader.readuntil(b"hello\n")
        await asyncio.sleep(random.uniform(0.5, 2))


async def talk(user, reader, writer):
    writer.write(UPGRADE % user)
    await reader.readuntil(b"\r\n\r\n")
    while True:
        writer.write(b"ping")
        await reader.readexactly(4)
        await asyncio.sleep(random.uniform(0.5, 2))


async def live(user, life):
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            try:
                await life(user, reader, writer)
            finally:
                writer.close()
        await asyncio.sleep(random.uniform(0.1, 1))


async def main():
    lives = [ask_again_and_again] * HTTP + [talk] * WEBSOCKETS
    crowd = [asyncio.create_task(live(user, life)) for user, life in enumerate(lives)]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for client in crowd:
        client.cancel()


asyncio.run(main())
