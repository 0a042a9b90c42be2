"""Which definitions each process composes by, as it told after it had read them last.

On PostgreSQL a process is there while it sends the heartbeats of those that take jobs. An embedded store is served by
one process, which replaces the row of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder, encode
from sqlalchemy import Connection

from webhooks.store.clock import MICROSECONDS_PER_SECOND
from webhooks.store.jobs import taker_of
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("composers")

_SOLE: Final = 0  # stands for the process that serves an embedded store
_SILENT_MICROSECONDS: Final = 5 * MICROSECONDS_PER_SECOND  # six heartbeats: others have taken its jobs by then

_TELL: Final = Prepared(_SQL["tell"])
_CLEAR: Final = Prepared(_SQL["clear"])
_HAS_TOLD: Final = Prepared(_SQL["has_told"])
_ONLY: Final = Prepared(_SQL["only"])
_ALIVE: Final = Prepared(_SQL["alive"])


class Version(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a process has in service for an event. `state` is `serving`, `stale` or `held`, and `reason` says why.

    `hash` is the SHA-256 of the file's bytes, in hex. `form` is how many events at once are composed.
    """

    event: str
    state: str
    file: str | None = None
    hash: str | None = None
    form: str | None = None
    reason: str | None = None


class Composer(Struct, frozen=True, kw_only=True):
    """A process that composes. Times are microseconds; `read_at` is None where it has read no definitions yet.

    `trouble` is why it could not read them, or not read them again.
    """

    host: str
    pid: int
    started_at: int
    read_at: int | None
    trouble: str | None
    versions: Sequence[Version]


_VERSIONS: Final = Decoder(list[Version])


def tell(connection: Connection, composer: Composer) -> None:
    """This process composes by these definitions now. What ended ones told is removed."""
    process = _this(connection)
    _CLEAR.run(connection, process=process)
    _TELL.run(
        connection,
        process=process,
        host=composer.host,
        pid=composer.pid,
        started_at=composer.started_at,
        read_at=composer.read_at,
        trouble=composer.trouble,
        definitions=encode(composer.versions).decode(),
    )


def has_told(connection: Connection) -> bool:
    """Whether what this process told is still there: others may have held it for dead while it was stopped."""
    return bool(_HAS_TOLD.run(connection, process=_this(connection)))


def alive(connection: Connection) -> list[Composer]:
    """The processes that compose now. In an embedded store, the one that served it last."""
    is_embedded = connection.dialect.name == "sqlite"
    rows = _ONLY.run(connection) if is_embedded else _ALIVE.run(connection, silent=_SILENT_MICROSECONDS)
    return [
        Composer(
            host=host,
            pid=pid,
            started_at=started_at,
            read_at=read_at,
            trouble=trouble,
            versions=_VERSIONS.decode(definitions),
        )
        for host, pid, started_at, read_at, trouble, definitions in rows
    ]


def _this(connection: Connection) -> int:
    taker = taker_of(connection)
    return _SOLE if taker is None else taker.id
