"""The tables that a query may name, and the hints on them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.model import Severity
from engine.sql.fault import SqlFault
from engine.sql.read_only.subject import Subject, fold, start_of
from engine.sql.wordlist import words

_SYSTEM_SCHEMAS = words("system_names.txt", "schemas")
_SYSTEM_DATABASES = words("system_names.txt", "databases")
_SYSTEM_TABLES = words("system_names.txt", "tables")
_SYSTEM_PREFIXES = tuple(words("system_names.txt", "prefixes"))
_FILE_MARKS = frozenset("/\\:*?<>|")
_HINTS = words("table_hints.txt", "reads")
_DIRTY_HINTS = words("table_hints.txt", "reads uncommitted")
_OWN = "Read the ledger's own tables and views."


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rules `read-only` and `dirty-read` for every table of the query."""
    for node in subject.nodes(exp.Table):
        yield from _names(subject, node)
        for hint in node.args.get("hints") or ():
            yield from _hints(subject, node, hint)


def is_system_schema(name: str) -> bool:
    """Whether a schema of that name belongs to the ledger's own machinery."""
    return fold(name) in _SYSTEM_SCHEMAS


def _names(subject: Subject, table: exp.Table) -> Iterator[SqlFault]:
    if isinstance(table.this, exp.Func):
        return  # the function rules look at its whole name
    if not isinstance(table.this, exp.Identifier):
        yield subject.refuse(table, "A name of four parts reads another server.", _OWN)
        return
    name, schema, database = table.name, table.db, table.catalog
    if table.this.quoted and subject.query.text[start_of(table.this)] not in '["':
        yield subject.refuse(table, "A string is no table.", _OWN)
    elif table.this.args.get("temporary") or table.this.args.get("global_") or fold(name).startswith("#"):
        yield subject.refuse(table, f"`{name}` is a temporary table.", _OWN)
    elif database:
        yield from check_database(subject, table, database, schema)
    elif is_system_schema(schema):
        yield subject.refuse(table, f"`{schema}.{name}` belongs to the ledger's system.", _OWN)
    elif _is_suspect(name) and not (subject.schema and subject.schema.table(name, schema or None)):
        yield subject.refuse(table, f"`{name}` is a system table or a file, not the ledger's own.", _OWN)


def check_database(subject: Subject, node: exp.Expr, database: str, schema: str) -> Iterator[SqlFault]:
    """A name of three parts: its database must be listed, and its schema be written and be no system's."""
    if fold(database) in _SYSTEM_DATABASES or is_system_schema(schema):
        yield subject.refuse(node, f"`{database}.{schema}` belongs to the ledger's system.", _OWN)
    elif database.casefold() not in subject.databases:
        hint = f"Leave the database out, or list it: databases=({database!r},), --database {database}."
        yield subject.refuse(node, f"This reads another database, `{database}`.", hint)
    elif not schema:
        yield subject.refuse(node, f"The schema after `{database}` is left out.", f"Write {database}.dbo.name.")


def _is_suspect(name: str) -> bool:
    folded = fold(name)
    return (
        folded in _SYSTEM_TABLES
        or folded.startswith(_SYSTEM_PREFIXES)
        or not _FILE_MARKS.isdisjoint(name)
        or folded.rpartition(".")[2] in {"csv", "tsv", "parquet", "json", "ndjson", "xlsx", "gz", "zst", "db", "duckdb"}
    )


def _hints(subject: Subject, table: exp.Table, hint: exp.Expr) -> Iterator[SqlFault]:
    for part in hint.expressions:
        name = part.name.lower()
        offset = _offset_of(subject, name, start_of(table.this))
        if name in _DIRTY_HINTS:
            message = f"{name.upper()} reads what is not committed and may be rolled back."
            yield SqlFault("dirty-read", offset, message, "Remove the hint.", Severity.WARNING)
        elif name not in _HINTS:
            message = f"The hint {name.upper()} locks or skips rows, or is not known."
            yield SqlFault("read-only", offset, message, "Remove the hint.")


def _offset_of(subject: Subject, word: str, after: int) -> int:
    """Where the word stands next after the offset `after`."""
    pairs = zip(subject.tokens.all, subject.tokens.lower, strict=True)
    return next((token.start for token, lower in pairs if lower == word and token.start > after), after)
