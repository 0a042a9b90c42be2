"""Findings as annotations of a pull request, by the workflow commands of GitHub Actions."""

from __future__ import annotations

from typing import Final

from engine.model import Diagnostic
from engine.reporting.advice import advice_lines
from engine.reporting.report import Report
from engine.reporting.text import summary

MOST_ANNOTATIONS: Final = 10
"""How many findings are annotations. GitHub shows ten of a step, and drops the others without a word."""
_COMMANDS: Final = ("error", "warning", "notice")


class GitHubReporter:
    """`::error file=…,line=…,col=…,title=rule::message`, at most ten; then counts.

    What makes the run fail is an error and comes first, what is ignored is a notice and comes last.
    """

    def render(self, report: Report) -> str:
        """The annotations and the counts. Nothing from a file can become a command of its own."""
        found = sorted(report.every, key=lambda each: _COMMANDS.index(_command(each, report)))
        lines = [_annotation(each, _command(each, report)) for each in found[:MOST_ANNOTATIONS]]
        left = len(found) - len(lines)
        more = f"; {left} of them not annotated here" if left else ""
        return "\n".join((*lines, summary(report) + more)) + "\n"


def _command(diagnostic: Diagnostic, report: Report) -> str:
    if report.fails(diagnostic):
        return "error"
    return "warning" if diagnostic.ignored_because is None else "notice"


def _annotation(diagnostic: Diagnostic, command: str) -> str:
    message = "\n".join((diagnostic.message, *advice_lines(diagnostic)))
    properties = {
        "file": diagnostic.file,
        "line": str(diagnostic.line),
        "endLine": str(diagnostic.end_line),
        "col": str(diagnostic.column),
        "endColumn": str(diagnostic.end_column),
        "title": diagnostic.rule,
    }
    if diagnostic.end_line != diagnostic.line:  # GitHub takes columns on one line only
        del properties["col"], properties["endColumn"]
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    """As the runner reads it back: only what ends a line has to be escaped, and what escapes."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
