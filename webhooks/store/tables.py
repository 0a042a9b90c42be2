"""The tables. Migrations make them; this is what the code reads and writes.

Times are microseconds since the epoch in UTC: the same number on both databases, which sorts and subtracts.
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
EMBEDDED = MetaData(naming_convention=_NAMES)
"""What only a store on SQLite has beside them."""

_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER only

CLIENTS = Table(
    "client",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("api_key_hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # JSON arrays and objects of text
    Column("only", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("ports", Text, nullable=False),
    Column("url_patterns", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", BigInteger, nullable=False),
)

REGISTRATIONS = Table(
    "registration",
    METADATA,
    Column("id", _SERIAL, primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("method", String(5), nullable=False),
    Column("secret", LargeBinary),  # encrypted, as the keys are; null where there is none
    Column("signing_key", LargeBinary),
    Column("previous_signing_key", LargeBinary),
    Column("previous_key_until", BigInteger),
    Column("is_paused", Boolean, nullable=False, server_default=false()),
    Column("disabled_reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),  # the first failure after the last success
    Column("waits_until", BigInteger),  # as its Retry-After said
    UniqueConstraint("client_id", "url"),
)

REGISTERED_EVENTS = Table(
    "registered_event",
    METADATA,
    Column("id", _SERIAL, primary_key=True),  # the order in which they were registered
    Column("registration_id", ForeignKey("registration.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(128), nullable=False, index=True),
    UniqueConstraint("registration_id", "event"),
)

EVENTS = Table(
    "event",
    METADATA,
    Column("sequence", _SERIAL, primary_key=True),
    Column("id", String(200), nullable=False),
    Column("publisher_id", String(36), nullable=False),  # a client's id, or COMMAND_LINE
    Column("event", String(128), nullable=False),
    Column("arguments", Text),  # JSON; null once erased
    Column("digest", LargeBinary, nullable=False),  # of what was published, to tell a repetition from a conflict
    Column("state", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("id", "publisher_id"),
    sqlite_autoincrement=True,  # a number is never used again, so `webhook-sequence` only rises
)

COMPOSITIONS = Table(
    "composition",  # of an event's body: once for all its deliveries, and again for each that is composed afresh
    METADATA,
    Column("event_sequence", ForeignKey("event.sequence"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 0, then 1, 2, … for those composed afresh
    Column("state", String(10), nullable=False),
    Column("body", LargeBinary),  # as the engine dumps it, encrypted; null until it is composed, and once erased
    Column("reason", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger),  # null while no delivery is due, while it is parked, and at its end
    Column("parked_for", String(128)),  # the event code that cannot be composed now, or has too many that wait
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
    Column("id", String(36), primary_key=True),  # UUIDv7: sorted by time
    Column("event_sequence", ForeignKey("event.sequence"), nullable=False, index=True),
    Column("version", Integer, nullable=False, server_default="0"),  # of the composition
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("registration_id", ForeignKey("registration.id", ondelete="SET NULL")),
    Column("event", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger),
    Column("scheduled_at", BigInteger),  # when next_attempt_at was set: later than now, where the clock was set back
    Column("attempts", Integer, nullable=False, server_default="0"),  # the number of the last one
    Column("failures", Integer, nullable=False, server_default="0"),  # how much of the schedule they have used up
    Column("held_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("replay_of", ForeignKey("delivery.id", ondelete="SET NULL")),  # where it was composed afresh
    Index(None, "client_id", "id"),
    Index(None, "state", "next_attempt_at"),
    Index(None, "registration_id", "state", "next_attempt_at"),
    Index(None, "ended_at", sqlite_where=text("ended_at IS NOT NULL"), postgresql_where=text("ended_at IS NOT NULL")),
)

ATTEMPTS = Table(
    "attempt",  # written before it is sent
    METADATA,
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", BigInteger, nullable=False),
    Column("duration", BigInteger),  # µs; null while it is under way, and where its process died
    Column("status", Integer),
    Column("error", String(40)),
    Column("answer", LargeBinary),  # the beginning of it, encrypted
    Column("is_restricted", Boolean, nullable=False, server_default=false()),  # the answer is for administrators only
)

DEFINED_EVENTS = Table(
    "defined_event",  # which events had a definition: without it they are held, not sent with the default body
    METADATA,
    Column("event", String(128), primary_key=True),
    Column("since", BigInteger, nullable=False),
)

JOBS = Table(
    "job",  # of the embedded queue; on PostgreSQL there are PgQueuer's tables instead
    EMBEDDED,
    Column("kind", String(10), primary_key=True),
    Column("key", String(60), primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Index(None, "kind", "due_at", "key"),
)
