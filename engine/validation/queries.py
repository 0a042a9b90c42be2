"""What is wrong with one step's SQL, and whether its placeholders and its arguments agree."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from msgspec import Struct

from engine.model import Argument, Dialect, Event, ParsedFile, Position, Severity, Step
from engine.sql import holes, read_only, style
from engine.sql.analysis import Analysis, analyse, faults_of
from engine.sql.fault import SqlFault
from engine.sql.query import MAX_TOKENS_TOGETHER, Query, parse_query
from engine.sql.scanner import Scan, TokenKind, scan
from engine.sql.target import Target
from engine.validation import counts
from engine.validation.finding import Beside, Finding, located


class CheckedQuery(Struct, frozen=True, eq=False, gc=False):
    """`query` is None where the SQL does not parse; the findings then say why. `size` counts its tokens.

    `analysis` is the query's, by the target's schema.
    """

    query: Query | None
    findings: tuple[Finding, ...]
    size: int = 0
    analysis: Analysis | None = None


def check(
    step: Step,
    target: Target,
    left: int = MAX_TOKENS_TOGETHER,
    *,
    has_types: bool = True,
    event: Event | None = None,
) -> CheckedQuery:
    """Every finding about the step's SQL that needs neither the other steps nor a translation.

    `left` is how many tokens may still be read for the definition. `has_types`: its arguments' types can be trusted.
    `event` is the one that the definition is for, where it is known.
    """
    parsed = parse_query(step.sql.value, left)
    query = parsed.query
    if query is None:
        findings = [located(fault, step.sql) for fault in parsed.faults]
        found = scan(step.sql.value)
        if (placeholders := _placeholders(found)) is not None:
            findings += counts.check(step, placeholders)
        return CheckedQuery(None, tuple(findings), len(found.tokens))
    is_typed = has_types and len(step.arguments) == len(query.placeholders)
    arguments = step.arguments if is_typed else ()
    types = tuple([argument.type for argument in arguments])
    nullable = tuple([argument.nullable for argument in arguments])
    analysis = analyse(query, target.schema, types, nullable)
    beside = dict(zip(query.placeholders, step.arguments, strict=False))
    findings = [
        _with_argument(located(fault, step.sql), beside.get(fault.offset))
        for fault in _faults(query, step, target, analysis)
    ]
    if len(query.placeholders) != len(step.arguments):
        findings += counts.check(step, query.placeholders, counts.missing_argument(step, query, analysis, event))
    return CheckedQuery(query, tuple(findings), len(query.tokens), analysis)


def _with_argument(finding: Finding, argument: Argument | None) -> Finding:
    """The finding; if it is about a `?`, with the place of its argument."""
    if argument is None:
        return finding
    return replace(finding, related=(*finding.related, Beside(argument.position, "The argument of this ?.")))


def _faults(query: Query, step: Step, target: Target, analysis: Analysis) -> list[SqlFault]:
    is_sql_server = target.dialect is Dialect.SQL_SERVER
    faults = list(read_only.check(query, schema=target.schema, databases=target.databases, is_sql_server=is_sql_server))
    secrets = frozenset(n for n in step.secret_placeholders if n < len(query.placeholders))
    faults += holes.find(query, secret_placeholders=secrets, step_name=step.name, result=step.result).faults
    faults += style.check(query, step.result)
    refused = {fault.offset for fault in faults if fault.severity is Severity.ERROR}
    compiled = faults_of(query, analysis, target.schema)
    return [*faults, *(fault for fault in compiled if fault.offset not in refused)]


def is_compilable(checked: CheckedQuery) -> bool:
    """Whether the SQL parses, and is put together as T-SQL wants, of types that a body may have."""
    return checked.query is not None and not any(finding.rule in _MISBUILT for finding in checked.findings)


_MISBUILT = frozenset({"compile-error", "group-by", "sql-syntax", "unsupported-type"})


def _placeholders(found: Scan) -> tuple[int, ...] | None:
    """Where the placeholders of SQL stand that does not parse; None where not even that is known."""
    if any(fault.rule == "sql-syntax" for fault in found.faults):
        return None
    return tuple(token.start for token in found.tokens if token.kind is TokenKind.PLACEHOLDER)


_BEGIN = "<![CDATA["
_MARKUP = re.compile(r"<!\[CDATA\[|<argument\s+\w+\s*=|</query\s*>")
_LINE_END = re.compile(r"\r\n|\r|\n")


def unclosed(step: Step, source: str) -> Finding | None:
    """A finding at the first markup in the step's SQL; None where there is none. `source` is the file's text."""
    found = _MARKUP.search(step.sql.value)
    if found is None:
        return None
    at = step.sql.position(found.start())
    lines = _LINE_END.split(source)
    before = [*lines[: at.line - 1], lines[at.line - 1][: at.column - 1]]
    begun = next((line for line in range(at.line, step.position.line - 1, -1) if _BEGIN in before[line - 1]), None)
    if begun is None:
        return None
    message = f"The CDATA section that begins in line {begun} is not closed before this."
    return Finding("sql-syntax", at, message, "Close it with ]]> behind the SQL.")


_UNTYPED = frozenset({"argument-count", "secret-in-sql"})


def typed_steps(
    parsed: ParsedFile, steps: Sequence[Step], checked: Sequence[CheckedQuery], violations: Sequence[Finding]
) -> tuple[bool, ...]:
    """For each step whether each `?` has its argument, and none violates the XSD or is a misplaced secret."""
    wrong = [_place(violation.position) for violation in violations]
    beginnings = _beginnings(parsed, steps) if wrong else []
    return tuple(
        not any(finding.rule in _UNTYPED for finding in found.findings) and not _is_any_within(wrong, step, beginnings)
        for step, found in zip(steps, checked, strict=True)
    )


def _beginnings(parsed: ParsedFile, steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Where what ends a step begins: each step, and each child of the root element."""
    children = parsed.root.children if parsed.root else ()
    return sorted({*(_place(step.position) for step in steps), *(_place(child.position) for child in children)})


def _is_any_within(places: Sequence[tuple[int, int]], step: Step, beginnings: Sequence[tuple[int, int]]) -> bool:
    """Whether a place is in the step's arguments or behind them, but before whatever follows the step."""
    if not places or not step.arguments:
        return False
    start = _place(step.arguments[0].position)
    following = beginnings[bisect_right(beginnings, start) :][:1]
    return any(start <= place and (not following or place < following[0]) for place in places)


def _place(position: Position) -> tuple[int, int]:
    return position.line, position.column
