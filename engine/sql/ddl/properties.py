"""Reads the extended properties by which a snapshot notes what T-SQL has no statement for.

They are valid on SQL Server, where they say nothing (Microsoft Learn, "sp_addextendedproperty (Transact-SQL)").
"""

from __future__ import annotations

from typing import Final

from engine.model import LEDGER_OWN, Dialect
from engine.sql.ddl.cursor import Cursor
from engine.sql.ddl.draft import SchemaDraft

LEDGER: Final = "aptic.ledger"
"""The kind of the ledger that the schema was read from: with it, strings compare as they do there."""
DEFAULT_SCHEMA: Final = "aptic.default_schema"
VIEW: Final = "aptic.view"
"""Says of a table that it is a view whose SELECT is not told."""


def read_property(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from behind `sp_addextendedproperty` on; a property that is none of a snapshot is passed over."""
    name, value, *levels = [*cursor.arguments(), "", ""]
    if name == LEDGER and value in Dialect.__members__.values():
        draft.ledger = Dialect(value)
        if draft.ledger is not Dialect.SQL_SERVER:
            draft.collation = LEDGER_OWN
    elif name == DEFAULT_SCHEMA and value:
        draft.default_schema = value
    elif name == VIEW and (table := draft.tables.get(_table(levels))) is not None:
        table.is_view = True


def _table(levels: list[str]) -> tuple[str, str]:
    """The key in SCHEMA, its name, TABLE, its name."""
    names = [*levels, "", "", "", ""]
    return names[1].casefold(), names[3].casefold()
