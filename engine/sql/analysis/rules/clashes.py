"""Types that SQL Server does not bring together (errors 206, 305, 306, 402, 447, 529, 8116, 8117).

Microsoft Learn: "CAST and CONVERT", implicit conversions; "Data type precedence"; each operator's page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlglot import exp

from engine.model import Kind, Severity, SqlType
from engine.model.families import BYTES, INCOMPARABLE, NUMBERS, STRINGS, TEMPORAL
from engine.sql.analysis.declared_types import declared_type, is_authors
from engine.sql.analysis.resolution import bare_name
from engine.sql.analysis.rules.kinds import COMPARISONS, a, has_placeholder, kind_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

_NUMBERS: Final = NUMBERS | {Kind.BIT}
_LATER: Final = TEMPORAL - {Kind.SMALLDATETIME, Kind.DATETIME}
"""The types of dates and times that are not numbers too, as datetime and smalldatetime are."""
_DAYS: Final = frozenset({Kind.SMALLDATETIME, Kind.DATETIME})
_ARITHMETIC: Final[dict[type[exp.Binary], str]] = {
    exp.Add: "added",
    exp.Sub: "subtracted",
    exp.Mul: "multiplied",
    exp.Div: "divided",
    exp.Mod: "divided",
}
_NO_SUM: Final = STRINGS | TEMPORAL | BYTES | {Kind.BIT, Kind.UNIQUEIDENTIFIER, Kind.XML}
_NO_TEXT: Final[tuple[type[exp.Expr], ...]] = (exp.Length, exp.Upper, exp.Lower, exp.Left, exp.Right, exp.Replace)


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `type-mismatch`: an error where SQL Server never compiles it, else a warning."""
    for kind, nodes in subject.query.nodes.items():
        rule = _RULES.get(kind)
        if rule is not None:
            for node in nodes:
                yield from rule(subject, node)
    yield from _distinct(subject)
    yield from _outputs(subject)


def _comparison(subject: Subject, node: exp.Binary) -> Iterable[SqlFault]:
    left, right = node.args["this"], node.args["expression"]
    if type(left) is exp.Column and type(right) is exp.Column:  # as nearly always in a join
        kind = kind_of(subject, left)
        if kind is not None and kind not in INCOMPARABLE and kind is kind_of(subject, right):
            return ()
    return _compared(subject, node, left, right)


def _among(subject: Subject, node: exp.In) -> Iterator[SqlFault]:
    for item in node.expressions:
        yield from _compared(subject, item, node.this, item)


def _between(subject: Subject, node: exp.Between) -> Iterator[SqlFault]:
    faults = (fault for name in ("low", "high") for fault in _compared(subject, node, node.this, node.args[name]))
    yield from islice(faults, 1)


def _case(subject: Subject, node: exp.Case) -> Iterator[SqlFault]:
    yield from _chosen(subject, [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")])
    if node.this is not None:
        for branch in node.args["ifs"]:
            yield from _compared(subject, branch.this, node.this, branch.this)


def _iif(subject: Subject, node: exp.If) -> Iterator[SqlFault]:
    if not isinstance(node.parent, exp.Case):
        yield from _chosen(subject, [node.args["true"], node.args.get("false")])


def _nullif(subject: Subject, node: exp.Nullif) -> Iterator[SqlFault]:
    yield from _compared(subject, node.expression, node.this, node.expression)


def _coalesce(subject: Subject, node: exp.Coalesce) -> Iterator[SqlFault]:
    yield from _chosen(subject, [node.this, *node.expressions])


def _chosen(subject: Subject, values: Sequence[exp.Expr | None]) -> Iterator[SqlFault]:
    known = [value for value in values if value is not None and not isinstance(value.unnest(), exp.Null)]
    kinds = [kind_of(subject, value) for value in known]
    if None in kinds or len(set(kinds)) != 2 or has_placeholder(*known):
        return
    one, other = kinds[0], next(kind for kind in kinds if kind != kinds[0])
    if one is not None and other is not None and _clash(one, other):
        place = known[kinds.index(other)]
        message = f"This is {a(other)}, and the value before it {a(one)}; neither is converted to the other."
        yield fault("type-mismatch", place, message, "CAST one of them.")


def _branches(subject: Subject, node: exp.SetOperation) -> Iterator[SqlFault]:
    """The columns of a set operation's right side beside those of the first SELECT."""
    first: exp.Expr = node.this
    while isinstance(first, exp.SetOperation):
        first = first.this
    left, right = (subject.analysis.queries.get(id(side)) for side in (first, node.expression))
    if left is None or right is None or left.is_open or right.is_open or len(left.listed) != len(right.listed):
        return
    for one, other in zip(left.listed, right.listed, strict=True):
        sides = [side.expression.unalias().unnest() for side in (one, other) if side.expression is not None]
        if one.type is None or other.type is None or len(sides) < 2 or has_placeholder(*sides):
            continue
        if _clash(one.type.kind, other.type.kind):
            message = f"This column is {a(other.type.kind)}, and {a(one.type.kind)} in the first SELECT."
            yield fault("type-mismatch", sides[1], message, "CAST one of them.")


def _sorted(subject: Subject, node: exp.Ordered) -> Iterator[SqlFault]:
    name, owner = bare_name(node), node.parent.parent if node.parent is not None else None
    columns = subject.analysis.queries.get(id(owner))
    output = columns.find(name) if name is not None and columns is not None else None
    type_ = output.type if output is not None else subject.analysis.fact(node.this).type
    yield from _incomparable(node, type_, "sorted")


def _grouped(subject: Subject, node: exp.Group) -> Iterator[SqlFault]:
    for item in node.expressions:
        yield from _incomparable(item, subject.analysis.fact(item).type, "grouped")


def _distinct(subject: Subject) -> Iterator[SqlFault]:
    for scope in subject.analysis.scopes.values():
        if scope.select.args.get("distinct") is not None:
            for column in scope.columns.listed:
                yield from _incomparable(column.expression or scope.select, column.type, "merged by DISTINCT")


def _incomparable(node: exp.Expr, type_: SqlType | None, word: str) -> Iterator[SqlFault]:
    if type_ is None:
        return
    name = type_.other_name or "" if type_.kind is Kind.OTHER else str(type_.kind)
    if type_.kind in INCOMPARABLE or name.lower() in _SPATIAL:
        yield fault(
            "type-mismatch", node, f"A value of type {name} cannot be {word}.", "CAST it first, or leave it out."
        )


_SPATIAL: Final = frozenset({"geography", "geometry"})


def _clash(one: Kind, other: Kind) -> bool:
    """Whether neither is ever converted to the other without a CAST."""
    for first, second in ((one, other), (other, one)):
        if first in _LATER and second in _NUMBERS:
            return True
        if first is Kind.UNIQUEIDENTIFIER and second in _NUMBERS | TEMPORAL:
            return True
    return {one, other} == {Kind.DATE, Kind.TIME}


def _place(node: exp.Expr, *sides: exp.Expr) -> exp.Expr:
    """Where a fault of an operation stands: at the constant of it, if there is one."""
    constants = (exp.Literal, exp.National, exp.Placeholder)
    return next((side for side in sides if isinstance(side, constants) and "start" in side.meta), node)


def _compared(subject: Subject, node: exp.Expr, left: exp.Expr, right: exp.Expr) -> Iterator[SqlFault]:
    left, right = left.unnest(), right.unnest()
    if type(left) is exp.Null or type(right) is exp.Null:
        return
    one, other = kind_of(subject, left), kind_of(subject, right)
    for kind in (one, other):
        if kind in INCOMPARABLE:
            hint = "CAST it to nvarchar(max) first." if kind is not Kind.IMAGE else "CAST it to varbinary(max) first."
            yield fault("type-mismatch", node, f"A value of type {kind} cannot be compared.", hint)
            return
    if one is None or other is None:
        return
    if _clash(one, other):
        severity = Severity.WARNING if has_placeholder(left, right) else Severity.ERROR
        message = f"{a(one).capitalize()} is compared with {a(other)}, and neither is converted to the other."
        yield fault("type-mismatch", _place(node, right, left), message, "CAST one of them.", severity)
        return


def _cast(subject: Subject, node: exp.Cast) -> Iterator[SqlFault]:
    """CAST and TRY_CAST."""
    if is_authors(node.to):
        yield from _converted(subject, node.to, node.this)


def _convert(subject: Subject, node: exp.Convert) -> Iterator[SqlFault]:
    yield from _converted(subject, node.this, node.expression)


def _converted(subject: Subject, target: exp.Expr, value: exp.Expr) -> Iterator[SqlFault]:
    type_, kind = declared_type(target), kind_of(subject, value.unnest())
    if type_ is not None and kind is not None and not has_placeholder(value.unnest()) and _clash(kind, type_.kind):
        message = f"{a(kind).capitalize()} cannot be converted to {a(type_.kind)}."
        yield fault("type-mismatch", value.unnest(), message, "CAST it to a type that goes with both first.")


def _computed(subject: Subject, node: exp.Binary) -> Iterator[SqlFault]:
    word = _ARITHMETIC[type(node)]
    left, right = node.this.unnest(), node.expression.unnest()
    one, other = kind_of(subject, left), kind_of(subject, right)
    if one is None or other is None or has_placeholder(left, right):
        return
    both = {one, other}
    if _clash(one, other) or both <= _LATER or (both & INCOMPARABLE):
        hint = "Use DATEADD or DATEDIFF." if both & TEMPORAL else "CAST them first."
        message = f"{a(one).capitalize()} and {a(other)} cannot be {word}."
        yield fault("type-mismatch", node, message, hint)
    elif both & _DAYS and not isinstance(node, (exp.Add, exp.Sub)):
        hint = "Use DATEADD or DATEDIFF."
        yield fault("type-mismatch", node, f"{a(one).capitalize()} and {a(other)} cannot be {word}.", hint)
    elif both <= STRINGS and not isinstance(node, exp.Add):
        yield fault("type-mismatch", node, f"Two strings cannot be {word}.", "CAST them to numbers.")
    elif both == {Kind.BIT}:
        yield fault("type-mismatch", node, f"Two bits cannot be {word}.", "CAST them to int.")


def _aggregated(subject: Subject, node: exp.Expr) -> Iterator[SqlFault]:
    """SUM, AVG, MIN and MAX."""
    inner = node.this
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0] if inner.expressions else inner
    found = kind_of(subject, inner)
    refused = _NO_EXTREME if isinstance(node, (exp.Max, exp.Min)) else _NO_SUM
    if found in refused and not isinstance(inner.unnest(), exp.Placeholder):
        message = f"{subject.name_at(node)}(…) takes no value of type {found}."
        hint = "CAST it to int." if found is Kind.BIT else "CAST it to a type that it takes."
        yield subject.call_fault("type-mismatch", node, message, hint)


_NO_EXTREME: Final = INCOMPARABLE | {Kind.BIT}


def _collated(subject: Subject, node: exp.Collate) -> Iterator[SqlFault]:
    found = kind_of(subject, node.this)
    if found is not None and found not in STRINGS | {Kind.TEXT, Kind.NTEXT}:
        yield fault("type-mismatch", node, f"COLLATE stands behind strings only, not behind {a(found)}.", "Remove it.")


def _call(subject: Subject, node: exp.Expr) -> Iterator[SqlFault]:
    found = kind_of(subject, node.this)
    if found in INCOMPARABLE:
        message = f"{subject.name_at(node)}(…) takes no value of type {found}."
        yield subject.call_fault("type-mismatch", node, message, "CAST it to nvarchar(max) first.")


def _substring(subject: Subject, node: exp.Substring) -> Iterator[SqlFault]:
    found = kind_of(subject, node.this)
    if found is not None and found in NUMBERS | TEMPORAL:
        message = f"SUBSTRING(…) takes a string, and no {found}."
        yield subject.word_fault("type-mismatch", "substring", node, message, "CONVERT it to a string first.")


def _outputs(subject: Subject) -> Iterator[SqlFault]:
    """Rule `unsupported-type`: an outermost column whose type has no JSON form."""
    outputs: Sequence[object] = subject.query.outputs
    columns = subject.analysis.columns
    if columns.is_open or len(columns.listed) != len(outputs):
        return
    for output, column in zip(subject.query.outputs, columns.listed, strict=True):
        type_ = column.type
        if type_ is not None and type_.kind is Kind.OTHER and not output.is_star:
            message = f"The column {output.name} is a {type_.other_name or 'type'} that has no JSON form."
            yield SqlFault("unsupported-type", output.offset, message, "Leave it out, or CAST it.")


_Rule = Callable[[Subject, Any], Iterable[SqlFault]]
_RULES: Final[Mapping[type[exp.Expr], _Rule]] = {
    **dict.fromkeys(COMPARISONS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _computed),
    **dict.fromkeys(_NO_TEXT, _call),
    **dict.fromkeys((exp.Avg, exp.Max, exp.Min, exp.Sum), _aggregated),
    **dict.fromkeys((exp.Union, exp.Except, exp.Intersect), _branches),
    exp.Between: _between,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Coalesce: _coalesce,
    exp.Collate: _collated,
    exp.Convert: _convert,
    exp.Group: _grouped,
    exp.If: _iif,
    exp.In: _among,
    exp.Nullif: _nullif,
    exp.Ordered: _sorted,
    exp.Substring: _substring,
    exp.TryCast: _cast,
}
