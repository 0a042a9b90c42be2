"""What a common table that names itself may be (errors 240, 246, 247, 252, 253, 460, 461, 462, 465, 466, 467).

Microsoft Learn: "WITH common_table_expression (Transact-SQL)", guidelines for recursive common table expressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import FLOATS, MAX_LENGTHS, PADDED, STRINGS, UNICODE, WHOLE
from engine.sql.analysis.domains import units
from engine.sql.analysis.relations import Column, Columns
from engine.sql.analysis.resolution import self_references
from engine.sql.analysis.rules.kinds import a, kind_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault
from engine.sql.query import first_branch

_RULE: Final = "compile-error"
_WRITTEN: Final = (exp.Literal, exp.National, exp.Cast, exp.Convert)
"""What has the type that is written there."""
_INT: Final = SqlType(Kind.INT)
_MAX_PRECISION: Final = 38


class _Member(Struct, frozen=True, eq=False, gc=False):
    """A branch of the table's query; `joint` is the set operation that joins it to those before it."""

    query: exp.Expr
    joint: exp.Expr | None
    references: Sequence[exp.Table]


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error`, and `type-mismatch` where a column's type is another in the recursive part."""
    for with_ in subject.nodes(exp.With):
        for cte in with_.expressions:
            members = _members(cte)
            first = next((number for number, member in enumerate(members) if member.references), None)
            if first is not None:
                found = list(_shape(subject, cte.alias, members, first))
                yield from found
                if not found:
                    yield from _types(subject, cte.alias, members, first)


def _members(cte: exp.CTE) -> list[_Member]:
    key = cte.alias.casefold()
    members: list[_Member] = []
    node = cte.this
    while isinstance(node, exp.SetOperation):
        members.insert(0, _Member(node.expression, node, self_references(node.expression, key)))
        node = node.this
    return [_Member(node, None, self_references(node, key)), *members]


def _is_union_all(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Union) and node.args.get("distinct") is False


def _shape(subject: Subject, name: str, members: Sequence[_Member], first: int) -> Iterator[SqlFault]:
    """What stands where, whatever the types are."""
    recursive = members[first:]
    if first == 0 or not all(_is_union_all(member.joint) for member in recursive):
        message = f"`{name}` names itself, and no UNION ALL joins the SELECT that does to one before it."
        hint = f"Begin with the rows that need no `{name}`, and join those that do by UNION ALL behind them."
        yield fault(_RULE, recursive[0].references[0], message, hint)
        return
    for member in recursive:
        if not member.references:
            message = f"This SELECT does not name `{name}`, and stands behind one that does."
            yield fault(_RULE, _place(member.query), message, "Put it before the first that does.")
        elif len(member.references) > 1:
            message = f"`{name}` names itself twice in one SELECT."
            yield fault(_RULE, member.references[1], message, "Join it once.")
        else:
            yield from _recursive(subject, name, member, member.references[0])


def _place(query: exp.Expr) -> exp.Expr:
    items = first_branch(query).expressions if isinstance(query, exp.Query) else ()
    return items[0] if items else query


def _recursive(subject: Subject, name: str, member: _Member, reference: exp.Table) -> Iterator[SqlFault]:
    """The SELECTs around the reference, up to the member itself."""
    child: exp.Expr = reference
    while child is not member.query and child.parent is not None:
        parent = child.parent
        if isinstance(parent, exp.Select):
            if child.arg_key not in {"from_", "joins", "laterals"} or _is_in_condition(reference, parent):
                yield fault(_RULE, reference, f"`{name}` names itself in a subquery.", "Join it in FROM.")
                return
            yield from _select(subject, parent)
        child = parent


def _is_in_condition(node: exp.Expr, select: exp.Select) -> bool:
    """Whether it stands in the ON of a join of this SELECT."""
    child = node
    while child.parent is not None and child is not select:
        if isinstance(child.parent, exp.Join) and child.arg_key == "on":
            return True
        child = child.parent
    return False


def _select(subject: Subject, select: exp.Select) -> Iterator[SqlFault]:
    """A SELECT with the reference in its FROM."""
    what = "in the recursive part of WITH"
    if select.args.get("distinct") is not None:
        yield fault(_RULE, _place(select), f"DISTINCT cannot stand {what}.", "Use it where the table is read.")
    elif select.args.get("limit") is not None or select.args.get("offset") is not None:
        yield fault(
            _RULE, _place(select), f"TOP and OFFSET cannot stand {what}.", "Number the rows in a derived table."
        )
    group, having = select.args.get("group"), select.args.get("having")
    aggregate = next((each.node for each in subject.aggregates if each.place.select is select), None)
    if group is not None or having is not None:
        at = next(iter(group.expressions), None) if group is not None else having
        message = f"GROUP BY and HAVING cannot stand {what}."
        yield fault(_RULE, at or _place(select), message, "Group where the table is read.")
    elif aggregate is not None:
        message = f"{subject.name_at(aggregate)}(…) cannot stand {what}."
        yield subject.call_fault(_RULE, aggregate, message, "Aggregate where the table is read, or use a window.")
    for join in select.find_all(exp.Join):
        if join.side and join.find_ancestor(exp.Select) is select:
            message = f"An outer join cannot stand {what}."
            yield fault(_RULE, join.this, message, "Use OUTER APPLY, or join where the table is read.")


# ------------------------------------------------------------------------------------------------------------- types


def _types(subject: Subject, name: str, members: Sequence[_Member], first: int) -> Iterator[SqlFault]:
    anchors = [_columns(subject, member.query) for member in members[:first]]
    for member in members[first:]:
        other = _columns(subject, member.query)
        for number, column in enumerate(other):
            ones = [anchor[number] for anchor in anchors if len(anchor) == len(other)]
            if len(ones) == len(anchors) and (problem := _problem(subject, ones, column)) is not None:
                message = f"Column {number + 1} of `{name}` is {problem} in the recursive part."
                hint = "CAST it to the type that it has in the first SELECT, or both to a wider one."
                place = column.expression if column.expression is not None else _place(member.query)
                yield fault("type-mismatch", place.unalias(), message, hint)


def _columns(subject: Subject, query: exp.Expr) -> Sequence[Column]:
    found: Columns | None = subject.analysis.queries.get(id(query))
    return found.listed if found is not None and not found.is_open else ()


def _problem(subject: Subject, anchors: Sequence[Column], other: Column) -> str | None:
    """How the types differ for certain, in words."""
    types = {_type_of(anchor, is_anchor=True) for anchor in anchors}
    type_ = types.pop() if len(types) == 1 else None
    now = _type_of(other)
    if type_ is None or type_.kind is Kind.OTHER or any(map(_has_argument, (*anchors, other))):
        return None
    if now is not None and now.kind is not Kind.OTHER and now.kind is not type_.kind:
        is_sure = _are_apart(type_.kind, now.kind) or all(map(_is_exact, (*anchors, other)))
        return f"{a(type_.kind)} in the first SELECT, and {a(now.kind)}" if is_sure else None
    if now is None or now.kind is not type_.kind:
        return None
    if type_.kind in STRINGS and type_.length is not None:
        length = now.length if now.length is not None else _length(subject, other.expression)
        is_other = length != type_.length if now.length is not None else length > type_.length
        return f"{type_.kind}({type_.length}) in the first SELECT, and longer or shorter" if is_other else None
    if type_.kind is Kind.DECIMAL and type_.precision is not None and type_.scale is not None:
        shown = f"decimal({type_.precision}, {type_.scale}) in the first SELECT, and of other digits"
        if now.precision is not None and now.scale is not None:
            return shown if (now.precision, now.scale) != (type_.precision, type_.scale) else None
        return shown if _has_more_digits(subject, other.expression, type_.precision) else None
    return None


def _type_of(column: Column, *, is_anchor: bool = False) -> SqlType | None:
    """The column's type; a bare NULL of the first SELECT is an int."""
    is_null = column.expression is not None and isinstance(column.expression.unalias().unnest(), exp.Null)
    return _INT if is_anchor and is_null else column.type


def _has_argument(column: Column) -> bool:
    return column.expression is not None and column.expression.find(exp.Placeholder) is not None


def _are_apart(one: Kind, other: Kind) -> bool:
    """Whether the analysis tells the two apart in whatever is computed: it may not know which strings are padded."""
    if {one, other} <= FLOATS:
        return False
    return not {one, other} <= STRINGS or (one in UNICODE) is not (other in UNICODE)


def _is_exact(column: Column) -> bool:
    return column.ledger is not None or (
        column.expression is not None and isinstance(column.expression.unalias().unnest(), _WRITTEN)
    )


def _length(subject: Subject, node: exp.Expr | None) -> int:
    """How long the type of a string is at least: strings that are joined have the lengths of all."""
    node = node.unalias().unnest() if node is not None else None
    if node is None or (type_ := subject.analysis.fact(node).type) is None or type_.kind not in STRINGS - PADDED:
        return 0
    if isinstance(node, exp.Literal | exp.National):
        return units(str(node.this))
    if isinstance(node, exp.Add):
        sides = (node.this, node.expression)
        if not all(kind_of(subject, side) in STRINGS for side in sides):
            return 0
        return min(sum(_length(subject, side) for side in sides), MAX_LENGTHS[type_.kind])
    return type_.length or 0


def _has_more_digits(subject: Subject, node: exp.Expr | None, precision: int) -> bool:
    """Whether it adds or multiplies a decimal of so many digits, which gives at least one more."""
    node = node.unalias().unnest() if node is not None else None
    if not isinstance(node, exp.Add | exp.Sub | exp.Mul) or precision >= _MAX_PRECISION:
        return False
    types = [subject.analysis.fact(side).type for side in (node.this, node.expression)]
    known = [type_ for type_ in types if type_ is not None and type_.kind in WHOLE | {Kind.DECIMAL}]
    return len(known) == len(types) and any((type_.precision or 0) >= precision for type_ in known)
