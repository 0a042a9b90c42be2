"""Writes a schema that was read from a ledger as a T-SQL script, from which `read_schema` makes the same schema again.

Microsoft Learn: "CREATE TABLE", "CREATE TYPE", "CREATE FUNCTION", "CREATE SYNONYM", "ADD SENSITIVITY CLASSIFICATION".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.model import Collation, Dialect, Kind, SqlType
from engine.model.families import STRINGS
from engine.sql.ddl.cursor import Cursor, Script, UnreadableError, bracketed
from engine.sql.ddl.declared_types import declaration, read_type
from engine.sql.ddl.properties import DEFAULT_SCHEMA, LEDGER, VIEW
from engine.sql.schema import Classification, Column, Function, LedgerSchema, Table

_TITLES: Final = {Dialect.SQL_SERVER: "SQL Server", Dialect.POSTGRESQL: "PostgreSQL", Dialect.DUCKDB: "DuckDB"}
_HEADING: Final = """\
-- The schema of a ledger on {}, as `aptic-definitions snapshot` read it. Write it anew when the ledger changes.
-- The properties called aptic say what T-SQL has no statement for."""
_NEAREST: Final = {Kind.DECIMAL: "decimal(38, 18)", Kind.NVARCHAR: "nvarchar(max)", Kind.NCHAR: "nvarchar(max)"}
"""What SQL Server itself would take for a type that it has not."""


def write_schema(schema: LedgerSchema, dialect: Dialect) -> str:
    """The script for `schema`, read from a ledger of the kind `dialect`; the same text for the same schema.

    Of columns whose names differ in case only, the first is written, which is the one that queries find. Keys, indexes,
    defaults and the SELECTs of views are no part of what a ledger tells.
    """
    types = _Types(dialect, schema.collation)
    tables = [_table(table, types) for _, table in sorted(schema.tables.items())]
    functions = [_function(function, types) for _, function in sorted(schema.functions.items())]
    synonyms = [_synonym(name, target) for name, target in sorted(schema.synonyms.items())]
    heading = [_HEADING.format(_TITLES[dialect]), *_database(schema, dialect)]
    batches = ["\n".join(heading), *_owners(schema, types), *types.declared(), *tables, *functions, *synonyms]
    return "".join(f"{batch}\nGO\n" for batch in batches)


def _database(schema: LedgerSchema, dialect: Dialect) -> Iterator[str]:
    yield _property(LEDGER, dialect.value)
    yield _property(DEFAULT_SCHEMA, schema.default_schema)
    if schema.collation.name is not None:
        yield f"ALTER DATABASE CURRENT COLLATE {schema.collation.name};"


def _owners(schema: LedgerSchema, types: _Types) -> Iterator[str]:
    """A statement for each schema that must be there before what stands in it; `dbo` is in every database."""
    owners = {table.schema for table in schema.tables.values()}
    owners |= {function.schema for function in schema.functions.values()}
    owners |= {types.owner} if types.spelled else set()
    for owner in sorted(owners - {"dbo"}):
        yield f"CREATE SCHEMA {bracketed(owner)};"


def _table(table: Table, types: _Types) -> str:
    statements = [f"CREATE TABLE {_name(table.schema, table.name)} {_columns(table.columns, types)};"]
    if table.is_view:
        statements.append(_property(VIEW, "a view", {"SCHEMA": table.schema, "TABLE": table.name}))
    for column in _first_of_each_name(table.columns):
        if column.classification is not None:
            name = _name(table.schema, table.name, column.name)
            statements.append(f"ADD SENSITIVITY CLASSIFICATION TO {name} WITH ({_said_of(column.classification)});")
    return "\n".join(statements)


def _said_of(classification: Classification) -> str:
    """What is said, in T-SQL; of a classification that says nothing its name."""
    texts = {"LABEL": classification.label, "INFORMATION_TYPE": classification.information_type}
    said = [f"{option} = {_literal(text)}" for option, text in texts.items() if text]
    said += [f"RANK = {classification.rank}"] if classification.rank else []
    return ", ".join(said or [f"LABEL = {_literal(classification.name)}"])


def _function(function: Function, types: _Types) -> str:
    """Its body says nothing: only the types are told."""
    parameters = ", ".join(f"@p{number} {types.name(type_)}" for number, type_ in enumerate(function.parameters, 1))
    created = f"CREATE FUNCTION {_name(function.schema, function.name)} ({parameters})"
    if function.result is not None:
        return f"{created} RETURNS {types.name(function.result)} AS BEGIN RETURN NULL END;"
    return f"{created} RETURNS @rows TABLE {_columns(function.columns, types)} AS BEGIN RETURN END;"


def _synonym(name: tuple[str, str], target: tuple[str, str]) -> str:
    return f"CREATE SYNONYM {_name(*name)} FOR {_name(*target[0].split('.', 1), target[1])};"


def _columns(columns: Iterable[Column], types: _Types) -> str:
    lines = (
        f"    {bracketed(column.name)} {types.column(column.type)} {'NULL' if column.nullable else 'NOT NULL'}"
        for column in _first_of_each_name(columns)
    )
    return "(\n" + ",\n".join(lines) + "\n)"


def _first_of_each_name(columns: Iterable[Column]) -> Iterable[Column]:
    first: dict[str, Column] = {}
    for column in columns:
        first.setdefault(column.name.casefold(), column)
    return first.values()


@dataclass(slots=True)
class _Types:
    """How types are written. `spelled` are those that T-SQL has not, by the name that the ledger has for them."""

    dialect: Dialect
    collation: Collation
    spelled: dict[str, SqlType] = field(default_factory=dict)
    known: dict[SqlType, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The schema of the types that only the ledger has."""
        return self.dialect.value

    def column(self, type_: SqlType) -> str:
        """The type of a column, with the collation where it has one of its own."""
        own = type_.collation
        is_own = type_.kind in STRINGS and own is not None and own != self.collation and own.name is not None
        return f"{self.name(type_)} COLLATE {own.name}" if own is not None and is_own else self.name(type_)

    def name(self, type_: SqlType) -> str:
        """The type alone: in T-SQL if that says all of it, else by a type of its own."""
        if (known := self.known.get(type_)) is None:
            known = self.known[type_] = self._written(replace(type_, collation=None))
        return known

    def _written(self, type_: SqlType) -> str:
        if type_.kind is not Kind.OTHER and _reread(declaration(type_)) == type_:
            return declaration(type_)
        spelling = _spelling(type_)
        if self.dialect is Dialect.SQL_SERVER:
            return bracketed(spelling)
        self.spelled[spelling] = type_
        return _name(self.owner, spelling)

    def declared(self) -> Iterator[str]:
        """CREATE TYPE for each of the ledger's own."""
        for spelling, type_ in sorted(self.spelled.items()):
            yield f"CREATE TYPE {_name(self.owner, spelling)} FROM {_NEAREST.get(type_.kind, 'sql_variant')};"


def _spelling(type_: SqlType) -> str:
    """The type as PostgreSQL spells it; one without a JSON form has its spelling for a name."""
    match type_.kind:
        case Kind.DECIMAL:
            return "numeric" if type_.precision is None else f"numeric({type_.precision},{type_.scale})"
        case Kind.NVARCHAR:
            return f"character varying({type_.length})"
        case Kind.NCHAR:
            return f"character({type_.length})"
        case _:
            return type_.other_name or str(type_.kind)


def _reread(declared: str) -> SqlType | None:
    script = Script.of(declared)
    try:
        return read_type(Cursor(script, 0, len(script.tokens)), {}, default_schema="dbo")
    except UnreadableError:
        return None


def _property(name: str, value: str, levels: Mapping[str, str] | None = None) -> str:
    words = [f"@name = {_literal(name)}", f"@value = {_literal(value)}"]
    for number, (kind, object_) in enumerate((levels or {}).items()):
        words += [f"@level{number}type = {_literal(kind)}", f"@level{number}name = {_literal(object_)}"]
    return f"EXEC sys.sp_addextendedproperty {', '.join(words)};"


def _literal(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"


def _name(*parts: str) -> str:
    return ".".join(map(bracketed, parts))
