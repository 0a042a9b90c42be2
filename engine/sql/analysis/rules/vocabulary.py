"""Names and numbers of SQL Server's own lists: collations, time zones, styles, parts of dates.

Errors 281, 448, 468, 1023, 9809, 9810 and 9820. Microsoft Learn: "CAST and CONVERT (Transact-SQL)", "Collation
precedence".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.model import Kind, Severity
from engine.model.families import BINARIES, STRINGS, TEMPORAL
from engine.spelling import closest
from engine.sql.analysis.declared_types import declared_type
from engine.sql.analysis.rules.kinds import COMPARISONS
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.collations import closest_collation, is_collation
from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind
from engine.sql.wordlist import lines, words

_MOMENT_STYLES: Final = frozenset({*range(15), *range(20, 26), *range(100, 115), 120, 121, 126, 127, 130, 131})
_BYTE_STYLES: Final = frozenset({0, 1, 2})
_ZONES: Final = {name.casefold(): name for name in lines("time_zones.txt")}
_ZONE_ENDING: Final = " standard time"
_WITH_DATE_PART: Final = words("function_arguments.txt", "with a date part")
_JUDGED: Final = _WITH_DATE_PART | {"collate"}
_MISSING: Final = {
    Kind.DATE: words("date_parts.txt", "of a time"),
    Kind.TIME: words("date_parts.txt", "of a date"),
}
_DATABASES: Final = frozenset({"database_default", "catalog_default"})
_VALUES: Final = frozenset({TokenKind.STRING, TokenKind.PLACEHOLDER})


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error`; a warning for time zones, of which a newer Windows may know more."""
    yield from _named(subject)
    if exp.Collate in subject.query.nodes:
        yield from _conflicts(subject)
    for conversion in subject.nodes(exp.Convert):
        yield from _style(subject, conversion)
    for moved in subject.nodes(exp.AtTimeZone):
        yield from _zone(moved)
    yield from _parts(subject)


def _named(subject: Subject) -> Iterator[SqlFault]:
    """Collations, and values where the part of a date is to be named."""
    words_here = subject.query.words
    for index in () if _JUDGED.isdisjoint(words_here) else range(len(words_here)):
        if words_here[index] == "collate":
            yield from _collation(subject, index + 1)
        elif words_here[index] in _WITH_DATE_PART and subject.tokens.word(index + 1) == "(":
            yield from _date_part(subject, index)


def _parts(subject: Subject) -> Iterator[SqlFault]:
    for part in subject.nodes(exp.Extract):
        yield from _missing_part(subject, part, part.this, part.expression)
    for kind in (exp.DateAdd, exp.TimestampTrunc):
        for call in subject.nodes(kind):
            yield from _missing_part(subject, call, call.args.get("unit"), call.this)


def _missing_part(subject: Subject, call: exp.Expr, unit: exp.Expr | None, moment: exp.Expr) -> Iterator[SqlFault]:
    """A part that the type of the value has not: an hour of a date, a day of a time."""
    type_, part = subject.analysis.fact(moment).type, unit.name.lower() if unit is not None else ""
    if type_ is None or part not in _MISSING.get(type_.kind, ()):
        return
    hint = "CAST it to datetime2 first." if type_.kind is Kind.DATE else "Take it of the date that belongs to it."
    if isinstance(call, exp.Extract):  # the parser does not remember its own place
        message = f"A {type_.kind} has no `{part}`, which DATEPART(…) is to take."
        yield subject.word_fault("compile-error", "datepart", moment, message, hint)
    else:
        message = f"A {type_.kind} has no `{part}`, which {subject.name_at(call)}(…) is to take."
        yield subject.call_fault("compile-error", call, message, hint)


def _collation(subject: Subject, index: int) -> Iterator[SqlFault]:
    name = subject.tokens.name(index) if subject.tokens.kind(index) is TokenKind.WORD else None
    if name is not None and not is_collation(name):
        meant = closest_collation(name)
        hint = f"Did you mean {meant}?" if meant else "SELECT name FROM sys.fn_helpcollations() lists them."
        yield SqlFault("compile-error", subject.tokens.all[index].start, f"SQL Server has no collation `{name}`.", hint)


def _conflicts(subject: Subject) -> Iterator[SqlFault]:
    """Two texts with a COLLATE each, which are compared by neither (Microsoft Learn, "Collation precedence")."""
    kinds: tuple[type[exp.Expr], ...] = (*COMPARISONS, exp.Like)
    for comparison in (node for kind in kinds for node in subject.nodes(kind)):
        sides = [comparison.this.unnest(), comparison.args["expression"].unnest()]
        names = [side.expression.name for side in sides if isinstance(side, exp.Collate)]
        folded = {name.casefold() for name in names}
        if len(folded) == len(sides) and not folded & _DATABASES:
            message = f"One side is compared by {names[0]}, the other by {names[1]}."
            yield fault("compile-error", sides[1], message, "Write COLLATE on one side only, or the same on both.")


def _date_part(subject: Subject, index: int) -> Iterator[SqlFault]:
    if subject.tokens.kind(index + 2) in _VALUES:
        name = subject.tokens.lower[index].upper()
        message = f"{name}(…) takes the part of a date as a word, not as a value."
        yield SqlFault("compile-error", subject.tokens.all[index + 2].start, message, f"Write {name}(day, …).")


def _style(subject: Subject, node: exp.Convert) -> Iterator[SqlFault]:
    style, target = node.args.get("style"), declared_type(node.this)
    source = subject.analysis.fact(node.expression).type
    if not isinstance(style, exp.Literal) or not str(style.this).isdecimal() or node.args.get("safe"):
        return
    if target is None or source is None:
        return
    number, kinds = int(style.this), {source.kind, target.kind}
    if kinds & TEMPORAL and kinds & STRINGS and number not in _MOMENT_STYLES:
        known = "0 to 14, 20 to 25, 100 to 114, 120, 121, 126, 127, 130 and 131"
    elif kinds & BINARIES and kinds & STRINGS and number not in _BYTE_STYLES:
        known = "0, 1 and 2"
    else:
        return
    message = f"{number} is no style of a conversion from {source.kind} to {target.kind}."
    yield fault("compile-error", style, message, f"Known are {known}.")


def _zone(node: exp.AtTimeZone) -> Iterator[SqlFault]:
    zone = node.args.get("zone")
    is_text = isinstance(zone, exp.National) or (isinstance(zone, exp.Literal) and zone.is_string)
    if zone is None or not is_text or str(zone.this).casefold() in _ZONES:
        return
    name = str(zone.this)
    beginnings = {folded.removesuffix(_ZONE_ENDING): known for folded, known in _ZONES.items()}
    meant = closest(name.casefold().removesuffix(_ZONE_ENDING), beginnings)
    hint = f"Did you mean {beginnings[meant]}?" if meant else "Write Windows' name, such as 'Romance Standard Time'."
    yield fault("compile-error", zone, f"SQL Server knows no time zone `{name}`.", hint, Severity.WARNING)
