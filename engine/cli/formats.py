"""The formats of a report, and which of them goes where."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Parser, named_path
from engine.reporting.terminal import Terminal

if TYPE_CHECKING:
    from engine.reporting.report import Report, Reporter

FORMATS: Final = ("text", "json", "sarif", "junit", "github", "gitlab")
WITH_CHANGE: Final = frozenset({"text", "json"})
"""Those that hold what a change of the ledger's schema does to every definition; the others hold what it breaks."""


@dataclass(slots=True)
class Wanted:
    """A report that was asked for: its format, and the file that it goes to; None for standard output."""

    format: str
    output: Path | None = None


class _Format(argparse.Action):
    """`--format` begins a report."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        del parser, option
        namespace.reports = [*namespace.reports, Wanted(str(value))]


class _Output(argparse.Action):
    """`--output` sends the last report that was begun to a file; without any, that is a text."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        del option
        assert isinstance(value, Path)  # noqa: S101  its type says so
        reports = namespace.reports or [Wanted("text")]
        if reports[-1].output is not None:
            parser.error("each --output belongs to a --format before it, and two follow one another here")
        namespace.reports = [*reports[:-1], Wanted(reports[-1].format, value)]


def add_formats(parser: Parser) -> None:
    """Declares the options, which put a list of Wanted into `reports`."""
    parser.set_defaults(reports=[])
    parser.add_argument(
        "--format",
        action=_Format,
        choices=FORMATS,
        dest="reports",
        default=[],
        help="The report has this format (default: text); may be repeated, each with an --output but one.",
    )
    parser.add_argument(
        "--output",
        action=_Output,
        type=named_path,
        metavar="FILE",
        dest="reports",
        default=[],
        help="The report of the --format before it goes to FILE instead of the terminal.",
    )


def check_reports(wanted: Sequence[Wanted]) -> None:
    """Raises CannotRunError where two reports would be written over one another."""
    outputs = [report.output for report in wanted]
    if outputs.count(None) > 1:
        raise CannotRunError("Only one report can go to the terminal: name a file by --output behind each other one.")
    twice = next((output for output in outputs if output is not None and outputs.count(output) > 1), None)
    if twice is not None:
        raise CannotRunError(f"Two reports cannot go to one file, {twice}.")


def write_reports(report: Report, wanted: Sequence[Wanted], console: Console) -> None:
    """Writes each report; without any asked for, a text to the terminal. Raises CannotRunError."""
    for each in wanted or [Wanted("text")]:
        if each.output is None:
            console.write(_reporter(each.format, console.result).render(report))
            continue
        try:
            each.output.write_text(_reporter(each.format, Terminal()).render(report), encoding="utf-8", newline="\n")
        except OSError as error:
            raise CannotRunError(f"{each.output} cannot be written: {error.strerror}.") from error


def _reporter(name: str, terminal: Terminal) -> Reporter:
    match name:
        case "json":
            from engine.reporting.json_list import JsonReporter

            return JsonReporter()
        case "sarif":
            from engine.reporting.sarif import SarifReporter

            return SarifReporter()
        case "junit":
            from engine.reporting.junit import JUnitReporter

            return JUnitReporter()
        case "github":
            from engine.reporting.github import GitHubReporter

            return GitHubReporter()
        case "gitlab":
            from engine.reporting.gitlab import GitLabReporter

            return GitLabReporter()
        case _:
            from engine.reporting.text import TextReporter

            return TextReporter(terminal)
