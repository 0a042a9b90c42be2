"""SQL that the tests of all ledgers share, in SQL Server's dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.model import Dialect, Statement

_TYPES: Final = {" text)": " nvarchar(4000))", " integer)": " int)"}
_PLACEHOLDER: Final = re.compile(r"\$(\d)")


def asked(dialect: str, sql: str, *batch: Sequence[object]) -> tuple[Statement, list[Sequence[object]]]:
    """The statement with lists of values for it, where `sql` has `$1`, `$2`, …: SQL Server has `?` for each of them."""
    if dialect != Dialect.SQL_SERVER:
        return Statement(sql, (), ()), list(batch)
    order = [int(number) - 1 for number in _PLACEHOLDER.findall(sql)]
    sql = _PLACEHOLDER.sub("?", sql)
    for theirs, ours in _TYPES.items():
        sql = sql.replace(theirs, ours)
    return Statement(sql, (), ()), [[values[place] for place in order] for values in batch]
