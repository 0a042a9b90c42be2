"""The rule `argument-count`: a `?` without an `<argument>`, or one without a `?`, and the argument that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import XML_BLANKS, ArgumentType, DataSource, Event, Kind, Position, Replacement, SecretSource, Step
from engine.model.families import DECIMALS, FLOATS, STRINGS, WHOLE
from engine.sql.analysis import Analysis
from engine.sql.query import Query
from engine.validation.finding import Beside, Finding

_TYPES: Final = {
    Kind.BIT: ArgumentType.BOOLEAN,
    Kind.DATE: ArgumentType.DATE,
    Kind.SMALLDATETIME: ArgumentType.DATETIME,
    Kind.DATETIME: ArgumentType.DATETIME,
    Kind.DATETIME2: ArgumentType.DATETIME,
    Kind.DATETIMEOFFSET: ArgumentType.DATETIMEOFFSET,
    Kind.UNIQUEIDENTIFIER: ArgumentType.GUID,
    **dict.fromkeys(FLOATS, ArgumentType.DOUBLE),
    **dict.fromkeys(DECIMALS, ArgumentType.DECIMAL),
    **dict.fromkeys(STRINGS, ArgumentType.STRING),
    **dict.fromkeys(WHOLE, ArgumentType.INT),
}
_SECRET: Final = "secret"  # noqa: S105  # a name


def check(step: Step, placeholders: Sequence[int], missing: MissingArgument | None = None) -> Iterator[Finding]:
    """A finding for each `?` without an argument, or for each argument without a `?`. `missing` mends the only one."""
    count, bound = len(placeholders), len(step.arguments)
    both = f"the query has {count} ? and {bound} argument{'' if bound == 1 else 's'}."
    for number, offset in enumerate(placeholders[bound:], bound + 1):
        message = f"The {_ordinal(number)} ? has no argument: {both}"
        hint = "Add an <argument> for it; they stand in the order of the ?."
        last = tuple([Beside(argument.position, "The last argument.") for argument in step.arguments[-1:]])
        yield Finding("argument-count", step.sql.position(offset), message, hint, change=missing, related=last)
    for number, argument in enumerate(step.arguments[count:], count + 1):
        message = f"The {_ordinal(number)} argument has no ?: {both}"
        hint = "Remove it, or add a ? to the SQL; a ? in a string, a quoted name or a comment does not count."
        yield Finding("argument-count", argument.position, message, hint)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def missing_argument(step: Step, query: Query, analysis: Analysis, event: Event | None) -> MissingArgument | None:
    """The argument that is surely meant, where exactly one is missing.

    Its `?` is compared with a column called like an argument of the event that the others do not use, or is the
    secret's column; and there is one place only where the others then stand beside columns of their own names.
    """
    if event is None or len(query.placeholders) != len(step.arguments) + 1:
        return None
    bound = [_argument_name(argument.source) for argument in step.arguments]
    known = {argument.name for argument in event.arguments} | {_SECRET}
    uses = _uses(query, analysis, known)
    places = [
        number
        for number, use in enumerate(uses)
        if use is not None
        and use.name not in bound
        and _fit(uses[:number], bound[:number], uses[number + 1 :], bound[number:])
    ]
    if len(places) != 1:
        return None
    (number,) = places
    use = uses[number]
    if use is None or use.type is None:
        return None
    source = "$secret" if use.name == _SECRET else f"$data.data.{use.name}"
    element = f'<argument source="{source}" type="{use.type}"/>'
    positions = tuple([argument.position for argument in step.arguments])
    last = step.sql.position(len(step.sql.value.rstrip(XML_BLANKS)) - 1)
    return MissingArgument(element, number, positions, Position(last.line, last.column + 1))


class _Use(Struct, frozen=True, gc=False):
    """What a `?` is compared with: the argument of that name, and its type where the column's is known."""

    name: str
    type: ArgumentType | None


def _fit(
    uses: Sequence[_Use | None], bound: Sequence[str | None], later: Sequence[_Use | None], rest: Sequence[str | None]
) -> bool:
    pairs = (*zip(uses, bound, strict=True), *zip(later, rest, strict=True))
    return all(use is None or use.name == name for use, name in pairs)


def _argument_name(source: object) -> str | None:
    if isinstance(source, SecretSource):
        return _SECRET
    return str(source.path[-1]) if isinstance(source, DataSource) else None


def _uses(query: Query, analysis: Analysis, known: set[str]) -> list[_Use | None]:
    """For each `?` what it is compared with."""
    uses: list[_Use | None] = [None] * len(query.placeholders)
    for output in query.outputs:
        if output.placeholder is not None and (output.name or "").casefold() == _SECRET:
            uses[output.placeholder] = _Use(_SECRET, ArgumentType.STRING)
    by_fold = {name.casefold(): name for name in known}
    for node in query.nodes.get(exp.Placeholder, ()):
        parent = node.parent
        other = (
            None if not isinstance(parent, exp.EQ) else parent.this if parent.this is not node else parent.expression
        )
        if isinstance(other, exp.Column) and (name := by_fold.get(other.name.casefold())):
            type_ = analysis.fact(other).type
            uses[int(node.name)] = _Use(name, _TYPES.get(type_.kind) if type_ is not None else None)
    return uses


_TAG: Final = re.compile(r"<\w+(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>")
_END_OF_QUERY: Final = re.compile(r"\s*(?:\]\]>)?(\s*)</query\s*>")


class MissingArgument(Struct, frozen=True, gc=False):
    """An `<argument>` to stand before the one at `index` of `others`, or last. The SQL ends at `end`."""

    element: str
    index: int
    others: tuple[Position, ...]
    end: Position

    def replacement(self, lines: Sequence[str]) -> Replacement | None:
        """The element on a line of its own where its neighbours are; None where the place is not clear."""
        if self.index < len(self.others):
            at = self.others[self.index]
            before = lines[at.line - 1][: at.column - 1]
            return _addition(at.line, at.column, self.element + ("" if before.strip() else f"\n{before}"))
        if self.others:
            at = self.others[-1]
            line = lines[at.line - 1]
            tag = _TAG.match(line, at.column - 1)
            if tag is None or not tag[0].endswith("/>"):
                return None
            before = line[: at.column - 1]
            return _addition(at.line, tag.end() + 1, ("" if before.strip() else f"\n{before}") + self.element)
        return self._first(lines)

    def _first(self, lines: Sequence[str]) -> Replacement | None:
        rest = "\n".join(lines[self.end.line - 1 :])
        found = _END_OF_QUERY.match(rest, self.end.column - 1)
        if found is None:
            return None
        start = rest.count("\n", 0, found.start(1))
        column = found.start(1) - rest.rfind("\n", 0, found.start(1))
        _, line_end, indent = found[1].rpartition("\n")
        return _addition(self.end.line + start, column, (f"\n{indent}  " if line_end else "") + self.element)


def _addition(line: int, column: int, text: str) -> Replacement:
    return Replacement(line, column, line, column, text)
