"""What the store can tell of trouble: for `doctor`, since it takes a look at many rows. Times are microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, TextClause, text

from webhooks.model import KEY_NAME_BYTES
from webhooks.store import holding
from webhooks.store.clock import first_id, time_of

MOST_FOUND: Final = 1000
"""Of what a check finds it counts no more."""

# Of each endpoint that has not asked for time the deliveries that are due the longest.
_LATE: Final = """
    SELECT {} FROM delivery
    WHERE delivery.registration_id = registration.id AND delivery.state = (SELECT 'pending')
        AND delivery.next_attempt_at <= :before
    ORDER BY delivery.next_attempt_at LIMIT :most"""
_OF_EACH: Final = {
    "sqlite": ("JOIN delivery AS late ON late.rowid IN ({})", "delivery.rowid"),
    "postgresql": ("CROSS JOIN LATERAL ({}) AS late", "delivery.*"),
}
_OVERDUE: Final = {
    dialect: text(f"""
    SELECT count(*), min(next_attempt_at) FROM (
        SELECT late.next_attempt_at FROM registration
        {join.format(_LATE.format(gives))}
        JOIN composition ON composition.event_sequence = late.event_sequence AND composition.version = late.version
        JOIN client ON client.id = registration.client_id
        WHERE composition.state = 'composed'
        AND NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)
        AND (registration.waits_until IS NULL OR registration.waits_until <= :before) LIMIT :most
    ) AS found
""")  # noqa: S608  of the code's own
    for dialect, (join, gives) in _OF_EACH.items()
}
_SENDING: Final = text("""
    SELECT count(*), min(started_at) FROM (
        SELECT attempt.started_at FROM delivery
        JOIN attempt ON attempt.delivery_id = delivery.id AND attempt.number = delivery.attempts
        WHERE delivery.state = 'sending' AND attempt.started_at <= :before LIMIT :most
    ) AS found
""")
_COMPOSING: Final = text("""
    SELECT count(*), min(due_at) FROM (
        SELECT due_at FROM composition WHERE due_at IS NOT NULL AND due_at <= :before ORDER BY due_at LIMIT :most
    ) AS found
""")
_DEAD: Final = text("""
    SELECT count(*), min(ended_at) FROM (
        SELECT ended_at FROM delivery WHERE state = 'dead' AND ended_at > :before LIMIT :most
    ) AS found
""")
_LAST_DEAD: Final = text("""
    SELECT client.name, delivery.url FROM delivery JOIN client ON client.id = delivery.client_id
    WHERE delivery.state = 'dead' AND delivery.ended_at > :before ORDER BY delivery.ended_at DESC LIMIT 1
""")
_HELD: Final = text("""
    SELECT count(*), min(due_at) FROM (
        SELECT next_attempt_at AS due_at FROM delivery
        WHERE registration_id = :id AND state = (SELECT 'pending') AND next_attempt_at <= :before
        ORDER BY next_attempt_at LIMIT :most
    ) AS found
""")
_DISABLED: Final = text("""
    SELECT client.name, registration.url, registration.disabled_reason FROM registration
    JOIN client ON client.id = registration.client_id
    WHERE registration.disabled_reason IS NOT NULL ORDER BY registration.id
""")
_FAILING: Final = text("""
    SELECT registration.id, client.name, registration.url, registration.failing_since FROM registration
    JOIN client ON client.id = registration.client_id
    WHERE registration.failing_since IS NOT NULL AND registration.disabled_reason IS NULL ORDER BY registration.id
""")
# Those that have failed are tried again later than those that have not.
_TRIED_AGAIN: Final = text("""
    SELECT count(*), max(reason) FROM (
        SELECT failures, reason FROM delivery WHERE registration_id = :id AND state = (SELECT 'pending')
        ORDER BY next_attempt_at DESC LIMIT :most
    ) AS last WHERE failures > 1
""")
_DEAD_OF: Final = text("""
    SELECT count(*), max(reason) FROM (
        SELECT reason FROM delivery WHERE registration_id = :id AND state = (SELECT 'dead') LIMIT :most
    ) AS dead
""")
_LATEST: Final = text("""
    SELECT max(latest) FROM (
        SELECT created_at AS latest FROM event WHERE sequence = (SELECT max(sequence) FROM event)
        UNION ALL SELECT max(scheduled_at) FROM (
            SELECT scheduled_at FROM delivery WHERE state = 'pending' AND next_attempt_at IS NOT NULL
            ORDER BY next_attempt_at DESC LIMIT :most
        ) AS scheduled
        UNION ALL SELECT max(started_at) FROM attempt
            WHERE delivery_id IN (SELECT id FROM delivery ORDER BY id DESC LIMIT 100)
    ) AS latest
""")
_POINTS: Final = 200  # of a large table, spread over all of it
_AT_EACH: Final = 20  # rows
_ENCRYPTED: Final = {
    "client": ("secret_hash", "api_key_hash"),
    "registration": ("secret", "signing_key", "previous_signing_key"),
}
# Tables that grow are looked at in places, from one end to the other: a key that wrote is one for a long time.
_ENCRYPTED_AND_MANY: Final = {"composition.body": "event_sequence", "attempt.answer": "delivery_id"}


class Found(Struct, frozen=True):
    """How many rows a check found, and the time of the oldest. It counts no further than MOST_FOUND."""

    count: int
    oldest: int | None


class DisabledEndpoint(Struct, frozen=True):
    """A registration to which nothing is sent any more."""

    client: str
    url: str
    reason: str


class FailingEndpoint(Struct, frozen=True):
    """A registration whose attempts only fail: `count` deliveries are tried again, or dead, one for this reason."""

    client: str
    url: str
    since: int
    count: int
    reason: str
    are_dead: bool = False
    """None is tried again any more."""


def overdue(connection: Connection, before: int) -> Found:
    """Deliveries with a body that were due then already, to endpoints that have not asked for time."""
    return _found(connection, _OVERDUE[connection.dialect.name], before)


def stuck_sending(connection: Connection, before: int) -> Found:
    """Attempts that were begun then already and have not ended."""
    return _found(connection, _SENDING, before)


def stuck_composing(connection: Connection, before: int) -> Found:
    """Bodies that were to be composed then already."""
    return _found(connection, _COMPOSING, before)


def dead(connection: Connection, since: int) -> Found:
    """Deliveries that have died since."""
    return _found(connection, _DEAD, since)


def last_dead(connection: Connection, since: int) -> tuple[str, str] | None:
    """The client and the URL of the delivery that has died last since then."""
    found = connection.execute(_LAST_DEAD, {"before": since}).one_or_none()
    return None if found is None else (found[0], found[1])


def long_held(connection: Connection, before: int) -> Found:
    """Deliveries that were due then already, to endpoints that were held."""
    count, oldest = 0, []
    for id_ in holding.held_endpoints(connection, before):
        given = {"id": id_, "before": before, "most": MOST_FOUND}
        found = Found(*connection.execute(_HELD, given).one())
        count += found.count
        oldest += [] if found.oldest is None else [found.oldest]
    return Found(min(count, MOST_FOUND), min(oldest, default=None))


def _found(connection: Connection, query: TextClause, before: int) -> Found:
    return Found(*connection.execute(query, {"before": before, "most": MOST_FOUND}).one())


def disabled(connection: Connection) -> list[DisabledEndpoint]:
    """The disabled endpoints."""
    return [DisabledEndpoint(*row) for row in connection.execute(_DISABLED)]


def failing(connection: Connection) -> list[FailingEndpoint]:
    """The endpoints that only fail, and not by chance: a delivery has failed at least twice, or is dead."""
    found = []
    for id_, client, url, since in connection.execute(_FAILING).all():
        for query, are_dead in ((_TRIED_AGAIN, False), (_DEAD_OF, True)):
            count, reason = connection.execute(query, {"id": id_, "most": MOST_FOUND}).one()
            if count:
                found.append(FailingEndpoint(client, url, since, count, reason, are_dead))
                break
    return found


def latest_time(connection: Connection) -> int:
    """The latest time that anything was written at, or 0."""
    return connection.scalar(_LATEST, {"most": MOST_FOUND}) or 0


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
    """The names of the master keys by which anything in the store was written, each with the tables that need it.

    Of the tables that grow it looks at some thousand rows, from the first to the last.
    """
    found: dict[bytes, list[str]] = {}
    places = [
        (f"{table}.{column}", _names(connection, table, column))
        for table, columns in _ENCRYPTED.items()
        for column in columns
    ] + [(place, _names_of_many(connection, place, key)) for place, key in _ENCRYPTED_AND_MANY.items()]
    for place, names in places:
        for name in names:
            found.setdefault(name, []).append(place)
    return found


def _names(connection: Connection, table: str, column: str) -> list[bytes]:
    query = f"SELECT DISTINCT substr({column}, 1, {KEY_NAME_BYTES}) FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
    return [bytes(name) for name in connection.scalars(text(query))]


def _names_of_many(connection: Connection, place: str, key: str) -> list[bytes]:
    table, column = place.split(".")
    first, last = (connection.scalar(text(f"SELECT {end}({key}) FROM {table}")) for end in ("min", "max"))  # noqa: S608
    query = text(
        f"SELECT DISTINCT substr({column}, 1, {KEY_NAME_BYTES}) FROM ("  # noqa: S608
        f"SELECT {column} FROM {table} WHERE {key} >= :key ORDER BY {key} LIMIT {_AT_EACH}"
        f") AS looked WHERE {column} IS NOT NULL"
    )
    keys = [] if first is None else _spread(first, last)
    return sorted({bytes(name) for each in keys for name in connection.scalars(query, {"key": each})})


def _spread(first: Any, last: Any) -> list[Any]:
    """Keys from the first to the last: numbers, or ids, which follow time."""
    if isinstance(first, int):
        return sorted({first + (last - first) * point // _POINTS for point in range(_POINTS + 1)})
    began, ended = time_of(first), time_of(last)
    return ["", *(first_id(began + (ended - began) * point // _POINTS) for point in range(1, _POINTS)), last]
