"""One table of jobs on both kinds of database: PgQueuer's rows become jobs, and what it made is dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A row that was picked is taken again: the processes that picked one have ended.
_MOVE = """
LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE;
INSERT INTO job (kind, key, due_at, added_at)
SELECT entrypoint, substr(dedupe_key, length(entrypoint) + 2),
    (extract(epoch FROM execute_after) * 1000000)::bigint, (extract(epoch FROM created) * 1000000)::bigint
FROM pgqueuer
WHERE status IN ('queued', 'picked')
    AND dedupe_key IS NOT NULL
"""
_DROP = """
DROP TABLE pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics;
DROP FUNCTION fn_pgqueuer_changed, fn_pgqueuer_log_not_kept;
DROP TYPE pgqueuer_status;
"""
# Each job is a row for a short time, so most rows are dead soon. They are removed before they are many.
_AUTOVACUUM = """
ALTER TABLE job SET (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_analyze_scale_factor = 0.1,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE process SET (fillfactor = 10)
"""  # a heartbeat stays on its page then, and writes to no index


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "process",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.add_column("job", sa.Column("added_at", sa.BigInteger(), nullable=True))
        op.add_column("job", sa.Column("taken_by", sa.BigInteger(), nullable=True))
    else:
        _jobs()
    op.create_index(
        op.f("ix_job_taken_by"),
        "job",
        ["taken_by"],
        sqlite_where=sa.text("taken_by IS NOT NULL"),
        postgresql_where=sa.text("taken_by IS NOT NULL"),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_job")),
    )
    op.execute(_MOVE)
    op.create_index(
        op.f("ix_job_kind_due_at_key"), "job", ["kind", "due_at", "key"], postgresql_where=sa.text("taken_by IS NULL")
    )
    op.execute(_DROP + _AUTOVACUUM)
