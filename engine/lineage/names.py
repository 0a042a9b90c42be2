"""The ledger's columns as people write them: `TABLE.COLUMN`, with the schema where it is not the default one."""

from __future__ import annotations

import re
from typing import Final

from engine.lineage.origins import LedgerColumn
from engine.sql.schema import LedgerSchema

_REGULAR: Final = re.compile(r"[^\W\d][\w@#$]*")


def name_of(origin: LedgerColumn, schema: LedgerSchema) -> str:
    """The name as T-SQL takes it; of an origin without a column, the table's."""
    owner = () if origin.schema.casefold() == schema.default_schema.casefold() else (origin.schema,)
    names = (*owner, origin.table, *([origin.name] if origin.name else ()))
    return ".".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return name if _REGULAR.fullmatch(name) else "[" + name.replace("]", "]]") + "]"
