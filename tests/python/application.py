# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What gunicorn serves in test_servers.py: the WSGI application wsgi, which answers at once or, at
/held, when a file called "go" is there; and the ASGI application asgi, which echoes WebSockets."""

import os
import pathlib
import time

import connstat
import connstat.asgi

GO = pathlib.Path(os.environ["CONNSTAT_DIR"], "go")


def wsgi(environ, start_response):
    while environ["PATH_INFO"] == "/held" and not GO.exists():
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


async def echo(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


asgi = connstat.asgi.Tracked(echo, connstat.Tracker("web", connstat.asgi.TYPES))
