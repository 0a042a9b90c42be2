"""Where the searches of housekeeping go on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table; each search begins at the beginning."""
    op.create_table(
        "housekeeping_search",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_housekeeping_search")),
    )
