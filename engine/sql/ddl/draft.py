"""The schema while its script is still being read: what later statements may change, and what waits for all tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model import SQL_SERVER_DEFAULT, Collation, Dialect, Severity, SqlType
from engine.sql.ddl.cursor import ObjectName
from engine.sql.fault import SqlFault
from engine.sql.schema import Classification, Column, Function, Index

Key = tuple[str, str]

RULE = "sql-syntax"
"""The rule that faults of a schema script bear: the list of rules has no other for it."""


@dataclass(slots=True)
class Check:
    """A CHECK constraint, `name` None where the script gives none. `is_trusted`: no row that is there fails it."""

    name: str | None
    condition: str
    is_replicated: bool = True
    """Whether what replication writes has to meet it too."""
    is_trusted: bool = True


@dataclass(slots=True)
class TableDraft:
    """A table in the making. Columns are by case-folded name, in order."""

    schema: str
    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    indexes: list[Index] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    is_view: bool = False
    offset: int | None = None


@dataclass(slots=True)
class SelectDraft:
    """A view, or an inline function with `parameters`, whose columns wait for the tables that its SELECT reads.

    `columns` are the names that the statement itself lists, () where it lists none.
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    select: str
    offset: int
    named_at: int
    parameters: dict[str, SqlType] | None = None


@dataclass(frozen=True, slots=True)
class Classified:
    """A column that a statement at `offset` classifies; it is looked for when all tables and views are known."""

    column: str
    classification: Classification
    offset: int


@dataclass(slots=True)
class SchemaDraft:
    """All that has been read so far. Keys are (schema, name), case-folded; `database` is what USE named last.

    `ledger` is the kind of the ledger that a snapshot was read from, None for a script that people wrote.
    """

    default_schema: str
    database: str = ""
    ledger: Dialect | None = None
    collation: Collation = SQL_SERVER_DEFAULT
    tables: dict[Key, TableDraft] = field(default_factory=dict)
    selects: dict[Key, SelectDraft] = field(default_factory=dict)
    functions: dict[Key, Function] = field(default_factory=dict)
    synonyms: dict[Key, Key] = field(default_factory=dict)
    classified: dict[Key, dict[str, Classified]] = field(default_factory=dict)
    aliases: dict[Key, SqlType] = field(default_factory=dict)
    not_null_aliases: set[Key] = field(default_factory=set)
    faults: list[SqlFault] = field(default_factory=list)

    def key(self, name: ObjectName) -> Key:
        """The key of a name, in the default schema where it gives none."""
        return self.schema_of(name).casefold(), name.name.casefold()

    def schema_of(self, name: ObjectName) -> str:
        """The schema that a name stands in."""
        return name.schema or self.default_schema

    def fault(self, offset: int, message: str, hint: str | None = None, *, severity: Severity = Severity.ERROR) -> None:
        """Notes a fault."""
        self.faults.append(SqlFault(RULE, offset, message, hint, severity))

    def forget(self, key: Key) -> None:
        """Takes a dropped or replaced object out."""
        for objects in (self.tables, self.selects, self.functions, self.synonyms, self.classified):
            objects.pop(key, None)
