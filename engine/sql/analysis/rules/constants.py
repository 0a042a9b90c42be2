"""Constants that never fit beside what they stand: SQL Server fails or finds nothing.

Errors 241, 244, 245, 248, 8114, 8115, 8169.

Microsoft Learn: "CAST and CONVERT", implicit conversions; "Data type precedence".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlglot import exp

from engine.model import Kind, Severity, SqlType
from engine.model.families import NUMBERS, STRINGS, TEMPORAL, WHOLE
from engine.sql.analysis.declared_types import declared_type, is_authors
from engine.sql.analysis.domains import units
from engine.sql.analysis.rules.kinds import COMPARISONS, a, has_placeholder, kind_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

_CONVERTED: Final = NUMBERS | TEMPORAL | {Kind.UNIQUEIDENTIFIER}
"""What a string becomes, where both are to be of one type."""
_WHOLE: Final = re.compile(r"\s*[-+]?\s*\d*\s*")
_RANGES: Final = {
    Kind.TINYINT: (0, 2**8 - 1),
    Kind.SMALLINT: (-(2**15), 2**15 - 1),
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.BIGINT: (-(2**63), 2**63 - 1),
}
_NUMBER_MARKS: Final = re.compile(r"[\d\s.,+\-eE$€£¥]*")
_GUID: Final = re.compile(r"\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_LAST_MONTH: Final = 12
_DAY_AND_MONTH: Final = re.compile(r"\s*(?:\d{4}[./-])?(\d\d)[./-](\d\d)(?:[./-]\d{4})?\s*")
"""In whichever order: the session's language tells."""
_ISO_DATE: Final = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)([ T].*)?")


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `type-mismatch`, as a warning: SQL Server compiles it."""
    for kind, nodes in subject.query.nodes.items():
        rule = _RULES.get(kind)
        if rule is not None:
            for node in nodes:
                yield from rule(subject, node)


def _comparison(subject: Subject, node: exp.Binary) -> Iterator[SqlFault]:
    yield from _compared(subject, node.args["this"], node.args["expression"], is_equal=type(node) is exp.EQ)


def _among(subject: Subject, node: exp.In) -> Iterator[SqlFault]:
    for item in node.expressions:
        yield from _compared(subject, node.this, item, is_equal=True)


def _between(subject: Subject, node: exp.Between) -> Iterator[SqlFault]:
    for name in ("low", "high"):
        yield from _compared(subject, node.this, node.args[name], is_equal=False)


def _compared(subject: Subject, left: exp.Expr, right: exp.Expr, *, is_equal: bool) -> Iterator[SqlFault]:
    left, right = left.unnest(), right.unnest()
    for column, constant in ((left, right), (right, left)):
        if not isinstance(constant, _CONSTANTS):
            continue
        if type(column) is exp.Column:
            yield from _constant(subject, column, constant, is_equal=is_equal)
        elif (text := _text_of(constant)) is not None:
            yield from _computed(subject, column, constant, text)


def _constant(subject: Subject, column: exp.Expr, constant: exp.Expr, *, is_equal: bool) -> Iterator[SqlFault]:
    """A column beside a constant that it never equals, or that makes another type of it."""
    type_ = subject.analysis.fact(column).type
    if type_ is None:
        return
    text = _text_of(constant)
    if text is not None:
        yield from _text_constant(column, type_, constant, text, is_equal=is_equal)
    elif type_.kind in STRINGS and isinstance(constant, exp.Literal) and _is_ledgers(subject, column):
        message = f"The column `{column.name}` is {type_.kind}, and is compared with a number."
        hint = "SQL Server converts each row's value, and fails at one that is no number. Write the number in quotes."
        yield fault("type-mismatch", constant, message, hint, Severity.WARNING)


def _computed(subject: Subject, value: exp.Expr, constant: exp.Expr, text: str) -> Iterator[SqlFault]:
    """A value of another type beside a text, which becomes of that type."""
    kind = kind_of(subject, value)
    if kind in _CONVERTED and not has_placeholder(value) and not _fits(kind, text):
        message = f"The text cannot become {a(kind)}, which it is compared with."
        yield fault("type-mismatch", constant, message, "Write a value of that type.", Severity.WARNING)


def _is_ledgers(subject: Subject, column: exp.Expr) -> bool:
    """Whether it is a column of the ledger's own: what a query makes may be a number's text for certain."""
    found = subject.analysis.references.get(id(column))
    return found is not None and found.column is not None and found.column.ledger is not None


def _text_of(node: exp.Expr) -> str | None:
    if isinstance(node, exp.National) or (isinstance(node, exp.Literal) and node.is_string):
        return str(node.this)
    return None


def _text_constant(
    column: exp.Expr, type_: SqlType, constant: exp.Expr, text: str, *, is_equal: bool
) -> Iterator[SqlFault]:
    if not _fits(type_.kind, text):
        message = f"The text cannot become {a(type_.kind)}, which the column `{column.name}` is."
        yield fault("type-mismatch", constant, message, "Write a value of that type.", Severity.WARNING)
    elif is_equal and type_.kind in STRINGS and type_.length is not None and units(text.rstrip(" ")) > type_.length:
        message = f"The text is longer than the column `{column.name}`, which has {type_.length} characters at most."
        yield fault("type-mismatch", constant, message, "No row can have that value.", Severity.WARNING)


def _cast(_subject: Subject, node: exp.Cast) -> Iterator[SqlFault]:
    if is_authors(node.to):
        yield from _converted(node.to, node.this)


def _convert(_subject: Subject, node: exp.Convert) -> Iterator[SqlFault]:
    if not node.args.get("safe"):
        yield from _converted(node.this, node.expression)


def _converted(target: exp.Expr, value: exp.Expr) -> Iterator[SqlFault]:
    """A text that is converted, and cannot be."""
    type_, text = declared_type(target), _text_of(value.unnest())
    if type_ is not None and text is not None and not _fits(type_.kind, text):
        message = f"The text cannot become {a(type_.kind)}, so SQL Server fails where it comes to it."
        hint = f"Write {a(type_.kind)}; TRY_CAST gives NULL for what is none."
        yield fault("type-mismatch", value.unnest(), message, hint, Severity.WARNING)


def _fits(kind: Kind, text: str) -> bool:
    """Whether a text may become a value of that type; only what certainly cannot does not fit."""
    if kind in WHOLE:
        least, most = _RANGES[kind]
        return _WHOLE.fullmatch(text) is not None and least <= _whole(text) <= most
    if kind in NUMBERS:
        return _NUMBER_MARKS.fullmatch(text) is not None
    if kind is Kind.UNIQUEIDENTIFIER:
        return _GUID.match(text) is not None
    return _may_be_moment(text) if kind in TEMPORAL else True


def _whole(text: str) -> int:
    """The number that a text of signs, blanks and digits is; 0 where it has no digit."""
    written = "".join(text.split())
    return int(written) if written[-1:].isdecimal() else 0


def _may_be_moment(text: str) -> bool:
    if text.strip() and not any(character.isdecimal() for character in text):
        return False
    numbers = _DAY_AND_MONTH.fullmatch(text)
    if numbers is not None and min(map(int, numbers.groups())) > _LAST_MONTH:
        return False
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        return True
    try:
        date(*map(int, found.groups()[:3]))
    except ValueError:
        return False
    return True


def _case(subject: Subject, node: exp.Case) -> Iterator[SqlFault]:
    yield from _chosen(subject, [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")])
    if node.this is not None:
        for branch in node.args["ifs"]:
            yield from _compared(subject, node.this, branch.this, is_equal=True)


def _iif(subject: Subject, node: exp.If) -> Iterator[SqlFault]:
    if not isinstance(node.parent, exp.Case):
        yield from _chosen(subject, [node.args["true"], node.args.get("false")])


def _nullif(subject: Subject, node: exp.Nullif) -> Iterator[SqlFault]:
    yield from _compared(subject, node.this, node.expression, is_equal=True)


def _coalesce(subject: Subject, node: exp.Coalesce) -> Iterator[SqlFault]:
    values = [node.this, *node.expressions]
    if node.args.get("is_null"):  # its type is that of its first value
        yield from _unfit(values[1:], {kind_of(subject, node.this.unnest())})
    else:
        yield from _chosen(subject, values)


def _chosen(subject: Subject, values: Sequence[exp.Expr | None]) -> Iterator[SqlFault]:
    """Values of which one is taken: all become of one type."""
    known = [value for value in values if value is not None and not isinstance(value.unnest(), exp.Null)]
    kinds = {kind_of(subject, value) for value in known}
    if None not in kinds and not has_placeholder(*known):
        yield from _unfit(known, kinds)


def _branches(subject: Subject, node: exp.SetOperation) -> Iterator[SqlFault]:
    """The columns of a set operation's right side beside those of the first SELECT."""
    first: exp.Expr = node.this
    while isinstance(first, exp.SetOperation):
        first = first.this
    left, right = (subject.analysis.queries.get(id(side)) for side in (first, node.expression))
    if left is None or right is None or left.is_open or right.is_open or len(left.listed) != len(right.listed):
        return
    for one, other in zip(left.listed, right.listed, strict=True):
        sides = [side.expression.unalias() for side in (one, other) if side.expression is not None]
        if len(sides) == 2 and not has_placeholder(*sides):
            yield from _unfit(sides, {side.type.kind for side in (one, other) if side.type is not None})


def _unfit(values: Sequence[exp.Expr], kinds: Collection[Kind | None]) -> Iterator[SqlFault]:
    """Texts among values that are to become of one of the kinds, and cannot be of any."""
    targets = sorted(kind for kind in kinds if kind in _CONVERTED)
    for value in values:
        text = _text_of(value.unnest())
        if targets and text is not None and not any(_fits(kind, text) for kind in targets):
            message = f"The text is to become {a(targets[0])}, as the other values are, and cannot."
            hint = "CAST the others to nvarchar, or write NULL."
            yield fault("type-mismatch", value.unnest(), message, hint, Severity.WARNING)


def _moments(_subject: Subject, node: exp.Expr) -> Iterator[SqlFault]:
    """A text that a function of dates takes for one."""
    for given in (node.this, node.args.get("expression")):
        value = given.this if isinstance(given, _READ_AS_MOMENT) else given
        if not isinstance(value, exp.Expr):
            continue  # an argument is left out, which has a fault of its own
        value = value.unnest()
        text = _text_of(value)
        if text is not None and not _may_be_moment(text):
            message = "The text is taken for a date, and cannot become one."
            yield fault("type-mismatch", value, message, "Write it as 'yyyymmdd'.", Severity.WARNING)


def _added(subject: Subject, node: exp.Add) -> Iterator[SqlFault]:
    """A text beside a number is a number to be, also where it was meant to stand before it."""
    left, right = node.this.unnest(), node.expression.unnest()
    for text, other in ((left, right), (right, left)):
        constant, number = _text_of(text), kind_of(subject, other)
        if constant is not None and number in NUMBERS and not has_placeholder(other) and not _fits(number, constant):
            message = f"The text is added to {a(number)}, so SQL Server makes a number of it, and fails."
            yield fault("type-mismatch", text, message, "Use CONCAT, or CAST the number.", Severity.WARNING)


_CONSTANTS: Final = (exp.Literal, exp.National)
_READ_AS_MOMENT: Final = (exp.TimeStrToTime, exp.TsOrDsToDate)
"""What the parser puts around a date of some functions."""
_Rule = Callable[[Subject, Any], Iterator[SqlFault]]
_RULES: Final[Mapping[type[exp.Expr], _Rule]] = {
    **dict.fromkeys(COMPARISONS, _comparison),
    **dict.fromkeys((exp.Union, exp.Except, exp.Intersect), _branches),
    **dict.fromkeys((exp.DateAdd, exp.DateDiff, exp.Day, exp.Extract, exp.LastDay, exp.Month, exp.Year), _moments),
    exp.Add: _added,
    exp.Between: _between,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Coalesce: _coalesce,
    exp.Convert: _convert,
    exp.If: _iif,
    exp.In: _among,
    exp.Nullif: _nullif,
}
