"""What delivering needs: composed bodies, attempts, and the embedded queue."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PGQUEUER_SET_UP = """
CREATE FUNCTION fn_pgqueuer_log_not_kept() RETURNS trigger AS $$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE TRIGGER tg_pgqueuer_log_not_kept BEFORE INSERT ON pgqueuer_log
FOR EACH ROW EXECUTE FUNCTION fn_pgqueuer_log_not_kept();
ALTER TABLE pgqueuer SET (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_analyze_threshold = 500,
    autovacuum_vacuum_cost_limit = 10000,
    autovacuum_vacuum_cost_delay = 0,
    fillfactor = 70
);
"""  # the second half is what `pgq autovac` sets


def upgrade() -> None:
    """Makes them; deliveries that the first version took are composed and sent like any other."""
    op.add_column("registration", sa.Column("failing_since", sa.BigInteger(), nullable=True))
    op.add_column("registration", sa.Column("waits_until", sa.BigInteger(), nullable=True))
    _compositions()
    _deliveries()
    _attempts()
    op.create_table(
        "defined_event",
        sa.Column("event", sa.String(length=128), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_defined_event")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _jobs()
    else:
        _pgqueuer()


def _compositions() -> None:
    op.create_table(
        "composition",
        sa.Column("event_sequence", _SERIAL, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("parked_for", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["event_sequence"], ["event.sequence"], name=op.f("fk_composition_event_sequence")),
        sa.PrimaryKeyConstraint("event_sequence", "version", name=op.f("pk_composition")),
    )
    for columns in (["due_at"], ["parked_for", "failures", "event_sequence", "version"]):
        op.create_index(
            op.f(f"ix_composition_{'_'.join(columns)}"),
            "composition",
            columns,
            sqlite_where=sa.text(f"{columns[0]} IS NOT NULL"),
            postgresql_where=sa.text(f"{columns[0]} IS NOT NULL"),
        )
    op.execute(
        "INSERT INTO composition (event_sequence, version, state, due_at)"
        " SELECT event_sequence, 0, 'waiting', min(next_attempt_at) FROM delivery GROUP BY event_sequence"
    )


def _deliveries() -> None:
    for column in (
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scheduled_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("delivery", column)
    op.execute("UPDATE delivery SET scheduled_at = created_at WHERE state = 'pending'")
    op.execute("UPDATE delivery SET held_at = created_at WHERE state = 'held'")
    op.execute("UPDATE delivery SET ended_at = created_at WHERE state = 'cancelled'")
    op.drop_index(op.f("ix_delivery_registration_id"), "delivery")
    columns = ["registration_id", "state", "next_attempt_at"]
    op.create_index(op.f("ix_delivery_registration_id_state_next_attempt_at"), "delivery", columns)
    op.create_index(
        op.f("ix_delivery_ended_at"),
        "delivery",
        ["ended_at"],
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("is_restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempt")),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_kind_due_at_key"), "job", ["kind", "due_at", "key"])


def _pgqueuer() -> None:
    """PgQueuer's own tables, as its version 1.6 makes them, and durable; nobody reads its log, so none is kept."""
    sql = Path(__file__).with_name("0002_pgqueuer.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(sql + _PGQUEUER_SET_UP, execution_options={"no_parameters": True})
