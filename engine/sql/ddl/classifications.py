"""Reads which columns are sensitive (Microsoft Learn, "ADD SENSITIVITY CLASSIFICATION (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Iterator

from engine.sql.ddl.cursor import Cursor
from engine.sql.ddl.draft import Classified, Key, SchemaDraft
from engine.sql.schema import Classification


def read_classification(cursor: Cursor, draft: SchemaDraft) -> bool:
    """Reads a statement that classifies columns, or takes that back; False for any other."""
    if cursor.accept("ADD", "SENSITIVITY", "CLASSIFICATION", "TO"):
        _add(cursor, draft)
    elif cursor.accept("DROP", "SENSITIVITY", "CLASSIFICATION", "FROM"):
        for key, column, _ in _columns(cursor, draft):
            draft.classified.get(key, {}).pop(column.casefold(), None)
    else:
        return False
    return True


def _add(cursor: Cursor, draft: SchemaDraft) -> None:
    """Columns, then WITH and what they are. A column's last classification counts."""
    found = list(_columns(cursor, draft))
    cursor.expect("WITH")
    values: dict[str, str] = {}
    for item in cursor.group().items():
        option = item.word
        item.step()
        item.expect("=")
        values[option] = item.string() or item.word
    given = [values.get(option, "") for option in ("LABEL", "INFORMATION_TYPE", "RANK")]
    for key, column, offset in found:
        classified = Classified(column, Classification(*given), offset)
        draft.classified.setdefault(key, {})[column.casefold()] = classified


def _columns(cursor: Cursor, draft: SchemaDraft) -> Iterator[tuple[Key, str, int]]:
    """The table, the column and its place, of each `schema.table.column` or `table.column` in a list."""
    while True:
        name = cursor.object_name()  # the column stands where an object's name does
        if name.schema is None:
            raise cursor.unreadable("a table and its column are expected here: table.column")
        yield ((name.database or draft.default_schema).casefold(), name.schema.casefold()), name.name, name.name_offset
        if not cursor.accept(","):
            return
