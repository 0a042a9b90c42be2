"""Reads CHECK constraints, and which of them hold for every row (Microsoft Learn, "ALTER TABLE (Transact-SQL)").

One that was added or enabled again WITH NOCHECK does not hold for the rows that were there before.
"""

from __future__ import annotations

from engine.sql.ddl.cursor import Cursor
from engine.sql.ddl.draft import Check, TableDraft


def read_check(item: Cursor, name: str | None, table: TableDraft) -> None:
    """Reads what follows the word CHECK."""
    is_replicated = not item.accept("NOT", "FOR", "REPLICATION")
    if item.word == "(":
        inside = item.group()
        condition = inside.text_between(inside.index, inside.end)
        table.checks.append(Check(name, condition, is_replicated, is_replicated))


def enable_checks(cursor: Cursor, table: TableDraft | None, *, looks_at_rows: bool | None) -> None:
    """Reads `ALL` or names; `looks_at_rows` is None for CHECK CONSTRAINT alone, which leaves one as it is."""
    is_all = cursor.accept("ALL")
    names = [] if is_all else _names(cursor)
    if table is None or looks_at_rows is None:
        return
    for check in table.checks:
        if is_all or _means(check, names, table, may_be_unnamed=not looks_at_rows):
            check.is_trusted = looks_at_rows and check.is_replicated


def drop_check(name: str, table: TableDraft) -> None:
    """Takes a CHECK out."""
    table.checks = [check for check in table.checks if not _means(check, [name], table, may_be_unnamed=True)]


def _names(cursor: Cursor) -> list[str]:
    names = [cursor.name()] if cursor.at_name else []
    while names and cursor.accept(",") and cursor.at_name:
        names.append(cursor.name())
    return names


def _means(check: Check, names: list[str], table: TableDraft, *, may_be_unnamed: bool) -> bool:
    """Whether one of the names is the constraint's. SQL Server names those that the script does not."""
    meant = {name.casefold() for name in names}
    if check.name is not None:
        return check.name.casefold() in meant
    known = {each.name.casefold() for each in table.checks if each.name is not None}
    return may_be_unnamed and bool(meant - known)
