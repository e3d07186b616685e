# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
from types import TracebackType
from typing import Any, Literal, Mapping, Sequence, TypedDict, Union, final
from uuid import UUID

Key = Union[int, str, UUID, bytes]
Value = Union[str, int, bool, float, None]
Kind = Literal["connection", "channel"]

__version__: str

class EntryDict(TypedDict):
    id: int
    type: str
    pid: int
    started_at: float
    key: Union[int, str, None]
    metadata: dict[str, Union[str, int, bool, float]]

class WorkerDict(TypedDict):
    pid: int
    tid: int
    label: str
    joined_at: float
    live: dict[str, int]
    live_total: int

class DeathDict(TypedDict):
    number: int
    pid: int
    tid: int
    label: str
    cause: Literal["died", "exited", "signalled", "execed"]
    status: int
    joined_at: float
    died_at: float
    lost: dict[str, int]
    lost_total: int

class LimitReached(OSError): ...

@final
class Entry:
    @property
    def id(self) -> int: ...
    def __enter__(self) -> Entry: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None, /) -> None: ...
    def close(self) -> None: ...

class Tracker:
    def __init__(self, name: str | None = None, types: Mapping[str, Kind] | None = None, *,
                 directory: str | None = None, capacity: int = 0, metadata_bytes: int = 0,
                 max_workers: int = 0, mode: int = 0, gid: int = 0) -> None: ...
    def __enter__(self) -> Tracker: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None, /) -> None: ...
    def register(self, type: str, fields: Mapping[str, Value] | None = None, /, *,
                 key: Key | None = None, limit: int = 0, **metadata: Value) -> Entry: ...
    def counts(self) -> dict[str, int]: ...
    def count(self, type: str | None = None, *, key: Key | None = None) -> int: ...
    def list(self, type: str | None = None, where: str | Sequence[str] | None = None, *,
             key: Key | None = None) -> list[EntryDict]: ...
    def workers(self) -> list[WorkerDict]: ...
    def deaths(self) -> list[DeathDict]: ...
    def join(self, label: str, /) -> None: ...
    def leave(self) -> None: ...
    def reap(self) -> int: ...
    def start_reaper(self) -> None: ...
    def stop_reaper(self) -> None: ...
    @property
    def reaper_fd(self) -> int: ...
    def close(self) -> None: ...

def open(name: str | None = None, *, directory: str | None = None,
         write: bool = False) -> Tracker: ...
