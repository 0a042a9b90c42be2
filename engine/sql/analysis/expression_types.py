"""The T-SQL type of each expression, and whether it can be null, as far as that is certain.

Microsoft Learn: "Constants", "Data type precedence", and the page of each function for what it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlglot import exp

from engine.model import ArgumentType, Kind, SqlType
from engine.model.families import (
    DECIMALS,
    EXACT,
    FLOATS,
    NUMBERS,
    PADDED,
    STRINGS,
    UNICODE,
    WHOLE,
    WHOLE_BY_WIDTH,
)
from engine.sql.analysis.declared_types import declared_type, is_authors
from engine.sql.analysis.domains import longest, moved, units
from engine.sql.analysis.relations import Column, Columns, Fact, Meaning, Reference
from engine.sql.schema import LedgerSchema

_ARGUMENTS: Final = {
    ArgumentType.STRING: SqlType(Kind.NVARCHAR),
    ArgumentType.INT: SqlType(Kind.BIGINT),
    ArgumentType.DECIMAL: SqlType(Kind.DECIMAL),
    ArgumentType.DOUBLE: SqlType(Kind.FLOAT),
    ArgumentType.BOOLEAN: SqlType(Kind.BIT),
    ArgumentType.DATE: SqlType(Kind.DATE),
    ArgumentType.DATETIME: SqlType(Kind.DATETIME2, scale=7),
    ArgumentType.DATETIMEOFFSET: SqlType(Kind.DATETIMEOFFSET, scale=7),
    ArgumentType.GUID: SqlType(Kind.UNIQUEIDENTIFIER),
}
_INT: Final = SqlType(Kind.INT)
_BIGINT: Final = SqlType(Kind.BIGINT)
_FLOAT: Final = SqlType(Kind.FLOAT)
_DECIMAL: Final = SqlType(Kind.DECIMAL)
_DATE: Final = SqlType(Kind.DATE)
_NVARCHAR: Final = SqlType(Kind.NVARCHAR)
_VARCHAR: Final = SqlType(Kind.VARCHAR)
_MAX_INT: Final = 2**31 - 1


_TRANSPARENT: Final = frozenset({exp.Alias, exp.Paren})
_NOTHING: Final = Fact()
_NULL: Final = Fact(None, True)


class Typing:
    """The types of one query's expressions. `references` and `queries` fill up while its names are resolved."""

    def __init__(
        self, schema: LedgerSchema | None, argument_types: Sequence[ArgumentType], nullable: Sequence[bool]
    ) -> None:
        self.references: dict[int, Reference] = {}
        self.queries: dict[int, Columns] = {}
        self.schema = schema
        self._facts: dict[int, Fact] = {}
        self._argument_types = argument_types
        self._nullable = nullable

    def column(self, name: str, node: exp.Expr) -> Column:
        """The output column that an item of a SELECT list makes."""
        inner = node
        while type(inner) in _TRANSPARENT:
            inner = inner.this
        if type(inner) is exp.Column:
            found = self.references.get(id(inner))
            column = found.column if found is not None else None
            if column is None:
                return Column(name.casefold(), name, None, None, node)
            return Column(name.casefold(), name, column.type, column.nullable, node, column.ledger)
        fact = self.fact(inner)
        return Column(name.casefold(), name, fact.type, fact.nullable, node)

    def fact(self, node: exp.Expr) -> Fact:
        """What is certain of an expression."""
        kind = type(node)
        handler = _HANDLERS.get(kind)
        if handler is None:
            return _NOTHING
        if kind in _AT_ONCE:
            return handler(self, node)
        known = self._facts.get(id(node))  # or what asks for its parts twice would take twice the time at each depth
        if known is None:
            known = self._facts[id(node)] = handler(self, node)
        return known

    def argument(self, node: exp.Placeholder) -> Fact:
        """A `?`: its argument's type."""
        number = int(node.name)
        if number >= len(self._argument_types):
            return _NOTHING
        return Fact(_ARGUMENTS[self._argument_types[number]], self._nullable[number])


def unified(types: Sequence[SqlType | None]) -> SqlType | None:
    """The type that CASE and its like give of several."""
    first = types[0]
    if first is None or None in types:
        return None
    known = [type_ for type_ in types if type_ is not None]
    if all(type_ == first for type_ in known):
        return first
    kinds = {type_.kind for type_ in known}
    if kinds <= PADDED and len(kinds) == 1:
        return SqlType(first.kind, length=longest(known))
    if kinds <= STRINGS:
        return _NVARCHAR if kinds & UNICODE else _VARCHAR
    if kinds <= WHOLE:
        return SqlType(max(kinds, key=WHOLE_BY_WIDTH.index))
    if kinds <= EXACT and not kinds <= DECIMALS - {Kind.DECIMAL}:
        return _DECIMAL if Kind.DECIMAL in kinds else SqlType(Kind.MONEY) if Kind.MONEY in kinds else None
    return _FLOAT if kinds <= NUMBERS and Kind.FLOAT in kinds else None


def _either(nullables: Sequence[bool | None]) -> bool | None:
    """Whether an operation is null where one of its operands is."""
    if all(nullable is False for nullable in nullables):
        return False
    return True if True in nullables else None


def _inner(typing: Typing, node: exp.Expr) -> Fact:
    return typing.fact(node.this)


def _literal(_typing: Typing, node: exp.Literal) -> Fact:
    text = str(node.this)
    if node.args.get("is_string"):
        return Fact(SqlType(Kind.VARCHAR, length=max(units(text), 1)), nullable=False)
    if text[:1] == "$":
        return Fact(SqlType(Kind.MONEY), nullable=False)
    if "e" in text or "E" in text:
        return Fact(_FLOAT, nullable=False)
    whole, _, fraction = text.partition(".")
    if "." not in text and text.isdecimal() and int(text) <= _MAX_INT:
        return Fact(_INT, nullable=False)
    precision = max(len(whole.lstrip("0")) + len(fraction), 1)
    return Fact(SqlType(Kind.DECIMAL, precision=precision, scale=len(fraction)), nullable=False)


def _national(_typing: Typing, node: exp.National) -> Fact:
    return Fact(SqlType(Kind.NVARCHAR, length=max(units(str(node.this)), 1)), nullable=False)


def _column(typing: Typing, node: exp.Column) -> Fact:
    found = typing.references.get(id(node))
    if found is None or found.meaning is not Meaning.FOUND or found.column is None:
        return _NOTHING
    return Fact(found.column.type, found.column.nullable)


def _cast(typing: Typing, node: exp.Cast) -> Fact:
    if not is_authors(node.to):
        return typing.fact(node.this) if node.to.this is exp.DType.TEXT else _NOTHING
    return Fact(declared_type(node.to), typing.fact(node.this).nullable)


def _try_cast(_typing: Typing, node: exp.TryCast) -> Fact:
    return Fact(declared_type(node.to))


def _convert(typing: Typing, node: exp.Convert) -> Fact:
    nullable = None if node.args.get("safe") else typing.fact(node.expression).nullable
    return Fact(declared_type(node.this), nullable)


def _operation(typing: Typing, node: exp.Binary) -> Fact:
    left, right = typing.fact(node.this), typing.fact(node.expression)
    nullable = _either((left.nullable, right.nullable))
    if left.type is None or right.type is None:
        return Fact(None, nullable)
    kinds = {left.type.kind, right.type.kind}
    if kinds <= STRINGS and isinstance(node, exp.Add):
        return Fact(_NVARCHAR if kinds & UNICODE else _VARCHAR, nullable)
    if kinds <= WHOLE:
        return Fact(SqlType(max(kinds, key=WHOLE_BY_WIDTH.index)), nullable)
    if kinds & FLOATS and kinds <= NUMBERS:
        return Fact(_FLOAT if kinds != {Kind.REAL} else None, nullable)
    if kinds <= EXACT and Kind.DECIMAL in kinds:
        return Fact(_DECIMAL, nullable)
    return Fact(None, nullable)


def _neg(typing: Typing, node: exp.Neg) -> Fact:
    found = typing.fact(node.this)
    return Fact(found.type if found.type is not None and found.type.kind in NUMBERS else None, found.nullable)


def _bits(typing: Typing, node: exp.Binary) -> Fact:
    found = _operation(typing, node)
    return found if found.type is not None and found.type.kind in WHOLE else Fact(None, found.nullable)


def _chosen(typing: Typing, values: Sequence[exp.Expr | None]) -> Fact:
    """One of several values; what is missing is null, and a bare NULL takes any type."""
    facts = [_NULL if value is None else typing.fact(value) for value in values]
    types = [
        fact.type
        for fact, value in zip(facts, values, strict=True)
        if value is not None and not isinstance(value.unnest(), exp.Null)
    ]
    return Fact(unified(types) if types else None, _either([fact.nullable for fact in facts]))


def _case(typing: Typing, node: exp.Case) -> Fact:
    return _chosen(typing, [*(item.args.get("true") for item in node.args["ifs"]), node.args.get("default")])


def _iif(typing: Typing, node: exp.If) -> Fact:
    return _chosen(typing, [node.args.get("true"), node.args.get("false")])


def _coalesce(typing: Typing, node: exp.Coalesce) -> Fact:
    values = [node.this, *node.expressions]
    found = _chosen(typing, values)
    nullable = False if any(typing.fact(value).nullable is False for value in values) else found.nullable
    if node.args.get("is_null"):  # ISNULL: the first one's type, unless that is a bare NULL
        return Fact(None if isinstance(node.this.unnest(), exp.Null) else typing.fact(node.this).type, nullable)
    return Fact(found.type, nullable)


def _nullif(typing: Typing, node: exp.Nullif) -> Fact:
    return Fact(typing.fact(node.this).type, nullable=True)


def _count(_typing: Typing, node: exp.Count) -> Fact:
    return Fact(_BIGINT if node.args.get("big_int") else _INT, nullable=False)


def _argument_of(node: exp.Expr) -> exp.Expr | None:
    inner = node.this
    if isinstance(inner, exp.Distinct):
        return inner.expressions[0] if inner.expressions else None
    return inner if isinstance(inner, exp.Expr) else None


def _extreme(typing: Typing, node: exp.Expr) -> Fact:
    inner = _argument_of(node)
    return Fact(typing.fact(inner).type if inner is not None else None)


def _total(typing: Typing, node: exp.Expr) -> Fact:
    found = _extreme(typing, node).type
    if found is None:
        return _NOTHING
    if found.kind in WHOLE:
        return Fact(_BIGINT if found.kind is Kind.BIGINT else _INT)
    if found.kind is Kind.DECIMAL:
        return Fact(SqlType(Kind.DECIMAL, precision=38, scale=found.scale if isinstance(node, exp.Sum) else None))
    if found.kind in DECIMALS:
        return Fact(SqlType(Kind.MONEY))
    return Fact(_FLOAT if found.kind in FLOATS else None)


def _text(typing: Typing, node: exp.Expr) -> Fact:
    found = typing.fact(node.this)
    if found.type is None or found.type.kind not in STRINGS:
        return Fact(None, None)
    return Fact(_NVARCHAR if found.type.kind in UNICODE else _VARCHAR)


def _replaced(typing: Typing, node: exp.Replace) -> Fact:
    """REPLACE: nvarchar where one of the three is."""
    types = [typing.fact(part).type for part in (node.this, node.expression, node.args.get("replacement")) if part]
    kinds = {type_.kind for type_ in types if type_ is not None}
    if not kinds <= STRINGS:
        return _NOTHING
    if kinds & UNICODE:
        return Fact(_NVARCHAR)
    return Fact(_VARCHAR if None not in types else None)


def _moved(typing: Typing, node: exp.DateAdd) -> Fact:
    return Fact(moved(typing.fact(node.this).type))


def _subquery(typing: Typing, node: exp.Subquery) -> Fact:
    columns = typing.queries.get(id(node))
    if columns is None or columns.is_open or len(columns.listed) != 1:
        return _NOTHING
    return Fact(columns.listed[0].type)


def _qualified(typing: Typing, node: exp.Dot) -> Fact:
    """A call of a function with its schema."""
    if typing.schema is None or not isinstance(node.this, exp.Identifier) or not isinstance(node.expression, exp.Func):
        return _NOTHING
    function = typing.schema.function(node.expression.name, node.this.this)
    return _NOTHING if function is None else Fact(function.result)


def _always(type_: SqlType, *, nullable: bool | None = None) -> Callable[[Typing, Any], Fact]:
    fact = Fact(type_, nullable)
    return lambda _typing, _node: fact


_INTEGER: Final = _always(_INT)
_RANK: Final = _always(_BIGINT, nullable=False)
_HANDLERS: Final[Mapping[type[exp.Expr], Callable[[Typing, Any], Fact]]] = {
    exp.Add: _operation,
    exp.Alias: _inner,
    exp.Avg: _total,
    exp.BitwiseAnd: _bits,
    exp.BitwiseOr: _bits,
    exp.BitwiseXor: _bits,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Coalesce: _coalesce,
    exp.Collate: _inner,
    exp.Column: _column,
    exp.Convert: _convert,
    exp.Count: _count,
    exp.DateAdd: _moved,
    exp.DateFromParts: _always(_DATE),
    exp.Day: _INTEGER,
    exp.DenseRank: _RANK,
    exp.Div: _operation,
    exp.Dot: _qualified,
    exp.If: _iif,
    exp.LastDay: _always(_DATE),
    exp.Left: _text,
    exp.Literal: _literal,
    exp.Lower: _text,
    exp.Max: _extreme,
    exp.Min: _extreme,
    exp.Mod: _operation,
    exp.Month: _INTEGER,
    exp.Mul: _operation,
    exp.National: _national,
    exp.Neg: _neg,
    exp.Ntile: _RANK,
    exp.Null: lambda _typing, _node: _NULL,
    exp.Nullif: _nullif,
    exp.Paren: _inner,
    exp.Placeholder: Typing.argument,
    exp.Rank: _RANK,
    exp.Replace: _replaced,
    exp.Right: _text,
    exp.RowNumber: _RANK,
    exp.Sub: _operation,
    exp.Subquery: _subquery,
    exp.Substring: _text,
    exp.Sum: _total,
    exp.Trim: _text,
    exp.TryCast: _try_cast,
    exp.Upper: _text,
    exp.Uuid: _always(SqlType(Kind.UNIQUEIDENTIFIER), nullable=False),
    exp.Window: _inner,
    exp.Year: _INTEGER,
}
_AT_ONCE: Final = frozenset({exp.Column, exp.Literal, exp.National, exp.Null, exp.Placeholder})
"""What is told without looking at any part of it."""
