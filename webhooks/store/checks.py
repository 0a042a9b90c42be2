"""What the store can tell of trouble: for `doctor`, since it takes a look at many rows. Times are microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, text

from webhooks.model import KEY_NAME_BYTES

_OVERDUE: Final = text("""
    SELECT count(*), min(delivery.next_attempt_at) FROM delivery
    JOIN composition ON composition.event_sequence = delivery.event_sequence AND composition.version = delivery.version
    JOIN registration ON registration.id = delivery.registration_id
    WHERE delivery.state = 'pending' AND delivery.next_attempt_at <= :before AND composition.state = 'composed'
    AND (registration.waits_until IS NULL OR registration.waits_until <= :before)
""")
_SENDING: Final = text("""
    SELECT count(*), min(attempt.started_at) FROM delivery
    JOIN attempt ON attempt.delivery_id = delivery.id AND attempt.number = delivery.attempts
    WHERE delivery.state = 'sending' AND attempt.started_at <= :before
""")
_COMPOSING: Final = text("""
    SELECT count(*), min(due_at) FROM composition WHERE due_at IS NOT NULL AND due_at <= :before
""")
_DEAD: Final = text("SELECT count(*), min(ended_at) FROM delivery WHERE state = 'dead' AND ended_at > :before")
_HELD: Final = text("""
    SELECT count(*), min(coalesce(held_at, created_at)) FROM delivery
    WHERE state = 'held' AND coalesce(held_at, created_at) <= :before
""")
_DISABLED: Final = text("""
    SELECT client.name, registration.url, registration.disabled_reason FROM registration
    JOIN client ON client.id = registration.client_id
    WHERE registration.disabled_reason IS NOT NULL ORDER BY registration.id
""")
_FAILING: Final = text("""
    SELECT client.name, registration.url, registration.failing_since, count(*), max(delivery.reason) FROM registration
    JOIN client ON client.id = registration.client_id
    JOIN delivery ON delivery.registration_id = registration.id AND delivery.state = 'pending' AND delivery.failures > 1
    WHERE registration.failing_since IS NOT NULL AND registration.disabled_reason IS NULL
    GROUP BY registration.id, client.name, registration.url, registration.failing_since ORDER BY registration.id
""")
_LATEST: Final = text("""
    SELECT max(latest) FROM (
        SELECT created_at AS latest FROM event WHERE sequence = (SELECT max(sequence) FROM event)
        UNION ALL SELECT max(scheduled_at) FROM delivery WHERE state = 'pending'
        UNION ALL SELECT max(started_at) FROM attempt
            WHERE delivery_id IN (SELECT id FROM delivery ORDER BY id DESC LIMIT 100)
    ) AS latest
""")
_ENCRYPTED: Final = {
    "client": ("secret_hash", "api_key_hash"),
    "registration": ("secret", "signing_key", "previous_signing_key"),
    "composition": ("body",),
    "attempt": ("answer",),
}


class Found(Struct, frozen=True):
    """How many rows a check found, and the time of the oldest."""

    count: int
    oldest: int | None


class DisabledEndpoint(Struct, frozen=True):
    """A registration to which nothing is sent any more."""

    client: str
    url: str
    reason: str


class FailingEndpoint(Struct, frozen=True):
    """A registration whose attempts only fail, `count` deliveries more than once, one of them for this reason."""

    client: str
    url: str
    since: int
    count: int
    reason: str


def overdue(connection: Connection, before: int) -> Found:
    """Deliveries with a body that were due then already, to endpoints that have not asked for time."""
    return Found(*connection.execute(_OVERDUE, {"before": before}).one())


def stuck_sending(connection: Connection, before: int) -> Found:
    """Attempts that were begun then already and have not ended."""
    return Found(*connection.execute(_SENDING, {"before": before}).one())


def stuck_composing(connection: Connection, before: int) -> Found:
    """Bodies that were to be composed then already."""
    return Found(*connection.execute(_COMPOSING, {"before": before}).one())


def dead(connection: Connection, since: int) -> Found:
    """Deliveries that have died since."""
    return Found(*connection.execute(_DEAD, {"before": since}).one())


def long_held(connection: Connection, before: int) -> Found:
    """Deliveries that were held then already."""
    return Found(*connection.execute(_HELD, {"before": before}).one())


def disabled(connection: Connection) -> list[DisabledEndpoint]:
    """The disabled endpoints."""
    return [DisabledEndpoint(*row) for row in connection.execute(_DISABLED)]


def failing(connection: Connection) -> list[FailingEndpoint]:
    """The endpoints that only fail, and not by chance: a delivery has failed at least twice."""
    return [FailingEndpoint(*row) for row in connection.execute(_FAILING)]


def latest_time(connection: Connection) -> int:
    """The latest time that anything was written at, or 0."""
    return connection.scalar(_LATEST) or 0


def database_time(connection: Connection) -> int | None:
    """The clock of the database; None where it is this machine's."""
    if connection.dialect.name == "sqlite":
        return None
    found = connection.scalar(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    return None if found is None else int(found)


def revision(connection: Connection) -> str:
    """The version of the tables."""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def all_key_names(connection: Connection) -> Mapping[bytes, Sequence[str]]:
    """The names of the master keys by which anything in the store was written, each with the tables that need it."""
    found: dict[bytes, list[str]] = {}
    for table, columns in _ENCRYPTED.items():
        for column in columns:
            query = text(
                f"SELECT DISTINCT substr({column}, 1, {KEY_NAME_BYTES}) FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
            )
            for (name,) in connection.execute(query):
                found.setdefault(bytes(name), []).append(f"{table}.{column}")
    return found
