"""Compositions in the store: what each event's body is, or why it has none yet."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared


class CompositionState(StrEnum):
    """Where the body of an event stands; all but the first are final."""

    WAITING = "waiting"
    COMPOSED = "composed"
    SKIPPED = "skipped"
    FAILED = "failed"


_ADD: Final = Prepared(
    "INSERT INTO composition (event_sequence, version, state, due_at) VALUES (:sequence, 0, 'waiting', :due_at)"
)


def key_of(sequence: int, version: int) -> str:
    """A composition as a job names it."""
    return f"{sequence}/{version}"


def row_name(sequence: int, version: int) -> str:
    """A composition's name as associated data of the body that is encrypted in its row."""
    return f"composition {sequence}/{version}"


def add(connection: Connection, due: Mapping[int, int | None]) -> None:
    """Makes the compositions of new events, by sequence number; those that are due at a time get a job."""
    _ADD.run_many(connection, [{"sequence": sequence, "due_at": due_at} for sequence, due_at in due.items()])
    jobs.add(
        connection,
        [Job(Kind.COMPOSE, key_of(sequence, 0), due_at) for sequence, due_at in due.items() if due_at is not None],
    )
