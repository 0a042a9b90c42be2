"""Held and cancelled by removal are facts of the endpoint: deliveries that were written as held are pending again."""

import re
import time

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOREIGN_KEY = re.compile(r",\s*CONSTRAINT fk_delivery_registration_id FOREIGN KEY ?\([^)]*\) REFERENCES [^,]*SET NULL")
# An endpoint that is not held any more, and has deliveries that are, was resumed and not settled yet.
_TIMES = """
UPDATE registration
SET held_since = coalesce(
    (SELECT min(held_at) FROM delivery WHERE registration_id = registration.id AND state = 'held'), :now
)
WHERE is_paused OR disabled_reason IS NOT NULL;
UPDATE client
SET disabled_at = coalesce((
    SELECT min(held_at) FROM delivery
    JOIN registration ON registration.id = delivery.registration_id
    WHERE registration.client_id = client.id AND state = 'held'
), :now)
WHERE is_disabled;
UPDATE registration
SET resumed_at = :now
WHERE NOT (is_paused OR disabled_reason IS NOT NULL)
    AND EXISTS (SELECT 1 FROM delivery WHERE registration_id = registration.id AND state = 'held')
"""
# Why a delivery is held is read from its endpoint; what stands behind that in its reason stays.
_PENDING = """
UPDATE delivery
SET state = 'pending', next_attempt_at = coalesce(held_at, created_at), scheduled_at = coalesce(held_at, created_at),
    reason = CASE
        WHEN reason NOT IN (
            'the endpoint is paused', 'the endpoint is disabled', 'the endpoint''s client is disabled'
        ) THEN replace(replace(replace(
            reason, 'the endpoint is paused; ', ''), 'the endpoint is disabled; ', ''
        ), 'the endpoint''s client is disabled; ', '')
    END
WHERE state = 'held'
"""


def upgrade() -> None:
    """Makes it so."""
    op.add_column("client", sa.Column("disabled_at", sa.BigInteger(), nullable=True))
    op.add_column("registration", sa.Column("held_since", sa.BigInteger(), nullable=True))
    op.add_column("registration", sa.Column("resumed_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "removal",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("registration_id", _SERIAL, nullable=False),
        sa.Column("event", sa.String(length=128), nullable=True),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
    )
    op.create_index(op.f("ix_removal_registration_id"), "removal", ["registration_id"])
    for statement in _TIMES.split(";"):
        op.get_bind().execute(sa.text(statement), {"now": time.time_ns() // 1000})
    op.execute(sa.text(_PENDING))
    op.create_index(
        "ix_delivery_dead_ended_at",
        "delivery",
        ["ended_at"],
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop_foreign_key()
    else:
        op.drop_constraint(op.f("fk_delivery_registration_id"), "delivery", type_="foreignkey")
    op.drop_column("delivery", "held_at")


def _drop_foreign_key() -> None:
    """By the way that SQLite documents for constraints (lang_altertable.html): rows stay as they are."""
    run = op.get_bind().exec_driver_sql
    (sql,) = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'delivery'").one()
    changed, count = _FOREIGN_KEY.subn("", sql)
    if count != 1:
        raise RuntimeError("the table of deliveries is not as the migrations before made it")
    (version,) = run("PRAGMA schema_version").one()
    run("PRAGMA writable_schema = ON")
    run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'delivery'", (changed,))
    run(f"PRAGMA schema_version = {version + 1}")
    run("PRAGMA writable_schema = OFF")
