"""The ledger's schema, as SQL Server would declare it: what typing, translation and the function rule need to know."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model import SQL_SERVER_DEFAULT, Collation, RelatedPlace, SqlType

_NAME = re.compile(r"\[(?:[^\]\n]|\]\])*\]|\"(?:[^\"\n]|\"\")*\"|[\w@#$]+")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Classification:
    """How sensitive a column is, in the words of ADD SENSITIVITY CLASSIFICATION; '' for what it does not give."""

    label: str = ""
    information_type: str = ""
    rank: str = ""

    @property
    def name(self) -> str:
        """What a disclosure calls it: the label, or else what there is."""
        return self.label or self.information_type or self.rank or "CLASSIFIED"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view. `name` is spelled as declared; lookups ignore case.

    `default` and `computed` are the T-SQL expressions of a DDL file; other sources leave them out.
    """

    name: str
    type: SqlType
    nullable: bool = True
    default: str | None = None
    computed: str | None = None
    classification: Classification | None = None
    offset: int | None = field(default=None, repr=False, compare=False)
    """Where a DDL file declares it, in characters."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index or UNIQUE constraint of a DDL file: its key columns in order."""

    name: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. `schema` and `name` are spelled as the ledger itself spells them.

    `definition` is a view's SELECT; `primary_key`, `indexes` and `checks`, the conditions of the CHECK constraints that
    no row fails, are a table's. Only a DDL file gives the four. A condition that is unknown does not fail.
    `is_open`: a view may have other columns too, by a `*` of what is not known.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    is_view: bool = False
    definition: str | None = None
    primary_key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[str, ...] = ()
    is_open: bool = False
    offset: int | None = field(default=None, repr=False, compare=False)
    """Where a DDL file declares it, in characters."""
    by_key: Mapping[str, Column] = field(init=False, repr=False, compare=False)
    """The columns by their case-folded names."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {column.name.casefold(): column for column in reversed(self.columns)})

    @property
    def is_select(self) -> bool:
        """Whether a test ledger makes it by its SELECT; a view whose SELECT is not known is filled as tables are."""
        return self.is_view and self.definition is not None

    def column(self, name: str) -> Column | None:
        """The column called `name`, case aside."""
        return self.by_key.get(name.casefold())


@dataclass(frozen=True, slots=True)
class Function:
    """A declared `schema.name(…)`: scalar with a `result` type, or table-valued with `columns`.

    `is_open`: its rows may have other columns too, by a `*` of what is not known. `definition` is the SELECT of an
    inline function of a DDL file, in which its parameters stand under their `names`, case-folded and with their `@`.
    """

    schema: str
    name: str
    parameters: tuple[SqlType, ...]
    result: SqlType | None
    columns: tuple[Column, ...] = ()
    is_open: bool = False
    definition: str | None = None
    names: tuple[str, ...] = ()


class SchemaFileText:
    """The DDL file that a schema was read from, for naming places in it."""

    __slots__ = ("_starts", "_text", "file")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._starts = (0, *(found.end() for found in _LINE_END.finditer(text)))

    def place(self, offset: int, message: str) -> RelatedPlace:
        """The name that stands at an offset of the file."""
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        name = _NAME.match(self._text, offset)
        length = 0 if name is None else name.end() - offset
        return RelatedPlace(self.file, line, column, line, column + length, message)


class SchemaOrigin(StrEnum):
    """Where a schema was read from; it decides how strings compare (definition language, section 3, a to c)."""

    DDL = "ddl"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class LedgerSchema:
    """All that is known of a ledger. The maps are keyed by (schema, name), both case-folded.

    `unread` are the views that are there, and of which nothing is known.
    """

    origin: SchemaOrigin
    default_schema: str = "dbo"
    collation: Collation = SQL_SERVER_DEFAULT
    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict)
    functions: Mapping[tuple[str, str], Function] = field(default_factory=dict)
    synonyms: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    unread: frozenset[tuple[str, str]] = frozenset()
    file: SchemaFileText | None = field(default=None, repr=False, compare=False)
    has_classifications: bool = field(init=False, repr=False, compare=False)
    """Whether any column of a table or view is classified as sensitive."""
    _classified_tables: frozenset[str] = field(init=False, repr=False, compare=False)
    _ways_to_classified: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tables = {t.name.casefold() for t in self.tables.values() if any(c.classification for c in t.columns)}
        object.__setattr__(self, "has_classifications", bool(tables))
        object.__setattr__(self, "_classified_tables", frozenset(tables))
        object.__setattr__(self, "_ways_to_classified", _ways_to_classified(self) if tables else frozenset())

    def may_show_classified(self, sql: str) -> bool:
        """Whether what `sql` gives may be made of a classified column.

        It may where one is named, or a view, function or computed column that may be made of one, and by a `*`. False
        only where it surely is not: to trace a query takes as long as half of its other checks.
        """
        return _leads(sql, self._ways_to_classified, self._classified_tables)

    def place(self, declared: Table | Column, message: str) -> RelatedPlace | None:
        """Where the file declares a table or column; None where no file does, or nobody noted the place."""
        if self.file is None or declared.offset is None:
            return None
        return self.file.place(declared.offset, message)

    def table(self, name: str, schema: str | None = None) -> Table | None:
        """The table or view of that name, case aside, through synonyms; the default schema where none is given."""
        key = ((schema or self.default_schema).casefold(), name.casefold())
        return self.tables.get(self.synonyms.get(key, key))

    def function(self, name: str, schema: str) -> Function | None:
        """The declared function of that name, case aside, through synonyms."""
        key = (schema.casefold(), name.casefold())
        return self.functions.get(self.synonyms.get(key, key))


def _ways_to_classified(schema: LedgerSchema) -> frozenset[str]:
    """The names, case-folded, of which one stands in every query that shows a classified column without a `*`."""
    every = [(table, column) for table in schema.tables.values() for column in table.columns]
    ways = {column.name.casefold() for _, column in every if column.classification is not None}
    ways |= {name for _, name in schema.synonyms}
    tables = frozenset(table.name.casefold() for table, column in every if column.classification is not None)
    made = [
        *((column.name, column.computed) for _, column in every if column.computed is not None),
        *((view.name, view.definition) for view in schema.tables.values() if view.definition is not None),
        *((function.name, function.definition) for function in schema.functions.values() if function.definition),
    ]
    before = -1
    while len(ways) != before:
        before = len(ways)
        ways |= {name.casefold() for name, text in made if _leads(text, ways, tables)}
    return frozenset(ways)


def _leads(sql: str, ways: Collection[str], tables: Collection[str]) -> bool:
    """By the words alone; in brackets or quotes, some names are written otherwise than they are."""
    text = sql.casefold()
    if any(way in text or "]" in way or '"' in way for way in ways):
        return True
    return "*" in text and any(table in text or "]" in table or '"' in table for table in tables)
