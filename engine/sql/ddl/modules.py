"""Reads CREATE VIEW and CREATE FUNCTION (Microsoft Learn, pages of those names)."""

from __future__ import annotations

from engine.model import SqlType
from engine.sql.ddl.columns import unwrapped
from engine.sql.ddl.cursor import Cursor, ObjectName
from engine.sql.ddl.declared_types import read_type
from engine.sql.ddl.draft import SchemaDraft, SelectDraft, TableDraft
from engine.sql.ddl.tables import read_elements
from engine.sql.scanner import TokenKind
from engine.sql.schema import Column, Function
from engine.sql.wordlist import words

# MERGE is a join hint, too.
_AFTER_SELECT = frozenset(word.upper() for word in words("statement_words.txt", "statements")) - {"MERGE"} | {";"}
_CHECK_OPTION = ("WITH", "CHECK", "OPTION")


def create_view(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from the name on; a view of that name is replaced."""
    name = cursor.object_name()
    columns = tuple(item.name() for item in cursor.group().items()) if cursor.word == "(" else ()
    _step_to(cursor, "AS")
    select = _select(cursor)
    if select.script.words[select.end - 3 : select.end] == _CHECK_OPTION:
        select.end -= 3
    text = select.text_between(select.index, select.end)
    if not text:
        raise select.unreadable("the SELECT of the view is expected here")
    draft.forget(draft.key(name))
    draft.selects[draft.key(name)] = SelectDraft(
        draft.schema_of(name), name.name, columns, text, select.offset, name.offset
    )


def create_function(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from the name on; a function of that name is replaced. The body of one that has BEGIN is passed over."""
    name = cursor.object_name()
    if cursor.word != "(":
        raise cursor.unreadable("the parameters of the function are expected here, in parentheses")
    parameters = _parameters(cursor.group(), draft)
    cursor.expect("RETURNS")
    if cursor.kind is TokenKind.VARIABLE:
        cursor.step()
        cursor.expect("TABLE")
        _declare(name, draft, parameters, columns=_columns(cursor.group(), name, draft))
    elif not cursor.accept("TABLE"):
        result = read_type(cursor, draft.aliases, default_schema=draft.default_schema)
        _declare(name, draft, parameters, result=result)
    elif cursor.word == "(":
        _declare(name, draft, parameters, columns=_columns(cursor.group(), name, draft))
    else:
        _inline_function(cursor, draft, name, parameters)


def _declare(
    name: ObjectName,
    draft: SchemaDraft,
    parameters: dict[str, SqlType],
    *,
    result: SqlType | None = None,
    columns: tuple[Column, ...] = (),
) -> None:
    draft.forget(draft.key(name))
    types = tuple(parameters.values())
    draft.functions[draft.key(name)] = Function(draft.schema_of(name), name.name, types, result, columns)


def _inline_function(cursor: Cursor, draft: SchemaDraft, name: ObjectName, parameters: dict[str, SqlType]) -> None:
    _step_to(cursor, "RETURN")
    select = _select(cursor)
    offset = select.offset
    text = unwrapped(select)
    if not text:
        raise select.unreadable("the SELECT of the function is expected here")
    draft.forget(draft.key(name))
    draft.selects[draft.key(name)] = SelectDraft(
        draft.schema_of(name), name.name, (), text, offset, name.offset, parameters
    )


def _parameters(cursor: Cursor, draft: SchemaDraft) -> dict[str, SqlType]:
    """Type by case-folded name, which starts with `@`."""
    parameters = {}
    for item in cursor.items():
        if item.kind is not TokenKind.VARIABLE:
            raise item.unreadable("a parameter is expected here: @name and its type")
        name = item.source().casefold()
        item.step()
        item.accept("AS")
        parameters[name] = read_type(item, draft.aliases, default_schema=draft.default_schema)
    return parameters


def _columns(cursor: Cursor, name: ObjectName, draft: SchemaDraft) -> tuple[Column, ...]:
    table = TableDraft(draft.schema_of(name), name.name)
    read_elements(cursor, table, draft)
    return tuple(table.columns.values())


def _step_to(cursor: Cursor, word: str) -> None:
    """Steps behind the next `word`."""
    while cursor.word != word and not cursor.done:
        cursor.step()
    cursor.expect(word)


def _select(cursor: Cursor) -> Cursor:
    """What follows up to a semicolon, the next statement or the end of the batch; steps over it."""
    start = cursor.index
    while not cursor.done and cursor.word not in _AFTER_SELECT:
        cursor.step()
    return Cursor(cursor.script, start, cursor.index)
