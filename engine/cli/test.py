"""`aptic-definitions test`: composes the fixture cases and compares bytes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from os.path import abspath
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.ledger_choice import approximated, load_composer, warn_of_approximation
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import (
    Command,
    ComposerArguments,
    Parser,
    add_approximate,
    add_catalogue,
    add_definitions,
    add_fixtures,
    add_ledger,
    named_path,
)
from engine.commandline.progress_bar import ProgressBar
from engine.errors import LedgerError, LedgerUnavailableError
from engine.model import DefinitionState, DefinitionStatus
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from engine.composer import Composer
    from engine.testing.cases import Case, CaseResult

_MOST_JOBS: Final = 8  # a composer's sessions


class TestArguments(ComposerArguments):
    """The options of `test`."""

    paths: list[Path]
    update: bool
    names: str | None
    junit: Path | None
    jobs: int


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=named_path,
        metavar="PATH",
        help="Only the cases in these folders are run (default: all).",
    )
    parser.add_argument(
        "-k",
        dest="names",
        metavar="TEXT",
        help="Only the cases whose <event>/<case> has TEXT in it, whatever the case of its letters, are run.",
    )
    parser.add_argument("--junit", type=named_path, metavar="FILE", help="The results also go to FILE, as JUnit's XML.")
    parser.add_argument(
        "--jobs",
        type=_job_count,
        default=_processors(),
        metavar="N",
        help="N cases are run at a time, 1 to 8 (default: auto, as many as there are processors).",
    )
    add_fixtures(parser)
    add_definitions(parser)
    add_ledger(
        parser,
        ledger="The cases run on the ledger at this SQLAlchemy URL, with the same data (default: the embedded one).",
        schema="The ledger's schema is in FILE, in T-SQL (default: ledger/schema.sql of the fixtures).",
    )
    add_approximate(parser)
    add_catalogue(parser)
    parser.add_argument(
        "--update",
        action="store_true",
        help="Writes what was composed into the cases (never an error) and, unless a PATH or -k is given, each event's "
        "example (<event>.example.json) beside the definitions.",
    )


def _job_count(text: str) -> int:
    if text == "auto":
        return _processors()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= _MOST_JOBS):
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a whole number from 1 to {_MOST_JOBS}")
    return int(text)


def _processors() -> int:
    return min(os.cpu_count() or 1, _MOST_JOBS)


def run(arguments: TestArguments, console: Console) -> int:
    """Exit code 0 where every case passed or was written down, 1 where one failed."""
    from engine.testing.cases import find_cases

    every = find_cases(arguments.fixtures)
    chosen = _named(_chosen(every, arguments.paths, arguments.fixtures), arguments.names)
    with _composer(arguments) as composer:
        near = approximated(composer, dict.fromkeys(case.event for case in chosen))
        results = _run(composer, chosen, arguments, near, console)
        states = composer.status().definitions
    warn_of_approximation(near, console)
    if arguments.junit is not None:
        _write_junit(results, near, arguments.junit)
    if not arguments.paths and arguments.names is None:
        _check_examples(results, arguments, console)
        _warn_of_untested(states, every, arguments.fixtures, console)
    failed = sum(result.problem is not None for result in results)
    total = f"{len(results)} case{'' if len(results) == 1 else 's'}"
    console.write(f"{failed} of {total} failed\n" if failed else f"{total} passed\n")
    return 1 if failed else 0


def _chosen(every: Sequence[Case], paths: Sequence[Path], fixtures: Path) -> list[Case]:
    """The cases below `paths`, or all; raises CannotRunError for a path that has none: nothing would be tested."""
    if not every:
        raise CannotRunError(f"{fixtures} holds no case: no <event>/<case>/event.json.")
    wanted: set[Path] = set()
    for path in paths or [fixtures]:
        below = {case.folder for case in every if Path(abspath(case.folder)).is_relative_to(abspath(path))}
        if not below:
            raise CannotRunError(f"{path} holds no case of {fixtures}.")
        wanted |= below
    return [case for case in every if case.folder in wanted]


def _named(cases: list[Case], names: str | None) -> list[Case]:
    if names is None:
        return cases
    found = [case for case in cases if names.casefold() in str(case).casefold()]
    if not found:
        raise CannotRunError(f"No case has {names!r} in its name, such as {cases[0]}.")
    return found


def _write_junit(results: Sequence[CaseResult], near: Mapping[str, str], file: Path) -> None:
    from engine.reporting.junit import TestCase, suite

    cases = [
        TestCase(
            result.case.event, result.case.name, _failures(result), _approximation(near, result.case.event).strip()
        )
        for result in results
    ]
    try:
        file.write_text(suite("aptic-definitions test", cases), encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritable(file, error) from error


def _failures(result: CaseResult) -> tuple[tuple[str, str], ...]:
    if result.problem is None:
        return ()
    words = [result.problem, *result.difference, *([f"hint: {result.hint}"] if result.hint else [])]
    return ((result.problem, "\n".join(words)),)


def _composer(arguments: TestArguments) -> Composer:
    declared = arguments.fixtures / "ledger" / "schema.sql"
    schema = arguments.ledger_schema or (declared if declared.is_file() else None)
    try:
        return load_composer(arguments, schema)
    except LedgerError as error:
        raise CannotRunError(error.message) from error


def _approximation(near: Mapping[str, str], event: str) -> str:
    """What stands behind a case that is approximate, with a blank before it; nothing behind another."""
    return f" (approximate: {near[event]})" if event in near else ""


def _run(
    composer: Composer, cases: Sequence[Case], arguments: TestArguments, near: Mapping[str, str], console: Console
) -> list[CaseResult]:
    """Runs the cases and tells of each as soon as it and those before it are done."""
    from engine.testing.running import run_cases

    results = []
    with (
        ProgressBar(console, "test", len(cases)) as bar,
        closing(run_cases(composer, cases, arguments.jobs)) as running,
    ):
        try:
            for result in running:
                bar.clear()
                results.append(_told(result, arguments, _approximation(near, result.case.event), console))
                bar.step()
        except LedgerUnavailableError as error:
            raise CannotRunError(error.message) from error
    return results


def _told(result: CaseResult, arguments: TestArguments, note: str, console: Console) -> CaseResult:
    """The result as it stands after it was told of, or written down."""
    from engine.testing.cases import record

    if not arguments.update or not result.may_update or result.outcome is None:
        _show(result, note, console)
        return result
    try:
        settled = record(result)
    except OSError as error:
        raise _unwritable(result.case.folder, error) from error
    console.write(f"wrote {console.result.escape(str(result.case.folder / result.outcome.kind))}{note}\n")
    return settled


def _show(result: CaseResult, note: str, console: Console) -> None:
    terminal = console.result
    name = terminal.escape(str(result.case))
    if result.problem is None:
        console.write(f"ok   {name}{note}\n")
        return
    console.write(f"{terminal.paint('FAIL', Style.ERROR)} {name}{note}: {terminal.escape(result.problem)}\n")
    for line in result.difference:
        style = {"+": Style.ADDED, "-": Style.REMOVED}.get(line[:1])
        shown = terminal.escape(line)
        console.write(f"     {shown if style is None else terminal.paint(shown, style)}\n")
    if result.hint is not None:
        console.write(f"     {terminal.paint('hint:', Style.HINT)} {terminal.escape(result.hint)}\n")


def _check_examples(results: Sequence[CaseResult], arguments: TestArguments, console: Console) -> None:
    """Writes the recorded examples, or warns of those that are not what the cases give now, and of stale ones."""
    from engine.testing.examples import examples, strays

    for stray in strays(results, arguments.definitions):
        console.complain(f"{stray.path} is stale, since {stray.reason}: remove it.", Style.WARNING)
    outdated = [example for example in examples(results, arguments.definitions) if not example.is_current()]
    if outdated and not arguments.update:
        names = ", ".join(str(example.path) for example in outdated)
        console.complain(f"Examples are missing or out of date; --update writes them: {names}", Style.WARNING)
        return
    for example in outdated:
        try:
            example.write()
        except OSError as error:
            raise _unwritable(example.path, error) from error
        console.write(f"wrote {console.result.escape(str(example.path))}\n")


def _warn_of_untested(
    states: Sequence[DefinitionStatus], every: Sequence[Case], fixtures: Path, console: Console
) -> None:
    tested = {case.event for case in every}
    for definition in states:
        if definition.state is DefinitionState.SERVING and definition.event not in tested:
            wanted = fixtures / definition.event
            console.complain(f"{definition.event} has no case; add {wanted}/<case>/event.json.", Style.WARNING)


def _unwritable(path: Path, error: OSError) -> CannotRunError:
    return CannotRunError(f"{path} cannot be written: {error.strerror}.")


TEST = Command(
    name="test",
    summary="Composes the fixture cases and compares them with what they expect.",
    description="Composes each case, fixtures/<event>/<case>/event.json, and compares the outcome with the file\n"
    "beside it: body.json (to the byte), skip.txt (the reason to send nothing) or error.txt (an error's class).\n"
    "The exit code is 0 where all passed, 1 where a case failed, and 2 where it could not run.",
    example="fixtures/ledgerpayment --update",
    add_options=add_options,
    run=run,
    arguments=TestArguments,
)
