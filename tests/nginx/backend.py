#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What nginx proxies to, in a test: backend.py prints its two ports, and serves until its input ends.

The first speaks HTTP: a request for an upgrade is answered by 101 and held; /held is answered with
the beginning of an answer that does not end while the client stays; anything else by "ok". The
second echoes bytes.
"""

import asyncio
import sys


async def relay(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()


async def answer(reader, writer):
    while head := await reader.readuntil(b"\r\n\r\n"):
        if b"\r\nupgrade:" in head.lower():
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\n\r\n")
            return await relay(reader, writer)
        if head.startswith(b"GET /held"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun")
            return await reader.read()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")


def serving(handler):
    async def serve(reader, writer):
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
    return serve


async def main():
    servers = [await asyncio.start_server(serving(handler), "127.0.0.1", 0, backlog=1000)
               for handler in (answer, relay)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
