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
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

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

DELIVERIES = Table(
    "delivery",
    METADATA,
    Column("id", String(36), primary_key=True),  # UUIDv7: sorted by time
    Column("event_sequence", ForeignKey("event.sequence"), nullable=False, index=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("registration_id", ForeignKey("registration.id", ondelete="SET NULL"), index=True),
    Column("event", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger),
    Column("replay_of", ForeignKey("delivery.id", ondelete="SET NULL")),  # where it was composed afresh
    Index(None, "client_id", "id"),
    Index(None, "state", "next_attempt_at"),
)
