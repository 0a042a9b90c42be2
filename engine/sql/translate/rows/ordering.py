"""ORDER BY: T-SQL sorts NULL before everything else."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import Kind
from engine.model.families import INCOMPARABLE, STRINGS
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.relations import Output, around
from engine.sql.translate.rows.identity import identity_of
from engine.sql.translate.text.strings import order_key, sorts_as_it_is
from engine.sql.translate.typed import Typed

_UNORDERED = INCOMPARABLE | {Kind.OTHER, Kind.UNIQUEIDENTIFIER, Kind.ROWVERSION}


_KEY: Final = frozenset({"this", "desc", "nulls_first"})
_ORDER: Final = frozenset({"expressions"})


def sort_key(emitter: Emitter, node: exp.Ordered) -> str:
    """One item of an ORDER BY whose names are columns, not aliases (that of a window)."""
    emitter.check_arguments(node, _KEY)
    return _expression_key(emitter, node)


def _expression_key(emitter: Emitter, node: exp.Ordered) -> str:
    _refuse_constant(node)
    return sorted_by(node, _key(emitter, node, emitter.scalar(node.this)))


def _refuse_constant(node: exp.Ordered) -> None:
    """Refuse a key that is the same in all rows: it has neither a column nor an aggregate."""
    if node.find(exp.Column, exp.AggFunc) is None:
        raise refused(node, "an order by a constant is not T-SQL", "name a column")


def sorted_by(node: exp.Ordered, sql: str) -> str:
    """The key with its direction: NULL first, or last where it descends."""
    return f"{sql} DESC NULLS LAST" if node.args.get("desc") else f"{sql} ASC NULLS FIRST"


def _key(emitter: Emitter, node: exp.Ordered, value: Typed) -> str:
    if value.type.kind in _UNORDERED:
        what = f"{value.type.kind} values are not ordered alike on every ledger"
        raise refused(node, what, "order by another column")
    return order_key(emitter, node, value) if value.type.kind in STRINGS else value.sql


Listed = Sequence[Hashable | None]
"""Which expression each output column is, None for one that is several, one a branch."""


class SortKeys(Struct, frozen=True, gc=False):
    """The items of an ORDER BY. `is_outer`: some are made of columns as a SELECT around names them."""

    items: tuple[str, ...] = ()
    is_outer: bool = False


def order_items(emitter: Emitter, node: exp.Order | None, outputs: Sequence[Output], listed: Listed | None) -> SortKeys:
    """The keys of a SELECT's ORDER BY: by number, by alias, else by an expression over its tables.

    With `listed` (DISTINCT, set operations) every key is an output column, and is named by its number, or made of it.
    """
    if node is None:
        return SortKeys()
    emitter.check_arguments(node, _ORDER)
    items = tuple(
        key
        for item in node.expressions
        if (key := emitter.attempt(partial(_item, emitter, item, outputs, listed))) is not None
    )
    return SortKeys(items, listed is not None and any(not item.split(" ", 1)[0].isdecimal() for item in items))


def note_faults(emitter: Emitter, node: exp.Order, names: Collection[str]) -> None:
    """The faults of the keys that are no number and none of `names`, the columns of a SELECT that is refused."""
    for item in node.expressions:
        this = item.this
        is_output = isinstance(this, exp.Column) and this.args.get("table") is None and this.name.casefold() in names
        if not (is_output or isinstance(this, exp.Literal)):
            emitter.attempt(partial(sort_key, emitter, item))


def _item(emitter: Emitter, node: exp.Ordered, outputs: Sequence[Output], listed: Listed | None) -> str:
    emitter.check_arguments(node, _KEY)
    number = _output_number(node, outputs)
    if number is None:
        if listed is None:
            return _expression_key(emitter, node)
        number = _same_output(emitter, node, listed)
    value = outputs[number].value
    if value.constant is not None or value.placeholder is not None or value.is_null:
        return sorted_by(node, str(number + 1))
    if listed is None:
        return sorted_by(node, _key(emitter, node, value))
    if sorts_as_it_is(node, value):
        _key(emitter, node, value)  # what does not compare is refused
        return sorted_by(node, str(number + 1))
    return sorted_by(node, _key(emitter, node, Typed(around(number), value.type, rank=value.rank)))


def _output_number(node: exp.Ordered, outputs: Sequence[Output]) -> int | None:
    """The output that a plain number or a bare name stands for."""
    this = node.this
    if isinstance(this, exp.Literal) and not this.is_string:
        number = int(this.this) if str(this.this).isdecimal() else 0
        if not 1 <= number <= len(outputs):
            raise refused(node, f"ORDER BY `{this.this}` is no column's number", "order by a column's name")
        return number - 1
    if not isinstance(this, exp.Column) or this.args.get("table") is not None:
        return None
    key = this.name.casefold()
    found = [index for index, output in enumerate(outputs) if (output.name or "").casefold() == key]
    if len(found) > 1:
        hint = "order by its number, or name the table"
        raise refused(node, f"more than one column is called `{this.name}`", hint, rule="ambiguous-column")
    return found[0] if found else None


def _same_output(emitter: Emitter, node: exp.Ordered, listed: Listed) -> int:
    """The output that is the key's expression, as T-SQL asks where rows are merged."""
    _refuse_constant(node)
    if emitter.scope.sources:
        emitter.scalar(node.this)  # what is wrong with it comes first
    identity = identity_of(emitter, node.this)
    if identity is not None and identity in listed:
        return listed.index(identity)
    raise refused(
        node,
        "ORDER BY with DISTINCT or a set operation may only name a column of the SELECT list",
        "add it to the SELECT list, or order outside, over a derived table",
    )
