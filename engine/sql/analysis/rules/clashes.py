"""Types that SQL Server does not bring together (errors 206, 305, 306, 402, 8116, 8117), and constants that never fit.

Microsoft Learn: "CAST and CONVERT", implicit conversions; "Data type precedence"; each operator's page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlglot import exp

from engine.model import Kind, Severity, SqlType
from engine.model.families import BYTES, INCOMPARABLE, NUMBERS, STRINGS, TEMPORAL, WHOLE
from engine.sql.analysis.resolution import bare_name
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

_NUMBERS: Final = NUMBERS | {Kind.BIT}
_LATER: Final = TEMPORAL - {Kind.SMALLDATETIME, Kind.DATETIME}
"""The types of dates and times that are not numbers too, as datetime and smalldatetime are."""
_COMPARISONS: Final[tuple[type[exp.Binary], ...]] = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC: Final[dict[type[exp.Binary], str]] = {
    exp.Add: "added",
    exp.Sub: "subtracted",
    exp.Mul: "multiplied",
    exp.Div: "divided",
    exp.Mod: "divided",
}
_NO_SUM: Final = STRINGS | TEMPORAL | BYTES | {Kind.BIT, Kind.UNIQUEIDENTIFIER, Kind.XML}
_NO_TEXT: Final[tuple[type[exp.Expr], ...]] = (exp.Length, exp.Upper, exp.Lower, exp.Left, exp.Right, exp.Replace)
_WHOLE: Final = re.compile(r"\s*[-+]?\s*\d*\s*")
_NUMBER_MARKS: Final = re.compile(r"[\d\s.,+\-eE$€£¥]*")
_GUID: Final = re.compile(r"\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ISO_DATE: Final = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)([ T].*)?")


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
        kind = _kind(subject, left)
        if kind is not None and kind not in INCOMPARABLE and kind is _kind(subject, right):
            return ()
    return _compared(subject, node, left, right, is_equal=type(node) is exp.EQ)


def _among(subject: Subject, node: exp.In) -> Iterator[SqlFault]:
    for item in node.expressions:
        yield from _compared(subject, item, node.this, item, is_equal=True)


def _between(subject: Subject, node: exp.Between) -> Iterator[SqlFault]:
    for name in ("low", "high"):
        yield from _compared(subject, node, node.this, node.args[name])


def _case(subject: Subject, node: exp.Case) -> Iterator[SqlFault]:
    yield from _chosen(subject, [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")])


def _iif(subject: Subject, node: exp.If) -> Iterator[SqlFault]:
    if not isinstance(node.parent, exp.Case):
        yield from _chosen(subject, [node.args["true"], node.args.get("false")])


def _coalesce(subject: Subject, node: exp.Coalesce) -> Iterator[SqlFault]:
    yield from _chosen(subject, [node.this, *node.expressions])


def _chosen(subject: Subject, values: Sequence[exp.Expr | None]) -> Iterator[SqlFault]:
    known = [value for value in values if value is not None and not isinstance(value.unnest(), exp.Null)]
    kinds = [_kind(subject, value) for value in known]
    different = {kind for kind in kinds if kind is not None}
    if None in kinds or len(different) != 2 or _has_placeholder(*known):
        return
    one, other = kinds[0], next(kind for kind in kinds if kind != kinds[0])
    if one is not None and other is not None and _clash(one, other):
        place = known[kinds.index(other)]
        message = f"This is {_a(other)}, and the value before it {_a(one)}; neither is converted to the other."
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
        if one.type is None or other.type is None or not _clash(one.type.kind, other.type.kind):
            continue
        sides = [side.expression.unalias().unnest() for side in (one, other) if side.expression is not None]
        if len(sides) == 2 and not _has_placeholder(*sides):
            message = f"This column is {_a(other.type.kind)}, and {_a(one.type.kind)} in the first SELECT."
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


def _a(kind: Kind) -> str:
    """The type with its article."""
    return f"an {kind}" if kind[0] == "i" else f"a {kind}"


def _kind(subject: Subject, node: exp.Expr) -> Kind | None:
    if type(node) is exp.Column:
        found = subject.analysis.references.get(id(node))
        type_ = found.column.type if found is not None and found.column is not None else None
    else:
        type_ = subject.analysis.fact(node).type
    return None if type_ is None or type_.kind is Kind.OTHER else type_.kind


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


def _compared(
    subject: Subject, node: exp.Expr, left: exp.Expr, right: exp.Expr, *, is_equal: bool = False
) -> Iterator[SqlFault]:
    left, right = left.unnest(), right.unnest()
    if type(left) is exp.Null or type(right) is exp.Null:
        return
    one, other = _kind(subject, left), _kind(subject, right)
    for kind in (one, other):
        if kind in INCOMPARABLE:
            hint = "CAST it to nvarchar(max) first." if kind is not Kind.IMAGE else "CAST it to varbinary(max) first."
            yield fault("type-mismatch", node, f"A value of type {kind} cannot be compared.", hint)
            return
    if one is None or other is None:
        return
    if _clash(one, other):
        severity = Severity.WARNING if _has_placeholder(left, right) else Severity.ERROR
        message = f"{_a(one).capitalize()} is compared with {_a(other)}, and neither is converted to the other."
        yield fault("type-mismatch", _place(node, right, left), message, "CAST one of them.", severity)
        return
    if type(right) is exp.Placeholder or type(left) is exp.Placeholder:
        return
    for column, constant in ((left, right), (right, left)):
        yield from _constant(subject, column, constant, is_equal=is_equal)


def _has_placeholder(*nodes: exp.Expr) -> bool:
    return any(isinstance(node, exp.Placeholder) for node in nodes)


def _constant(subject: Subject, column: exp.Expr, constant: exp.Expr, *, is_equal: bool) -> Iterator[SqlFault]:
    """A column beside a constant that it never equals, or that makes another type of it."""
    if not isinstance(column, exp.Column):
        return
    type_ = subject.analysis.fact(column).type
    if type_ is None:
        return
    text = _text_of(constant)
    if text is not None:
        yield from _text_constant(column, type_, constant, text, is_equal=is_equal)
    elif type_.kind in STRINGS and isinstance(constant, exp.Literal):
        message = f"The column `{column.name}` is {type_.kind}, and is compared with a number."
        hint = "SQL Server converts each row's value, and fails at one that is no number. Write the number in quotes."
        yield fault("type-mismatch", constant, message, hint, Severity.WARNING)


def _text_of(node: exp.Expr) -> str | None:
    if isinstance(node, exp.National) or (isinstance(node, exp.Literal) and node.is_string):
        return str(node.this)
    return None


def _text_constant(
    column: exp.Expr, type_: SqlType, constant: exp.Expr, text: str, *, is_equal: bool
) -> Iterator[SqlFault]:
    if not _fits(type_.kind, text):
        message = f"The text cannot become {_a(type_.kind)}, which the column `{column.name}` is."
        yield fault("type-mismatch", constant, message, "Write a value of that type.", Severity.WARNING)
    elif is_equal and type_.kind in STRINGS and type_.length is not None and len(text.rstrip(" ")) > type_.length:
        message = f"The text is longer than the column `{column.name}`, which has {type_.length} characters at most."
        yield fault("type-mismatch", constant, message, "No row can have that value.", Severity.WARNING)


def _fits(kind: Kind, text: str) -> bool:
    """Whether a text may become a value of that type; only what certainly cannot does not fit."""
    if kind in WHOLE:
        return _WHOLE.fullmatch(text) is not None
    if kind in NUMBERS:
        return _NUMBER_MARKS.fullmatch(text) is not None
    if kind is Kind.UNIQUEIDENTIFIER:
        return _GUID.match(text) is not None
    return _may_be_moment(text) if kind in TEMPORAL else True


def _may_be_moment(text: str) -> bool:
    if text.strip() and not any(character.isdecimal() for character in text):
        return False
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        return True
    try:
        date(*map(int, found.groups()[:3]))
    except ValueError:
        return False
    return True


def _computed(subject: Subject, node: exp.Binary) -> Iterator[SqlFault]:
    word = _ARITHMETIC[type(node)]
    left, right = node.this.unnest(), node.expression.unnest()
    one, other = _kind(subject, left), _kind(subject, right)
    if one is None or other is None or _has_placeholder(left, right):
        return
    both = {one, other}
    if _clash(one, other) or both <= _LATER or (both & INCOMPARABLE):
        hint = "Use DATEADD or DATEDIFF." if both & TEMPORAL else "CAST them first."
        message = f"{_a(one).capitalize()} and {_a(other)} cannot be {word}."
        yield fault("type-mismatch", node, message, hint)
    elif both <= STRINGS and not isinstance(node, exp.Add):
        yield fault("type-mismatch", node, f"Two strings cannot be {word}.", "CAST them to numbers.")
    elif both == {Kind.BIT}:
        yield fault("type-mismatch", node, f"Two bits cannot be {word}.", "CAST them to int.")
    elif isinstance(node, exp.Add):
        for text, number in ((left, other), (right, one)):
            constant = _text_of(text)
            if constant is not None and number in NUMBERS and not _fits(number, constant):
                message = f"The text is added to {_a(number)}, so SQL Server makes a number of it, and fails."
                yield fault("type-mismatch", text, message, "Use CONCAT, or CAST the number.", Severity.WARNING)


def _aggregated(subject: Subject, node: exp.Expr) -> Iterator[SqlFault]:
    """SUM, AVG, MIN and MAX."""
    inner = node.this
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0] if inner.expressions else inner
    found = _kind(subject, inner)
    refused = _NO_EXTREME if isinstance(node, (exp.Max, exp.Min)) else _NO_SUM
    if found in refused and not isinstance(inner.unnest(), exp.Placeholder):
        message = f"{subject.name_at(node)}(…) takes no value of type {found}."
        hint = "CAST it to int." if found is Kind.BIT else "CAST it to a type that it takes."
        yield subject.call_fault("type-mismatch", node, message, hint)


_NO_EXTREME: Final = INCOMPARABLE | {Kind.BIT}


def _call(subject: Subject, node: exp.Expr) -> Iterator[SqlFault]:
    found = _kind(subject, node.this)
    if found in INCOMPARABLE:
        message = f"{subject.name_at(node)}(…) takes no value of type {found}."
        yield subject.call_fault("type-mismatch", node, message, "CAST it to nvarchar(max) first.")


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
    **dict.fromkeys(_COMPARISONS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _computed),
    **dict.fromkeys(_NO_TEXT, _call),
    **dict.fromkeys((exp.Avg, exp.Max, exp.Min, exp.Sum), _aggregated),
    **dict.fromkeys((exp.Union, exp.Except, exp.Intersect), _branches),
    exp.Between: _between,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Group: _grouped,
    exp.If: _iif,
    exp.In: _among,
    exp.Ordered: _sorted,
}
