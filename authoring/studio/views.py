"""What each page of the studio shows, as values for its template."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Final

import msgspec
from msgspec import Struct

from authoring.studio.cases import Run, not_run
from authoring.studio.context import Project
from authoring.studio.layout import laid_out
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


class SeenBody(Struct, frozen=True):
    """The body of a case, indented for people."""

    case: Case
    text: str


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
    """What was bound to a placeholder, and where it comes from.

    `number` is that of the argument, from 1, and `place` its name in the ledger's SQL; empty for the secret.
    """

    number: int
    place: str
    cell: Cell
    source: str


class SeenStep(Struct, frozen=True):
    """A query as it was run. `rows` are None where it failed.

    `sql` is its author's, `translated` what the ledger got; None where that is the same.
    """

    name: str
    line: int
    sql: str
    translated: str | None
    values: Sequence[Value]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] | None
    found: int
    seconds: float


class SeenRun(Struct, frozen=True):
    """One case in full. `composed` is indented for people, `size` is that of a body in bytes, as it is sent.

    `files` are those that say what is expected, which should be one. `acceptance` is the command that writes down what
    was composed instead, None where there is nothing to accept; `outdated` are files to be removed before.
    """

    case: Case
    checked: CheckedFile | None
    run: Run
    message: str
    files: Sequence[Path]
    expected: str | None
    acceptance: str | None
    outdated: Sequence[Path]
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


def first_body(cases: Iterable[SeenCase]) -> SeenBody | None:
    """The body of the first case that has one."""
    for each in cases:
        outcome = each.run.result.outcome
        if outcome is not None and outcome.kind is Kind.BODY:
            return SeenBody(each.case, _shown(outcome.content, outcome.kind))
    return None


def case_in_full(project: Project, case: Case, checked: CheckedFile | None, run: Run) -> SeenRun:
    """A case with its message, its body and its queries."""
    outcome = run.result.outcome
    files = {kind: case.folder / kind for kind in Kind if (case.folder / kind).exists()}
    expected = (_shown(text, kind) for kind, file in files.items() if (text := _read(file)) is not None)
    may_accept = run.result.problem is not None and outcome is not None and outcome.kind is not Kind.ERROR
    return SeenRun(
        case=case,
        checked=checked,
        run=run,
        message=_text(_read(case.folder / MESSAGE) or b""),
        files=list(files.values()),
        expected=next(expected, None),
        acceptance=acceptance(project, case) if may_accept else None,
        outdated=[file for kind, file in files.items() if outcome is not None and kind is not outcome.kind],
        kind="" if outcome is None else outcome.kind.value,
        composed="" if outcome is None else _shown(outcome.content, outcome.kind),
        size=len(outcome.content) if outcome is not None and outcome.kind is Kind.BODY else None,
        steps=[_step(number, each, checked) for number, each in enumerate(run.executions, 1)],
    )


def acceptance(project: Project, case: Case) -> str:
    """The command that writes down what the case gives now, with the options of this project; no password is in it."""
    options = project.options
    given = (
        ("--fixtures", None if project.fixtures == Path("fixtures") else project.fixtures),
        ("--definitions", None if project.definitions == Path("definitions") else project.definitions),
        ("--ledger", project.ledger_name),
        ("--ledger-schema", options.ledger_schema),
        ("--events", options.events),
        ("--time-zone", options.time_zone),
        *(("--database", name) for name in options.databases),
    )
    words = ["aptic-definitions", "test", str(case.folder), "--update"]
    for name, value in given:
        words += [] if value is None else [name, str(value)]
    return shlex.join([*words, *(["--approximate"] if project.approximate else [])])


def definition_of(snapshot: Snapshot, event: str) -> CheckedFile | None:
    """The definition of an event; None where none is there."""
    return next((each for each in snapshot.files.values() if each.event == event), None)


def _counts(findings: Iterable[Diagnostic]) -> tuple[int, int]:
    severities = [found.severity for found in findings]
    return severities.count(Severity.ERROR), severities.count(Severity.WARNING)


def _step(number: int, execution: Execution, checked: CheckedFile | None) -> SeenStep:
    statement = execution.step.statement
    rows, got = execution.rows, statement.sql.strip("\r\n")
    sql = _authors(execution, checked) or got
    return SeenStep(
        name=execution.step.name or str(number),
        line=execution.step.line,
        sql=sql,
        translated=None if got.split() == sql.split() else laid_out(got),
        values=_values(execution),
        columns=[
            Column(each.name, "" if each.type is None else declaration(each.type), each.is_hole)
            for each in statement.columns
        ],
        rows=None if rows is None else [[_cell(value) for value in row] for row in rows[:MOST_ROWS]],
        found=0 if rows is None else len(rows),
        seconds=execution.seconds,
    )


def _authors(execution: Execution, checked: CheckedFile | None) -> str | None:
    """The query as its author wrote it."""
    compiled = None if checked is None else checked.composed.compiled
    if compiled is None:
        return None
    written = zip(compiled.steps, compiled.definition.steps, strict=True)
    found = next((step for ready, step in written if ready is execution.step), None)
    return None if found is None else dedent(found.sql.value.strip("\r\n")).strip()


def _values(execution: Execution) -> list[Value]:
    """What was bound, in the order of the arguments."""
    arguments = execution.step.arguments
    bound = zip(execution.step.statement.parameters, execution.values, strict=True)
    values = [
        Value(place + 1, f"${index}", _cell(value), f"{arguments[place].source_text}, {arguments[place].type.value}")
        for index, (place, value) in enumerate(bound, 1)
    ]
    values += [
        Value(number, "", Cell("put in when the body is sent"), f"{argument.source_text}, never sent to the ledger")
        for number, argument in enumerate(arguments, 1)
        if isinstance(argument.source, SecretSource)
    ]
    return sorted(values, key=lambda value: value.number)


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
