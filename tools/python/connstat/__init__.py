# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""A live table of connections, shared by the processes of a server.

    tracker = connstat.Tracker("web", types={"ws_socket": "connection"})

    with tracker.register("ws_socket", key=user, limit=20, user_id=user) as entry:
        entry.update(user_id=user, room=7)

    tracker.counts()
    connstat.open("web").list("ws_socket", where="room=7")
"""

from ._connstat import Entry, LimitReached, Tracker, __version__, open

__all__ = ["Entry", "LimitReached", "Tracker", "__version__", "open"]
