"""Jobs: what is to be done next, as the queue keeps it. The tables of deliveries and compositions hold the truth.

A job is added and finished in the transaction that changes what it is about, so neither is ever seen without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.store.statement import Prepared


class Kind(StrEnum):
    """What is to be done: a body composed (the key is a composition's) or a delivery sent (the key is its id)."""

    COMPOSE = "compose"
    DELIVER = "deliver"


class Job(Struct, frozen=True):
    """Something to do, not before `due_at` (microseconds)."""

    kind: Kind
    key: str
    due_at: int


_ADD: Final = Prepared(
    "INSERT INTO job (kind, key, due_at) VALUES (:kind, :key, :due_at)"
    " ON CONFLICT (kind, key) DO UPDATE SET due_at = min(due_at, excluded.due_at)"
)
_FINISH: Final = Prepared("DELETE FROM job WHERE kind = :kind AND key = :key")


def add(connection: Connection, jobs: Sequence[Job]) -> None:
    """Adds jobs. One that waits already is kept, and is due at the earlier of both times."""
    if jobs and connection.dialect.name == "sqlite":
        _ADD.run_many(connection, [{"kind": job.kind.value, "key": job.key, "due_at": job.due_at} for job in jobs])


def finish(connection: Connection, jobs: Sequence[Job]) -> None:
    """Removes jobs that were taken."""
    if jobs and connection.dialect.name == "sqlite":
        _FINISH.run_many(connection, [{"kind": job.kind.value, "key": job.key} for job in jobs])
