"""Reads CREATE TABLE, ALTER TABLE and CREATE INDEX (Microsoft Learn, "CREATE TABLE (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import replace

from engine.sql.ddl.checks import drop_check, enable_checks, read_check
from engine.sql.ddl.columns import default_expression, read_column, skip_reference
from engine.sql.ddl.cursor import Cursor, ObjectName, UndeclaredError, UnreadableError
from engine.sql.ddl.draft import SchemaDraft, TableDraft
from engine.sql.schema import Index
from engine.sql.wordlist import words

# What ends an ALTER TABLE … ADD, or CREATE DATABASE, that has no semicolon: reserved words that start a statement.
_STATEMENT_WORDS = frozenset(word.upper() for word in words("statement_words.txt", "statements")) | {
    "SELECT",
    "END",
    "ELSE",
}
# Behind these words they start none: ON DELETE SET NULL, DROP COLUMN IF EXISTS.
_LEADING_ON = frozenset({"ON", "DELETE", "UPDATE", "COLUMN", "CONSTRAINT"})
# What a table's constraint, index or period begins with; a column may have such a name.
_CONSTRAINT_WORDS = frozenset(
    {"CHECK", "CONNECTION", "CONSTRAINT", "DEFAULT", "FOREIGN", "INDEX", "PERIOD", "PRIMARY", "UNIQUE"}
)


def create_table(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from the name on; a temporary table is passed over."""
    name = cursor.object_name()
    if cursor.word != "(":
        raise cursor.unreadable("CREATE TABLE needs its list of columns here: write it out")
    body = cursor.group()
    if name.name.startswith("#"):
        return
    key = draft.key(name)
    if key in draft.tables or key in draft.selects:
        raise UnreadableError(name.offset, f"{draft.schema_of(name)}.{name.name} is already declared above")
    table = TableDraft(draft.schema_of(name), name.name, offset=name.name_offset)
    read_elements(body, table, draft)
    draft.tables[key] = table


def alter_table(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from the name on: ADD, ALTER COLUMN, DROP, CHECK and NOCHECK change the table, all else is passed over."""
    name = cursor.object_name()
    if name.name.startswith("#"):
        return
    looks_at_rows = True if cursor.accept("WITH", "CHECK") else False if cursor.accept("WITH", "NOCHECK") else None
    if cursor.accept("ADD"):
        _add(rest_of_statement(cursor), _known(name, draft), draft, is_trusted=looks_at_rows is not False)
    elif cursor.accept("CHECK", "CONSTRAINT"):
        enable_checks(cursor, draft.tables.get(draft.key(name)), looks_at_rows=looks_at_rows)
    elif cursor.accept("NOCHECK", "CONSTRAINT"):
        enable_checks(cursor, draft.tables.get(draft.key(name)), looks_at_rows=False)
    elif cursor.accept("ALTER", "COLUMN"):
        _alter_column(cursor, _known(name, draft), draft)
    elif cursor.accept("DROP"):
        _drop(rest_of_statement(cursor), _known(name, draft))


def create_index(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads from the index's name on; an index on a view or without key columns is passed over."""
    index = cursor.name()
    cursor.expect("ON")
    table = draft.tables.get(draft.key(cursor.object_name()))
    if table is not None and cursor.word == "(":
        table.indexes.append(Index(index, _key_columns(cursor)))


def read_elements(cursor: Cursor, table: TableDraft, draft: SchemaDraft) -> None:
    """Reads a list of columns and table constraints into `table`; a column that is there already is a fault."""
    for item in cursor.items():
        offset = item.offset
        if item.word in _CONSTRAINT_WORDS and _table_constraint(item, table):
            continue
        column = read_column(item, table, draft)
        if table.columns.setdefault(column.name.casefold(), column) is not column:
            raise UnreadableError(offset, f"column {column.name} of {table.name} is declared twice")


def _add(cursor: Cursor, table: TableDraft, draft: SchemaDraft, *, is_trusted: bool) -> None:
    """Reads what is added; rows that are there need not meet a CHECK that is not trusted."""
    known = len(table.checks)
    read_elements(cursor, table, draft)
    for check in table.checks[known:]:
        check.is_trusted = check.is_trusted and is_trusted


def _known(name: ObjectName, draft: SchemaDraft) -> TableDraft:
    table = draft.tables.get(draft.key(name))
    if table is None:
        raise UndeclaredError(name.offset, f"table {draft.schema_of(name)}.{name.name} is not declared above")
    return table


def rest_of_statement(cursor: Cursor) -> Cursor:
    """What follows, up to a semicolon or a word that starts another statement; steps over it."""
    start = cursor.index
    before = ""
    while not cursor.done and cursor.word != ";":
        if cursor.word in _STATEMENT_WORDS and before not in _LEADING_ON:
            break
        before = cursor.word
        cursor.step()
    return Cursor(cursor.script, start, cursor.index)


def _table_constraint(item: Cursor, table: TableDraft) -> bool:
    """Reads a table constraint or index; False, at the place where it was, if the item is a column."""
    start = item.index
    name = item.name() if item.accept("CONSTRAINT") else None
    if item.accept("PRIMARY", "KEY"):
        table.primary_key = _key_columns(item)
    elif item.accept("UNIQUE"):
        table.indexes.append(Index(name, _key_columns(item)))
    elif item.accept("DEFAULT"):
        _default_for(item, table)
    elif item.accept("FOREIGN", "KEY"):
        skip_reference(item)
    elif item.accept("CHECK"):
        read_check(item, name, table)
    elif item.words("INDEX") and item.index + 1 < item.end:
        item.step()
        index = item.name()
        while item.accept_any("CLUSTERED", "NONCLUSTERED", "UNIQUE"):
            pass
        if item.word != "COLUMNSTORE":  # which has no key
            table.indexes.append(Index(index, _key_columns(item)))
    elif item.word != "CONNECTION" and not item.words("PERIOD", "FOR"):
        item.index = start
        return False
    return True


def _key_columns(cursor: Cursor) -> tuple[str, ...]:
    """The columns in the next parentheses, past CLUSTERED and its like."""
    while cursor.word != "(" and not cursor.done:
        cursor.step()
    if cursor.done:
        raise cursor.unreadable("a list of columns in parentheses is expected here")
    return tuple(item.name() for item in cursor.group().items())


def _default_for(item: Cursor, table: TableDraft) -> None:
    default = default_expression(item)
    item.expect("FOR")
    offset = item.offset
    name = item.name()
    column = table.columns.get(name.casefold())
    if column is None:
        raise UnreadableError(offset, f"table {table.schema}.{table.name} has no column {name}")
    table.columns[name.casefold()] = replace(column, default=default)


def _alter_column(cursor: Cursor, table: TableDraft, draft: SchemaDraft) -> None:
    start, offset = cursor.index, cursor.offset
    name = cursor.name()
    known = table.columns.get(name.casefold())
    if known is None:
        raise UnreadableError(offset, f"table {table.schema}.{table.name} has no column {name}")
    if not cursor.accept_any("ADD", "DROP"):  # of a property that says nothing about the type
        cursor.index = start
        column = read_column(rest_of_statement(cursor), table, draft)
        table.columns[name.casefold()] = replace(column, name=known.name, default=known.default)


def _drop(cursor: Cursor, table: TableDraft) -> None:
    """`COLUMN a, b, CONSTRAINT c`: COLUMN and CONSTRAINT hold for the items that follow, too."""
    drops_columns = False
    for item in cursor.items():
        if item.accept_any("COLUMN", "CONSTRAINT"):
            drops_columns = item.script.words[item.index - 1] == "COLUMN"
        item.accept("IF", "EXISTS")
        if drops_columns:
            table.columns.pop(item.name().casefold(), None)
        elif item.at_name:
            drop_check(item.name(), table)
