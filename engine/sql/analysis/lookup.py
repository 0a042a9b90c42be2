"""Finds what a column's name means: in the SELECT that is being read, and in those around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import Kind
from engine.sql.analysis.relations import Columns, Meaning, Reference, Source, declared
from engine.sql.wordlist import words

Ctes = Mapping[str, Columns]
"""The common tables that a SELECT may name, by case-folded name."""

_PROPERTIES: Final = words("type_methods.txt", "properties")
_RESERVED: Final = words("reserved_words.txt")


class Reading(Struct, eq=False, gc=False):
    """A SELECT that is being read. `visible` is where the sources begin that a join's condition may name."""

    select: exp.Select
    parent: Reading | None
    ctes: Ctes
    sources: list[Source]
    visible: int = 0


def usual(node: exp.Expr, reading: Reading) -> Reference | None:
    """What nearly every name is, found at once: a column of a table of this SELECT, behind the table's alias."""
    args = node.args
    name, qualifier = args["this"], args.get("table")
    if qualifier is None or args.get("db") is not None or type(name) is not exp.Identifier:
        return None
    key = qualifier.args["this"].casefold()
    for source in reading.sources:
        if source.key == key:
            if source.table is None:
                return None
            column = source.table.by_key.get(name.args["this"].casefold())
            if column is None:
                return None
            return Reference(node, Meaning.FOUND, reading.select, source, declared(column, may_miss=source.may_miss))
    return None


def reference(node: exp.Expr, reading: Reading, *, is_on: bool) -> Reference:
    """What a column's name means in the SELECT that `reading` reads; `is_on`: in the condition of its last join."""
    name = node.this
    if not isinstance(name, exp.Identifier):
        return _star_reference(node, reading)
    key = name.this.casefold()
    if not name.args.get("quoted") and (key in _RESERVED or key[:1] == "$"):
        return Reference(node, Meaning.UNKNOWN, None)
    qualifier = node.args.get("table")
    if qualifier is not None:
        return _qualified(node, key, qualifier.this.casefold(), reading, is_on=is_on)
    scope: Reading | None = reading
    visible = reading.visible if is_on else 0
    while scope is not None:
        found = [(source, column) for source in scope.sources[visible:] if (column := source.find(key)) is not None]
        if len(found) > 1:
            return Reference(node, Meaning.AMBIGUOUS, scope.select)
        if found:
            return Reference(node, Meaning.FOUND, scope.select, *found[0])
        if any(source.is_open for source in scope.sources):
            return Reference(node, Meaning.UNKNOWN, scope.select if scope.parent is None else None)
        scope, visible = scope.parent, 0
    return Reference(node, Meaning.NO_COLUMN, reading.select)


def _qualified(node: exp.Expr, key: str, qualifier: str, reading: Reading, *, is_on: bool) -> Reference:
    """A column whose name has its table's before it: of the nearest source of that name."""
    schema = node.args.get("db")
    scope: Reading | None = reading
    visible = reading.visible if is_on else 0
    while scope is not None:
        named = [source for source in scope.sources[visible:] if source.key == qualifier or not source.key]
        if schema is not None:
            wanted = schema.this.casefold()
            named = [source for source in named if source.schema_key == wanted or source.table is None]
        for source in named:
            column = source.find(key)
            if column is not None:
                return Reference(node, Meaning.FOUND, scope.select, source, column)
        if any(source.is_open for source in named):
            is_sure = len(named) == 1 and bool(named[0].key)
            return Reference(node, Meaning.UNKNOWN, scope.select if is_sure else None)
        if named:
            return Reference(node, Meaning.NO_COLUMN, scope.select, named[0])
        scope, visible = scope.parent, 0
    return Reference(node, Meaning.UNKNOWN if _is_property(node, reading) else Meaning.NO_SOURCE, reading.select)


def _is_property(node: exp.Expr, reading: Reading) -> bool:
    """Whether it is the property of a column of a type that has some, as in `c.Location.Lat`."""
    if node.name not in _PROPERTIES:
        return False
    column, schema = node.args["table"].this.casefold(), node.args.get("db")
    owner = schema.this.casefold() if schema is not None else None
    scope: Reading | None = reading
    while scope is not None:
        for source in scope.sources:
            if owner in {None, source.key}:
                found = source.find(column)
                if found is not None:
                    return found.type is None or found.type.kind is Kind.OTHER
                if source.is_open:
                    return True
        scope = scope.parent
    return False


def _star_reference(node: exp.Expr, reading: Reading) -> Reference:
    """`t.*`, which means a source."""
    qualifier = node.args.get("table")
    if not isinstance(node.this, exp.Star) or qualifier is None:
        return Reference(node, Meaning.UNKNOWN, None)
    key = qualifier.this.casefold()
    for source in reading.sources:
        if source.key == key:
            return Reference(node, Meaning.FOUND, reading.select, source)
    is_unknown = any(not source.key for source in reading.sources)
    return Reference(node, Meaning.UNKNOWN if is_unknown else Meaning.NO_SOURCE, reading.select)
