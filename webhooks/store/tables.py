"""The tables, as the code reads and writes them. The migrations create them.

Times are microseconds since the epoch in UTC. Both databases keep the same number, and can sort and subtract it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

_NAMES = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
METADATA = MetaData(naming_convention=_NAMES)

_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only in a column of type INTEGER

CLIENTS = Table(
    "client",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("api_key_hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # JSON: an array of strings
    Column("only", Text, nullable=False),  # JSON: an object of strings
    Column("networks", Text, nullable=False),  # JSON: an array of strings
    Column("ports", Text, nullable=False),  # JSON: an array of numbers
    Column("url_patterns", Text, nullable=False),  # JSON: an array of strings
    Column("is_disabled", Boolean, nullable=False, server_default=false()),
    Column("disabled_at", BigInteger),  # since when it is
    Column("created_at", BigInteger, nullable=False),
)

REGISTRATIONS = Table(
    "registration",
    METADATA,
    Column("id", _SERIAL, primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("method", String(5), nullable=False),
    Column("secret", LargeBinary),  # encrypted; null where the registration has none
    Column("signing_key", LargeBinary),  # encrypted; null where the registration has none
    Column("previous_signing_key", LargeBinary),  # encrypted; it signs until previous_key_until
    Column("previous_key_until", BigInteger),
    Column("is_paused", Boolean, nullable=False, server_default=false()),
    Column("disabled_reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),  # the time of the first failure after the last success
    Column("held_since", BigInteger),  # since when it is paused or disabled
    Column("resumed_at", BigInteger),  # null once all deliveries that it had then were looked at
    Column("waits_until", BigInteger),  # the time until which the endpoint asked to be left alone, by Retry-After
    UniqueConstraint("client_id", "url"),
)

REGISTERED_EVENTS = Table(
    "registered_event",
    METADATA,
    Column("id", _SERIAL, primary_key=True),  # rises in the order of registering
    Column("registration_id", ForeignKey("registration.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(128), nullable=False, index=True),
    UniqueConstraint("registration_id", "event"),
)

REMOVALS = Table(
    "removal",  # a URL or an event of it that was removed, until its deliveries are written as cancelled
    METADATA,
    Column("id", _SERIAL, primary_key=True),
    Column("registration_id", _SERIAL, nullable=False),
    Column("event", String(128)),  # null where the whole URL was removed
    Column("through", BigInteger, nullable=False),  # the number of the last event before the removal
    Index(None, "registration_id"),
)

EVENTS = Table(
    "event",
    METADATA,
    Column("sequence", _SERIAL, primary_key=True),
    Column("id", String(200), nullable=False),
    Column("publisher_id", String(36), nullable=False),  # a client's id, or COMMAND_LINE
    Column("event", String(128), nullable=False),
    Column("arguments", Text),  # JSON; null once erased
    Column("digest", LargeBinary, nullable=False),  # a hash of the published event: tells a repetition from a conflict
    Column("state", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("id", "publisher_id"),
    sqlite_autoincrement=True,  # a number is never used again, so `webhook-sequence` only rises
)

COMPOSITIONS = Table(
    "composition",  # the making of an event's body: version 0 is for all its deliveries, each later one for a replay
    METADATA,
    Column("event_sequence", ForeignKey("event.sequence"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 0 at first; each recomposing adds 1
    Column("state", String(10), nullable=False),
    Column("body", LargeBinary),  # the engine's dump of it, encrypted; null before it is composed and once erased
    Column("reason", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger),  # null while no delivery is due, while parked, and once ended
    Column("parked_for", String(128)),  # while parked: the event code, whose gate is shut or whose lane is full
    Index(None, "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
    Index(
        None,
        "parked_for",
        "failures",
        "event_sequence",
        "version",
        sqlite_where=text("parked_for IS NOT NULL"),
        postgresql_where=text("parked_for IS NOT NULL"),
    ),
)

DELIVERIES = Table(
    "delivery",
    METADATA,
    Column("id", String(36), primary_key=True),  # a UUIDv7, which sorts by the time of its making
    Column("event_sequence", ForeignKey("event.sequence"), nullable=False, index=True),
    Column("version", Integer, nullable=False, server_default="0"),  # the composition's version
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("registration_id", _SERIAL),  # what was removed leaves its deliveries as they are
    Column("event", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger),
    Column("scheduled_at", BigInteger),  # when next_attempt_at was written; in the future if the clock was set back
    Column("attempts", Integer, nullable=False, server_default="0"),  # the number of the last one
    Column("failures", Integer, nullable=False, server_default="0"),  # how many waits of the retry schedule are used up
    Column("ended_at", BigInteger),
    Column("replay_of", ForeignKey("delivery.id", ondelete="SET NULL")),  # the delivery that it replays, if recomposed
    Index(None, "client_id", "id"),
    # PostgreSQL would look here for what waits for one endpoint too, among that of all others: it takes endpoints for
    # alike. It uses a partial index only for a constant, so such statements ask for `state = (SELECT 'pending')`. A
    # comparison of rows, `(registration_id, state, next_attempt_at) <= (…)`, would read on to the next endpoint.
    Index(None, "state", "next_attempt_at", postgresql_where=text("state <> 'delivered'")),  # SQLite would not use it
    Index(None, "registration_id", "state", "next_attempt_at"),
    Index(None, "ended_at", sqlite_where=text("ended_at IS NOT NULL"), postgresql_where=text("ended_at IS NOT NULL")),
    Index(
        "ix_delivery_dead_ended_at",
        "ended_at",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
)

ATTEMPTS = Table(
    "attempt",  # one request; its row is written before the request is sent
    METADATA,
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", BigInteger, nullable=False),
    Column("duration", BigInteger),  # microseconds; null while it is under way, and for ever if its process died
    Column("status", Integer),
    Column("error", String(40)),
    Column("answer", LargeBinary),  # the first bytes of the receiver's answer, encrypted
    Column("is_restricted", Boolean, nullable=False, server_default=false()),  # only administrators may read the answer
)

DEFINED_EVENTS = Table(
    "defined_event",  # events that had a definition. If it is gone, they wait; others without one get the default body
    METADATA,
    Column("event", String(128), primary_key=True),
    Column("since", BigInteger, nullable=False),
)

COMPOSERS = Table(
    "composer",  # by which definitions each process composes, as it told after it had read them last
    METADATA,
    Column("process", BigInteger, primary_key=True, autoincrement=False),  # process.id; 0 on SQLite, which one serves
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("read_at", BigInteger),  # when it read them; null before it has
    Column("trouble", Text),  # why it could not read them, or not read them again
    Column("definitions", Text, nullable=False),  # JSON: an array with the state, file, hash and fault of each event's
)

TALLIES = Table(
    "tally",  # attempts that ended, added up by each process for itself: what charts are drawn from
    METADATA,
    Column("series", String(8), primary_key=True),
    Column("endpoint", _SERIAL, primary_key=True, autoincrement=False),  # a registration; 0 for all together
    Column("what", String(8), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # when its minute or hour began
    Column("outcome", String(40), primary_key=True),
    Column("process", BigInteger, primary_key=True, autoincrement=False),  # chosen by chance
    Column("number", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),  # the sum of their microseconds
    Index(None, "series", "at"),
)

SEARCHES = Table(
    "housekeeping_search",  # how far each has come
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("reached", BigInteger, nullable=False),  # a time of ending, or an event's number
    Column("began_at", BigInteger, nullable=False),
)

JOBS = Table(
    "job",
    METADATA,
    Column("kind", String(10), primary_key=True),
    Column("key", String(60), primary_key=True),
    Column("due_at", BigInteger, nullable=False),  # on PostgreSQL by the database's clock
    Column("added_at", BigInteger),  # by the same clock: in the future if that was set back; null on SQLite
    Column("taken_by", BigInteger),  # the process that leases it; null on SQLite, where one process keeps the leases
    Index(None, "kind", "due_at", "key", postgresql_where=text("taken_by IS NULL")),
    Index(
        None,
        "taken_by",
        sqlite_where=text("taken_by IS NOT NULL"),
        postgresql_where=text("taken_by IS NOT NULL"),
    ),
)

PROCESSES = Table(
    "process",  # those that take jobs; none on SQLite
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # chosen by chance
    Column("seen_at", BigInteger, nullable=False),  # its last heartbeat, by the database's clock
)

UNCHECKED = (COMPOSITIONS.c.event_sequence, DELIVERIES.c.event_sequence, DELIVERIES.c.client_id, ATTEMPTS.c.delivery_id)
"""References that only SQLite checks when a row is written. On PostgreSQL each would be a statement for each row, about
rows that the same transaction has written or locked, and that nobody deletes. The doctor looks for what refers to none.
"""
