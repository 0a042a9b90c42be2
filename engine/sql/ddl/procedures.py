"""Reads the system procedures that declare or rename: sp_addtype and sp_rename (Microsoft Learn)."""

from __future__ import annotations

from dataclasses import replace

from engine.sql.ddl.cursor import Cursor, ObjectName, Script, UnreadableError
from engine.sql.ddl.declared_types import read_type
from engine.sql.ddl.draft import SchemaDraft, SelectDraft, TableDraft

_NOT_NULL = ("NOT NULL", "NONULL")


def add_type(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from behind `sp_addtype` on: an alias type's name, its base and whether it takes NULL ("sp_addtype")."""
    offset = cursor.offset
    name, base, nulls, *_ = [*cursor.arguments(), "", "", ""]
    if not name or not base:
        return
    key = draft.default_schema.casefold(), name.casefold()
    draft.aliases[key] = read_type(_inside(base, offset), {}, default_schema=draft.default_schema)
    if nulls.upper() in _NOT_NULL:
        draft.not_null_aliases.add(key)


def rename(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from behind `sp_rename` on; what is neither a table, view or function nor a column is passed over."""
    offset = cursor.offset
    written, new, kind, *_ = [*cursor.arguments(), "", "", ""]
    try:
        name = _inside(written, offset).object_name()
    except UnreadableError:
        return
    if not new:
        return
    if kind.upper() == "COLUMN":
        _rename_column(name, new, draft)
    elif kind.upper() in ("", "OBJECT"):
        _rename_object(name, new, draft)


def _inside(text: str, origin: int) -> Cursor:
    """A cursor over what an argument says; faults in it stand at `origin`."""
    script = Script.of(text, origin=origin)
    return Cursor(script, 0, len(script.tokens))


def _rename_object(name: ObjectName, new: str, draft: SchemaDraft) -> None:
    old = draft.key(name)
    key = old[0], new.casefold()
    found: TableDraft | SelectDraft | None = draft.tables.get(old) or draft.selects.get(old)
    function = draft.functions.get(old)
    if found is None and function is None:
        return  # a constraint, a trigger, or a table that another script declares
    draft.forget(key)
    classified = draft.classified.get(old)
    draft.forget(old)
    if isinstance(found, TableDraft):
        found.name = new
        draft.tables[key] = found
    elif found is not None:
        found.name = new
        draft.selects[key] = found
    if function is not None:
        draft.functions[key] = replace(function, name=new)
    if classified is not None:
        draft.classified[key] = classified


def _rename_column(name: ObjectName, new: str, draft: SchemaDraft) -> None:
    """`name` is that of the column: its parts are those of the table, one place to the left."""
    key = (name.database or draft.default_schema).casefold(), (name.schema or "").casefold()
    table = draft.tables.get(key)
    if table is None:
        return
    old = name.name.casefold()
    classified = draft.classified.get(key, {})
    if old in classified:
        classified[new.casefold()] = replace(classified.pop(old), column=new)
    table.columns = {
        new.casefold() if folded == old else folded: replace(column, name=new) if folded == old else column
        for folded, column in table.columns.items()
    }
    table.primary_key = tuple(_renamed(part, old, new) for part in table.primary_key)
    table.indexes = [
        replace(index, columns=tuple(_renamed(part, old, new) for part in index.columns)) for index in table.indexes
    ]


def _renamed(name: str, old: str, new: str) -> str:
    return new if name.casefold() == old else name
