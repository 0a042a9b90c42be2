"""Reads a T-SQL type with its facets and defaults (Microsoft Learn, "Data types (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Kind, SqlType
from engine.model.families import MAX_LENGTHS, UNLIMITED, WITH_FRACTION
from engine.sql.ddl.cursor import Cursor, UnreadableError
from engine.sql.scanner import TokenKind

_SYNONYMS = {
    "binary varying": "varbinary",
    "char varying": "varchar",
    "character": "char",
    "character varying": "varchar",
    "dec": "decimal",
    "double precision": "float",
    "integer": "int",
    "national char": "nchar",
    "national char varying": "nvarchar",
    "national character": "nchar",
    "national character varying": "nvarchar",
    "national text": "ntext",
    "numeric": "decimal",
    "timestamp": "rowversion",
}
_CONTINUATIONS = {
    "BINARY": ("VARYING",),
    "CHAR": ("VARYING",),
    "CHARACTER": ("VARYING",),
    "DOUBLE": ("PRECISION",),
    "NATIONAL": ("CHARACTER VARYING", "CHAR VARYING", "CHARACTER", "CHAR", "TEXT"),
}
_KINDS = {kind.value: kind for kind in Kind if kind is not Kind.OTHER}
_SYSNAME = SqlType(Kind.NVARCHAR, length=128)


def read_type(
    cursor: Cursor, aliases: Mapping[tuple[str, str], SqlType], *, default_schema: str, default_length: int = 1
) -> SqlType:
    """The type written at the cursor. `aliases` are CREATE TYPE's, by case-folded (schema, name).

    `default_length` is that of a char, varchar or binary without one: 1 where a column is declared, 30 in CAST.
    A type that is neither built in nor an alias is OTHER under its name. Raises UnreadableError for a facet that
    SQL Server refuses.
    """
    first = cursor.word
    name = cursor.object_name()
    folded = name.name.casefold()
    alias = aliases.get(((name.schema or default_schema).casefold(), folded))
    if alias is not None:
        return alias
    if name.schema is not None and name.schema.casefold() != "sys":
        return SqlType(Kind.OTHER, other_name=f"{name.schema}.{name.name}")
    for more in _CONTINUATIONS.get(first, ()):
        if cursor.accept(*more.split()):
            folded = f"{folded} {more.casefold()}"
            break
    folded = _SYNONYMS.get(folded, folded)
    if folded == "sysname":
        return _SYSNAME
    kind = _KINDS.get(folded)
    if kind is None or kind is Kind.XML:
        if cursor.word == "(":
            cursor.group()
        return SqlType(kind) if kind else SqlType(Kind.OTHER, other_name=name.name)
    return _with_facets(kind, _Facets.read(cursor, name.offset), default_length)


class _Facets:
    """The numbers in a type's parentheses, `max` as None, with the place for an error."""

    def __init__(self, values: list[int | None], offset: int) -> None:
        self.values = values
        self.offset = offset

    @classmethod
    def read(cls, cursor: Cursor, offset: int) -> _Facets:
        """The numbers in the parentheses after a type's name, if there are any."""
        values: list[int | None] = []
        if cursor.word == "(":
            for item in cursor.group().items():
                text = item.source()
                is_number = item.kind is TokenKind.NUMBER and text.isdecimal() and len(text) < 9
                if not is_number and item.word != "MAX":
                    raise item.unreadable("a type's length, precision or scale is a whole number or max")
                values.append(int(text) if is_number else None)
        return cls(values, offset)

    def at(self, position: int, default: int, low: int, high: int) -> int:
        """The number at a position, or the default. Raises UnreadableError if it is out of bounds."""
        value = self.values[position] if len(self.values) > position else default
        if value is None or not low <= value <= high:
            raise UnreadableError(self.offset, f"SQL Server allows {low} to {high} here")
        return value


def _with_facets(kind: Kind, facets: _Facets, default_length: int) -> SqlType:
    if kind is Kind.DECIMAL:
        precision = facets.at(0, 18, 1, 38)
        return SqlType(kind, precision=precision, scale=facets.at(1, 0, 0, precision))
    if kind is Kind.FLOAT:
        return SqlType(Kind.REAL if facets.at(0, 53, 1, 53) <= 24 else Kind.FLOAT)
    if kind in WITH_FRACTION:
        return SqlType(kind, scale=facets.at(0, 7, 0, 7))
    if kind in MAX_LENGTHS:
        if facets.values == [None] and kind in UNLIMITED:
            return SqlType(kind)
        return SqlType(kind, length=facets.at(0, default_length, 1, MAX_LENGTHS[kind]))
    if facets.values:
        raise UnreadableError(facets.offset, f"{kind} has neither a length nor a precision")
    return SqlType(kind)


def declaration(type_: SqlType) -> str:
    """The type as T-SQL declares it; an OTHER under its name. The collation is not said."""
    if type_.kind is Kind.DECIMAL:
        return f"decimal({type_.precision},{type_.scale})" if type_.precision is not None else "decimal"
    if type_.kind in WITH_FRACTION:
        return f"{type_.kind}({type_.scale})"
    if type_.kind in MAX_LENGTHS:
        return f"{type_.kind}({'max' if type_.length is None else type_.length})"
    return type_.other_name or str(type_.kind) if type_.kind is Kind.OTHER else str(type_.kind)
