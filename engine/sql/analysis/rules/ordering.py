"""ORDER BY, TOP and OFFSET (errors 104, 108, 145, 169, 209, 408, 1033, 1062, 5308, 5309, 8711, 10741)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.relations import Columns, Meaning
from engine.sql.analysis.resolution import bare_name
from engine.sql.analysis.rules.identity import identity_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault
from engine.sql.query import first_branch

_LISTED: Final = "Add it to the SELECT list, or order outside, over a derived table."


def check(subject: Subject) -> Iterator[SqlFault]:
    """Every ORDER BY, and what limits the rows after it."""
    for order in subject.nodes(exp.Order):
        owner = order.parent
        if isinstance(owner, exp.Window):
            yield from _window(order)
        elif isinstance(owner, exp.Query):
            yield from _order(subject, owner, order)
    for kind in (exp.Select, exp.Union, exp.Except, exp.Intersect):
        for query in subject.nodes(kind):
            yield from _limits(subject, query)
    yield from _listings(subject)


def _listings(subject: Subject) -> Iterator[SqlFault]:
    """The STRING_AGGs of one SELECT, which go through its rows in one order."""
    first: dict[int, object] = {}
    for call in subject.nodes(exp.GroupConcat):
        if not isinstance(call.this, exp.Order):
            continue
        item, select = call.this.expressions[0], call.find_ancestor(exp.Select)
        key = identity_of(subject.analysis, item.this) or item.this.sql().casefold(), bool(item.args.get("desc"))
        if first.setdefault(id(select), key) != key:
            message = "STRING_AGG(…) has another order here than before in the same SELECT."
            yield fault("compile-error", item, message, "Write one order for all, or a subquery for each.")


def _window(order: exp.Order) -> Iterator[SqlFault]:
    for item in order.expressions:
        if isinstance(item.this, exp.Literal):
            message = "A window's ORDER BY takes neither a number nor another constant."
            yield fault("compile-error", item.this, message, "Name the column, or write (SELECT NULL) for no order.")


def _order(subject: Subject, owner: exp.Query, order: exp.Order) -> Iterator[SqlFault]:
    if _is_inside(subject, owner) and not _is_limited(owner):
        message = "ORDER BY cannot stand in a derived table, subquery or WITH that has neither TOP nor OFFSET."
        hint = "Remove it, and order the outermost SELECT."
        yield subject.word_fault("compile-error", "order", order, message, hint)
        return
    columns = subject.analysis.queries.get(id(owner))
    if columns is None:
        return
    is_merged = not isinstance(owner, exp.Select)
    is_distinct = is_merged or owner.args.get("distinct") is not None
    seen: set[object] = set()
    for item in order.expressions:
        found = _position(item, columns) or _constant(item) or _twice(subject, item, columns)
        if found is None and is_distinct:
            found = _unlisted(subject, owner, item, columns)
        if found is None and not isinstance(item.this, exp.Literal):
            key = bare_name(item) if is_merged else _key(subject, item)
            if key is not None and key in seen:
                found = fault("compile-error", item, "ORDER BY names this twice.", "Remove it.")
            seen.add(key)
        if found is not None:
            yield found


def _key(subject: Subject, item: exp.Expr) -> object:
    """What an item orders by; where a table is not known, as it is written."""
    for column in item.find_all(exp.Column):
        found = subject.analysis.references.get(id(column))
        if found is not None and found.meaning is not Meaning.FOUND:
            return item.this.sql().casefold()
    return identity_of(subject.analysis, item.this) or bare_name(item)


def _is_inside(subject: Subject, owner: exp.Expr) -> bool:
    """Whether the query stands inside of another, or is a branch of a set operation."""
    while owner is not subject.query.tree:
        if not isinstance(owner.parent, exp.Subquery):
            return True
        owner = owner.parent
    return False


def _is_limited(owner: exp.Expr) -> bool:
    return any(owner.args.get(name) is not None for name in ("limit", "offset", "for_"))


def _position(item: exp.Expr, columns: Columns) -> SqlFault | None:
    """A number that is no column's."""
    key = item.this
    if not isinstance(key, exp.Literal) or key.is_string or columns.is_open:
        return None
    number, count = str(key.this), len(columns.listed)
    if not number.isdecimal() or 1 <= int(number) <= count:
        return None
    message = f"ORDER BY {number} is no column's number: the SELECT has {count}."
    return fault("unknown-column", key, message, "Order by a column's name.")


def _constant(item: exp.Expr) -> SqlFault | None:
    key = item.this.unnest()
    is_constant = isinstance(key, exp.National) or (isinstance(key, exp.Literal) and key.is_string)
    if not is_constant:
        return None
    return fault("compile-error", key, "ORDER BY has a constant.", "Name the column, without quotes.")


def _twice(subject: Subject, item: exp.Expr, columns: Columns) -> SqlFault | None:
    """A name that two outputs have, and that are not one column."""
    name = bare_name(item)
    if name is None:
        return None
    same = [column for column in columns.listed if column.key == name]
    identities = {
        identity_of(subject.analysis, column.expression) if column.expression is not None else None for column in same
    }
    if len(same) < 2 or len(identities) < 2 or None in identities:
        return None
    message = f"More than one column of the SELECT list is called `{item.this.name}`."
    return fault("ambiguous-column", item, message, "Order by its number, or name the table.")


def _unlisted(subject: Subject, owner: exp.Query, item: exp.Expr, columns: Columns) -> SqlFault | None:
    """What is ordered by where rows are merged, and is not in the SELECT list."""
    key, name = item.this, bare_name(item)
    if columns.is_open or isinstance(key.unnest(), (exp.Literal, exp.Null, exp.Subquery)):
        return None
    if name is not None and columns.find(name) is not None:
        return None
    what = "DISTINCT" if isinstance(owner, exp.Select) else "UNION, EXCEPT or INTERSECT"
    if isinstance(owner, exp.SetOperation):
        if name is not None and not _is_star_below(owner):
            message = f"ORDER BY `{key.name}` is no column of the first SELECT, whose names count with {what}."
            return fault("compile-error", item, message, _LISTED)
        if name is None and key.find(exp.Column) is not None and not _is_item(subject, first_branch(owner), key):
            return fault("compile-error", item, f"With {what}, ORDER BY takes columns of the SELECT list.", _LISTED)
        return None
    if not isinstance(owner, exp.Select) or identity_of(subject.analysis, key) is None:
        return None
    if key.find(exp.Column) is None or _is_item(subject, owner, key) or _is_starred(owner, key):
        return None
    return fault("compile-error", item, f"With {what}, ORDER BY takes what the SELECT list has.", _LISTED)


def _is_star_below(owner: exp.SetOperation) -> bool:
    return any(item.is_star for item in first_branch(owner).expressions)


def _is_item(subject: Subject, select: exp.Expr, key: exp.Expr) -> bool:
    """Whether the key is an item of the SELECT list again, by what it is or by how it is written."""
    wanted, text = identity_of(subject.analysis, key), key.sql().casefold()
    return any(
        (wanted is not None and identity_of(subject.analysis, item.unalias()) == wanted)
        or item.unalias().sql().casefold() == text
        for item in select.expressions
    )


def _is_starred(select: exp.Select, key: exp.Expr) -> bool:
    return isinstance(key, exp.Column) and any(item.is_star for item in select.expressions)


def _limits(subject: Subject, query: exp.Expr) -> Iterator[SqlFault]:
    limit, offset = query.args.get("limit"), query.args.get("offset")
    order = query.args.get("order")
    if offset is not None and order is None:
        message = "OFFSET stands only behind ORDER BY."
        yield subject.word_fault("compile-error", "offset", offset, message, "Say in which order rows are passed over.")
    elif isinstance(limit, exp.Limit):
        options = limit.args.get("limit_options")
        if offset is not None:
            yield _top_with_offset(subject, offset)
        elif order is None and options is not None and options.args.get("with_ties"):
            message = "TOP … WITH TIES needs an ORDER BY."
            hint = "Add ORDER BY, or remove WITH TIES."
            yield subject.word_fault("compile-error", "ties", query.expressions[0], message, hint)


def _top_with_offset(subject: Subject, offset: exp.Expr) -> SqlFault:
    message = "TOP and OFFSET cannot stand in one SELECT."
    return subject.word_fault("compile-error", "offset", offset, message, "Write FETCH NEXT n ROWS ONLY for TOP.")
