"""Tallies: attempts that ended, added up for charts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the table; what ended before is in no chart."""
    op.create_table(
        "tally",
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("endpoint", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("process", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "endpoint", "what", "at", "outcome", "process", name=op.f("pk_tally")),
    )
    op.create_index(op.f("ix_tally_series_at"), "tally", ["series", "at"])
