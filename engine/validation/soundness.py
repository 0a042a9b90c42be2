"""Whether the placeholders of a query have the types that their arguments say: else only names can be looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from engine.model import ParsedFile, Position, Step
from engine.validation.finding import Finding
from engine.validation.queries import CheckedQuery

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
