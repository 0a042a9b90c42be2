"""Finds the statements of a DDL script that say something about the schema, and passes over all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.model import Severity
from engine.sql.collations import collation
from engine.sql.ddl.assembly import assemble
from engine.sql.ddl.classifications import read_classification
from engine.sql.ddl.cursor import Cursor, Script, UndeclaredError, UnreadableError
from engine.sql.ddl.declared_types import read_type
from engine.sql.ddl.draft import SchemaDraft
from engine.sql.ddl.modules import create_function, create_view
from engine.sql.ddl.procedures import add_type, rename
from engine.sql.ddl.properties import read_property
from engine.sql.ddl.tables import alter_table, create_index, create_table, rest_of_statement
from engine.sql.fault import SqlFault
from engine.sql.reflected_types import ledger_type
from engine.sql.schema import LedgerSchema

_BATCH_FIRST = frozenset({"VIEW", "FUNCTION", "PROCEDURE", "PROC", "TRIGGER"})
_NOT_IN_FUNCTIONS = _BATCH_FIRST | {"TABLE", "SYNONYM", "TYPE"}
_DROPPED = ("TABLE", "VIEW", "FUNCTION", "SYNONYM", "TYPE")
_BEFORE_OBJECT = ("UNIQUE", "CLUSTERED", "NONCLUSTERED", "EXTERNAL")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """What a DDL script declares. `faults` are in the order of their offsets, which count the script's characters."""

    schema: LedgerSchema
    faults: tuple[SqlFault, ...]


def read_schema(text: str, *, default_schema: str = "dbo") -> SchemaFile:
    """Reads a T-SQL script as SQL Server's tools or a DBA write it; never raises.

    Statements that say nothing about tables, views, functions, synonyms, alias types, the collation or which columns
    are sensitive are passed over.
    """
    draft = SchemaDraft(default_schema)
    _read_script(Script.of(text), draft)
    schema = assemble(draft)
    return SchemaFile(schema, tuple(sorted(draft.faults, key=lambda fault: fault.offset)))


def _read_script(script: Script, draft: SchemaDraft) -> None:
    draft.faults.extend(script.faults)
    for batch in script.batches():
        if batch.word.casefold() in _PROCEDURES:  # a batch's first word may call one without EXEC
            _execute(batch, draft)
        while not batch.done:
            start = batch.index
            try:
                if not read_classification(batch, draft):
                    _statement(batch, draft)
            except UndeclaredError as error:
                hint = "what it changes is not known; give the script that declares it too, or remove it"
                draft.fault(error.offset, str(error), hint, severity=Severity.WARNING)
            except UnreadableError as error:
                draft.fault(error.offset, str(error))
            batch.index = max(batch.index, start + 1)


def _statement(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads one statement if it is one that counts; else the caller goes on with the next word."""
    verb = cursor.word
    if cursor.accept_any("CREATE", "ALTER"):
        cursor.accept("OR", "ALTER")
        while cursor.accept_any(*_BEFORE_OBJECT):
            pass
        handler = _HANDLERS.get((verb, cursor.word))
        if handler is not None:
            cursor.step()
            handler(cursor, draft)
    elif cursor.accept("DROP"):
        _drop(cursor, draft)
    elif verb == "USE" and not cursor.follows("(") and not cursor.follows(","):
        cursor.step()
        if cursor.word != "$":  # `$(DatabaseName)` is a variable of sqlcmd
            draft.database = cursor.name()
    elif cursor.accept_any("GRANT", "DENY", "REVOKE"):
        while not cursor.done and not cursor.accept_any("TO", "FROM", "ON", ";"):
            cursor.step()
    elif cursor.accept_any("EXEC", "EXECUTE"):
        _execute(cursor, draft)


def _function(cursor: Cursor, draft: SchemaDraft) -> None:
    try:
        create_function(cursor, draft)
    finally:
        _pass_over_body(cursor, draft, _NOT_IN_FUNCTIONS)


def _procedure(cursor: Cursor, draft: SchemaDraft) -> None:
    _pass_over_body(cursor, draft, _BATCH_FIRST)


def _pass_over_body(cursor: Cursor, draft: SchemaDraft, forbidden: frozenset[str]) -> None:
    """Steps to the end of the batch: to SQL Server, all of it is the body. What cannot be in a body is a fault."""
    while not cursor.done:
        start, offset = cursor.index, cursor.offset
        if cursor.accept_any("CREATE", "ALTER"):
            cursor.accept("OR", "ALTER")
            if cursor.word in forbidden:
                draft.fault(offset, f"CREATE {cursor.word} is inside the body above", "put GO on a line before it")
                cursor.index = start
                return
        cursor.index += 1


def _drop(cursor: Cursor, draft: SchemaDraft) -> None:
    if not cursor.accept_any(*_DROPPED):
        return
    cursor.accept("IF", "EXISTS")
    draft.forget(draft.key(cursor.object_name()))
    while cursor.accept(","):
        draft.forget(draft.key(cursor.object_name()))


def _synonym(cursor: Cursor, draft: SchemaDraft) -> None:
    name = cursor.object_name()
    cursor.expect("FOR")
    target = cursor.object_name()
    draft.forget(draft.key(name))
    owner, table = draft.key(target)
    if target.database and target.database.casefold() != draft.database.casefold():
        owner = f"{target.database.casefold()}.{owner}"  # a table that is not described, and is there
    draft.synonyms[draft.key(name)] = (owner, table)


def _schema(cursor: Cursor, draft: SchemaDraft) -> None:
    """CREATE SCHEMA declares what stands behind it up to a semicolon or the end of the batch, in the new schema."""
    outer = draft.default_schema
    name = cursor.name() if cursor.at_name and cursor.word != "AUTHORIZATION" else None
    if cursor.accept("AUTHORIZATION"):
        owner = cursor.name()
        name = name or owner
    draft.default_schema = name or outer
    try:
        while not cursor.done and cursor.word != ";":
            start = cursor.index
            _statement(cursor, draft)
            cursor.index = max(cursor.index, start + 1)
    finally:
        draft.default_schema = outer


def _alias_type(cursor: Cursor, draft: SchemaDraft) -> None:
    name = cursor.object_name()
    if cursor.accept("FROM"):
        stated = read_type(cursor, {}, default_schema=draft.default_schema)
        if draft.ledger is not None and name.schema == draft.ledger.value:
            stated = ledger_type(draft.ledger, name.name)
        draft.aliases[draft.key(name)] = stated
        if cursor.accept("NOT", "NULL"):
            draft.not_null_aliases.add(draft.key(name))


def _database(cursor: Cursor, draft: SchemaDraft) -> None:
    """CREATE DATABASE and ALTER DATABASE count for their COLLATE only."""
    rest = rest_of_statement(cursor)
    while not rest.done:
        if rest.accept("COLLATE"):
            draft.collation = collation(rest.name())
            return
        rest.step()


def _execute(cursor: Cursor, draft: SchemaDraft) -> None:
    """Reads the script in `EXEC ('…')` and `EXEC sp_executesql @statement = N'…'`, as scripting tools write it."""
    offset = cursor.offset
    statement = None
    if cursor.word == "(":
        inside = cursor.group()
        statement = inside.string()
        if not inside.done:
            return
    elif cursor.at_name:
        procedure = cursor.object_name().name.casefold()
        if procedure == "sp_executesql":
            statement = cursor.argument()
        elif procedure in _PROCEDURES:
            _PROCEDURES[procedure](cursor, draft)
    if statement:
        _read_script(Script.of(statement, origin=offset), draft)


_PROCEDURES: Mapping[str, Callable[[Cursor, SchemaDraft], None]] = {
    "sp_addextendedproperty": read_property,
    "sp_addtype": add_type,
    "sp_rename": rename,
}
_HANDLERS: Mapping[tuple[str, str], Callable[[Cursor, SchemaDraft], None]] = {
    ("ALTER", "DATABASE"): _database,
    ("ALTER", "FUNCTION"): _function,
    ("ALTER", "PROC"): _procedure,
    ("ALTER", "PROCEDURE"): _procedure,
    ("ALTER", "TABLE"): alter_table,
    ("ALTER", "TRIGGER"): _procedure,
    ("ALTER", "VIEW"): create_view,
    ("CREATE", "DATABASE"): _database,
    ("CREATE", "FUNCTION"): _function,
    ("CREATE", "INDEX"): create_index,
    ("CREATE", "PROC"): _procedure,
    ("CREATE", "PROCEDURE"): _procedure,
    ("CREATE", "SCHEMA"): _schema,
    ("CREATE", "SYNONYM"): _synonym,
    ("CREATE", "TABLE"): create_table,
    ("CREATE", "TRIGGER"): _procedure,
    ("CREATE", "TYPE"): _alias_type,
    ("CREATE", "VIEW"): create_view,
}
