"""The ledger's columns as people write them: `TABLE.COLUMN`, with the schema where it is not the default one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.lineage.origins import LedgerColumn
from engine.sql.analysis import find_table
from engine.sql.schema import LedgerSchema, Table

_REGULAR: Final = re.compile(r"[^\W\d][\w@#$]*")
_PART: Final = re.compile(r"\[((?:[^\]]|\]\])+)\]|\"((?:[^\"]|\"\")+)\"|([^.\[\]\"]+)")


def name_of(origin: LedgerColumn, schema: LedgerSchema) -> str:
    """The name that `find_named` finds again; of an origin without a column, the table's."""
    owner = () if origin.schema.casefold() == schema.default_schema.casefold() else (origin.schema,)
    names = (*owner, origin.table, *([origin.name] if origin.name else ()))
    return ".".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return name if _REGULAR.fullmatch(name) else "[" + name.replace("]", "]]") + "]"


def split_name(text: str) -> tuple[str, ...]:
    """The parts of `dbo.t.c`, `[my table].c` or `"t"`; none where it is no name."""
    parts, at = [], 0
    while (found := _PART.match(text, at)) is not None:
        bracketed, quoted, plain = found.groups()
        parts.append(bracketed.replace("]]", "]") if bracketed else quoted.replace('""', '"') if quoted else plain)
        if found.end() == len(text):
            return tuple(part.strip() for part in parts)
        if text[found.end()] != ".":
            return ()
        at = found.end() + 1
    return ()


def find_named(parts: Sequence[str], schema: LedgerSchema) -> tuple[LedgerColumn, ...]:
    """The column or table of that name, case aside, without a `name` for a whole table; empty where there is none.

    `a.b` may be a column and a table of another schema too: then it is both.
    """
    found = []
    for owner, name, column in _readings(parts):
        table = find_table(schema, name, owner)
        if table is None:
            continue
        if column is None:
            found.append(LedgerColumn(table.schema, table.name, is_view=table.is_view))
        elif (known := table.column(column)) is not None:
            found.append(LedgerColumn(table.schema, table.name, known.name, table.is_view))
    return tuple(found)


def tables_named(parts: Sequence[str], schema: LedgerSchema) -> tuple[Table, ...]:
    """The tables that a name with a column means, whether or not they have the column."""
    found = [find_table(schema, name, owner) for owner, name, column in _readings(parts) if column is not None]
    return tuple(table for table in found if table is not None)


def _readings(parts: Sequence[str]) -> list[tuple[str | None, str, str | None]]:
    """Owner, table and column, as the parts may be meant."""
    match parts:
        case [table]:
            return [(None, table, None)]
        case [first, second]:
            return [(None, first, second), (first, second, None)]
        case [owner, table, column]:
            return [(owner, table, column)]
    return []
