"""What each page of the studio shows, as values for its template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from authoring.studio.cases import Run, not_run
from authoring.studio.source import Line, lines_of
from authoring.studio.workspace import CheckedFile, Snapshot, Workspace
from engine.execution.observed import Execution
from engine.model import Diagnostic, SecretSource, Severity
from engine.sql.ddl.declared_types import declaration
from engine.testing.cases import MESSAGE, Case, Kind

MOST_ROWS: Final = 50
"""Of a query's rows, so many are shown."""

_LONGEST_CELL: Final = 300
_NOT_TRIED: Final = "It was not tried: the ledger does not answer."
_LONGEST_FILE: Final = 200_000


class SeenCase(Struct, frozen=True):
    """A case and what came of it."""

    case: Case
    run: Run


class Entry(Struct, frozen=True):
    """A definition in the list, or an event with cases and without one."""

    event: str
    checked: CheckedFile | None
    errors: int
    warnings: int
    cases: Sequence[SeenCase]

    @property
    def passed(self) -> int:
        """How many of its cases passed."""
        return sum(each.run.result.problem is None for each in self.cases)


class Cell(Struct, frozen=True):
    """A value of a row as text, and whether it is NULL, or a number."""

    text: str
    is_null: bool = False
    is_number: bool = False


class Column(Struct, frozen=True):
    """A column of a result: its T-SQL type where it is known, and whether the secret is put there."""

    name: str
    type: str
    is_hole: bool


class Value(Struct, frozen=True):
    """What was bound to a placeholder of the ledger's SQL, and where it comes from."""

    place: str
    cell: Cell
    source: str


class SeenStep(Struct, frozen=True):
    """A query as it was run. `rows` are None where it failed."""

    name: str
    line: int
    sql: str
    values: Sequence[Value]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] | None
    found: int
    seconds: float


class SeenRun(Struct, frozen=True):
    """One case in full. `composed` is indented for people, `size` is that of a body in bytes, as it is sent."""

    case: Case
    checked: CheckedFile | None
    run: Run
    message: str
    expected: str | None
    kind: str
    composed: str
    size: int | None
    steps: Sequence[SeenStep]


def entries(workspace: Workspace, snapshot: Snapshot) -> list[Entry]:
    """Every definition with its cases, and then the events that have cases alone."""
    defined = [(checked.event, checked) for checked in snapshot.files.values()]
    events = {event for event, _ in defined}
    found, is_away = [], False
    for event, checked in [*defined, *((event, None) for event in snapshot.cases if event not in events)]:
        cases = seen_cases(workspace, snapshot, event, checked, is_away=is_away)
        is_away = is_away or any(each.run.is_away for each in cases)
        found.append(Entry(event, checked, *_counts(() if checked is None else checked.file.diagnostics), cases))
    return found


def seen_cases(
    workspace: Workspace,
    snapshot: Snapshot,
    event: str,
    checked: CheckedFile | None,
    *,
    is_anew: bool = False,
    is_away: bool = False,
) -> list[SeenCase]:
    """An event's cases. After one to which the ledger does not answer, no further one is tried."""
    found = []
    for case in snapshot.cases.get(event, ()):
        run = not_run(case, _NOT_TRIED, is_away=True) if is_away else workspace.run(case, checked, is_anew=is_anew)
        is_away = is_away or run.is_away
        found.append(SeenCase(case, run))
    return found


def source(checked: CheckedFile) -> list[Line]:
    """The definition's text with its findings."""
    return [] if checked.file.text is None else lines_of(checked.file.text, checked.file.diagnostics)


def case_in_full(case: Case, checked: CheckedFile | None, run: Run) -> SeenRun:
    """A case with its message, its body and its queries."""
    outcome = run.result.outcome
    expected = (_shown(text, kind) for kind in Kind if (text := _read(case.folder / kind)) is not None)
    return SeenRun(
        case=case,
        checked=checked,
        run=run,
        message=_text(_read(case.folder / MESSAGE) or b""),
        expected=next(expected, None),
        kind="" if outcome is None else outcome.kind.value,
        composed="" if outcome is None else _shown(outcome.content, outcome.kind),
        size=len(outcome.content) if outcome is not None and outcome.kind is Kind.BODY else None,
        steps=[_step(number, each) for number, each in enumerate(run.executions, 1)],
    )


def definition_of(snapshot: Snapshot, event: str) -> CheckedFile | None:
    """The definition of an event; None where none is there."""
    return next((each for each in snapshot.files.values() if each.event == event), None)


def _counts(findings: Iterable[Diagnostic]) -> tuple[int, int]:
    severities = [found.severity for found in findings]
    return severities.count(Severity.ERROR), severities.count(Severity.WARNING)


def _step(number: int, execution: Execution) -> SeenStep:
    statement = execution.step.statement
    arguments = execution.step.arguments
    values = [
        Value(f"${index}", _cell(value), f"{arguments[place].source_text}, {arguments[place].type.value}")
        for index, (place, value) in enumerate(zip(statement.parameters, execution.values, strict=True), 1)
    ]
    if any(isinstance(argument.source, SecretSource) for argument in arguments):
        values.append(Value("$secret", Cell("put in when the body is sent"), "never sent to the ledger"))
    rows = execution.rows
    return SeenStep(
        name=execution.step.name or str(number),
        line=execution.step.line,
        sql=statement.sql.strip("\r\n"),
        values=values,
        columns=[
            Column(each.name, "" if each.type is None else declaration(each.type), each.is_hole)
            for each in statement.columns
        ],
        rows=None if rows is None else [[_cell(value) for value in row] for row in rows[:MOST_ROWS]],
        found=0 if rows is None else len(rows),
        seconds=execution.seconds,
    )


def _cell(value: object) -> Cell:
    if value is None:
        return Cell("NULL", is_null=True)
    text = f"0x{value.hex()}" if isinstance(value, bytes | bytearray) else str(value)
    if len(text) > _LONGEST_CELL:
        text = f"{text[:_LONGEST_CELL]}… ({len(text):,} characters)"
    return Cell(text, is_number=isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _read(path: Path) -> bytes | None:
    """The beginning of a file, None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE)
    except OSError:
        return None


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")


def _shown(content: bytes, kind: Kind) -> str:
    if kind is Kind.BODY:
        with suppress(msgspec.DecodeError):  # what is no JSON is shown as it is
            content = msgspec.json.format(content, indent=2)
    return _text(content)
