"""PostgreSQL checks no reference to a row that the same transaction wrote or locked, and that nobody deletes."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REFERENCES = ("composition", "event_sequence"), ("delivery", "event_sequence"), ("delivery", "client_id")


def upgrade() -> None:
    """Drops their foreign keys. On SQLite such a check is a look at a page that is in memory, so it stays."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (*_REFERENCES, ("attempt", "delivery_id")):
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
