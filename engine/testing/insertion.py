"""How the columns of a table are filled by an INSERT: those that it names, and those that it leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.model import Collation, Kind
from engine.sql.schema import Column, Table
from engine.testing.values import Convert, converters

LITERAL: Final = (
    r"(?:(?P<text>[nN]?'[^']*+(?:''[^']*+)*+')"
    r"|(?P<hex>0[xX][0-9a-fA-F]*+)"
    r"|(?P<number>[+-]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+)"
    r"|(?P<null>[nN][uU][lL][lL])"
    r"|(?P<default>[dD][eE][fF][aA][uU][lL][tT]))"
)
"""The pattern of a literal; its groups are the forms."""

_LITERAL: Final = re.compile(LITERAL)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows for one table: `values` holds a list for each of `columns`, `offsets` where each row begins."""

    table: Table
    columns: tuple[Column, ...]
    values: tuple[list[object], ...]
    offsets: list[int]

    @classmethod
    def of(cls, table: Table) -> TableRows:
        """No rows yet, for all the columns that store a value."""
        columns = tuple(column for column in table.columns if column.computed is None)
        return cls(table, columns, tuple([] for _ in columns), [])

    def duplicate(self) -> int | None:
        """Where a row begins whose primary key an earlier row has, as the columns' collations compare."""
        names = {name.casefold() for name in self.table.primary_key}
        keyed = [index for index, column in enumerate(self.columns) if column.name.casefold() in names]
        if not names or len(keyed) < len(names):
            return None
        keys = list(zip(*(_compared(self.columns[i], self.values[i]) for i in keyed), strict=True))
        if len(set(keys)) == len(keys):
            return None
        first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
        return next(offset for index, offset in enumerate(self.offsets) if first[keys[index]] != index)


@dataclass(frozen=True, slots=True)
class Slot:
    """A column that the INSERT names: what makes its value by the literal's form, and where that goes.

    A function of `forms` raises ValueError, its message going on after the column's name.
    """

    column: Column
    forms: Mapping[str, Convert]
    append: Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Filler:
    """A column that the INSERT leaves out: what makes its value for each row, and where that goes."""

    make: Callable[[], object]
    append: Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Insertion:
    """What one INSERT does for each of its rows, `slots` in the order of its columns."""

    slots: tuple[Slot, ...]
    fillers: tuple[Filler, ...]


def plan(rows: TableRows, names: Sequence[str] | None, database: Collation, versions: Iterator[int]) -> Insertion:
    """What an INSERT into the columns called `names`, or without a list of them, does.

    `versions` numbers the rows of the whole ledger, for its rowversion columns. Raises ValueError for a column that is
    not there, comes twice, cannot be given or cannot be left out.
    """
    stored = {column.name.casefold(): index for index, column in enumerate(rows.columns)}
    given = [column.name for column in rows.columns if column.type.kind is not Kind.ROWVERSION]
    indexes = [_index(name, stored, rows) for name in (given if names is None else names)]
    if len(set(indexes)) < len(indexes):
        raise ValueError(f"a column of {rows.table.name} is listed twice")
    slots = (Slot(rows.columns[i], _forms(rows.columns[i], database), rows.values[i].append) for i in indexes)
    left_out = (index for index in range(len(rows.columns)) if index not in indexes)
    fillers = (Filler(_omitted(rows.columns[i], database, versions), rows.values[i].append) for i in left_out)
    return Insertion(tuple(slots), tuple(fillers))


def _compared(column: Column, values: Sequence[object]) -> Iterator[object]:
    """The values, made the same where `=` holds: no trailing blanks in strings, and case by the collation."""
    folds = column.type.collation is not None and column.type.collation.fold_case
    for value in values:
        if isinstance(value, str):
            yield value.rstrip(" ").casefold() if folds else value.rstrip(" ")
        else:
            yield value


def _index(name: str, stored: Mapping[str, int], rows: TableRows) -> int:
    index = stored.get(name.casefold())
    if index is None:
        column = rows.table.column(name)
        reason = "is computed: leave it out" if column is not None else "is not there"
        raise ValueError(f"column {name} of {rows.table.name} {reason}")
    if rows.columns[index].type.kind is Kind.ROWVERSION:
        raise ValueError(f"column {name} of {rows.table.name} is rowversion, which SQL Server numbers: leave it out")
    return index


def _forms(column: Column, database: Collation) -> Mapping[str, Convert]:
    """The forms of literals that the column takes, NULL and DEFAULT among them."""
    forms = dict(converters(column.type, database))

    def null(_: str) -> object:
        """NULL, if the column allows it. Raises ValueError."""
        if not column.nullable:
            raise ValueError("is NOT NULL")
        return None

    def default(_: str) -> object:
        """The column's default value, or NULL if it has none. Raises ValueError."""
        if column.default is None:
            return null("")
        found = _LITERAL.fullmatch(column.default)
        convert = forms.get(found.lastgroup or "") if found is not None else None
        if convert is None or found is None:
            raise ValueError(f"has the default {column.default}, which is not evaluated here: give its value")
        return convert(found[0])

    forms["null"] = null
    return {**forms, "default": default}


def _omitted(column: Column, database: Collation, versions: Iterator[int]) -> Callable[[], object]:
    if column.type.kind is Kind.ROWVERSION:
        return lambda: next(versions).to_bytes(8)
    try:
        value = _forms(column, database)["default"]("")
    except ValueError as error:
        raise ValueError(f"column {column.name} cannot be left out: it {error}") from None
    return lambda: value
