"""Which definitions each process composes by; before, the faults of whichever process had read its files last."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replaces the table: each process tells when it starts."""
    op.drop_table("definition_fault")
    op.create_table(
        "composer",
        sa.Column("process", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("trouble", sa.Text()),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_composer")),
    )
