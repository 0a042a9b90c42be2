"""Why events cannot be composed by their definitions, for whoever asks before an event comes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table; the service fills it when it next reads its definitions."""
    op.create_table(
        "definition_fault",
        sa.Column("event", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_definition_fault")),
    )
