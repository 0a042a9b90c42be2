"""Findings as a compiler prints them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model import Diagnostic, Severity
from engine.model.diagnostic import split_lines
from engine.reporting.advice import advice
from engine.reporting.excerpt import excerpt
from engine.reporting.report import Report, ReportedFile
from engine.reporting.terminal import Style, Terminal

_STYLES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING}


class TextReporter:
    """`file:line:column: error: message [rule]`, the source line, a caret, what to do; and a last line that counts."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def render(self, report: Report) -> str:
        """Every finding in the order of the files, the counts, and what a change of the schema does."""
        lines = [line for file in report.files for line in self._file(file)]
        change = [] if report.change is None else map(self._terminal.escape, report.change.lines())
        return "\n".join((*lines, summary(report), *change)) + "\n"

    def _file(self, file: ReportedFile) -> Iterator[str]:
        if not file.every:
            return
        source = [] if file.text is None else split_lines(file.text)
        for diagnostic in file.every:
            yield self._headline(diagnostic)
            if diagnostic.line <= len(source):
                found = excerpt(source[diagnostic.line - 1], diagnostic.column, self._terminal)
                yield found.source
                yield found.caret.removesuffix("^") + self._terminal.paint("^", Style.CARET)
            for title, text in advice(diagnostic):
                yield f"{self._terminal.paint(f'{title}:', Style.HINT)} {self._terminal.escape(text)}"

    def _headline(self, diagnostic: Diagnostic) -> str:
        terminal = self._terminal
        place = f"{terminal.escape(diagnostic.file)}:{diagnostic.line}:{diagnostic.column}:"
        word, style = diagnostic.severity.value, _STYLES[diagnostic.severity]
        if diagnostic.ignored_because is not None:
            word, style = f"ignored {word}", Style.HINT
        severity = terminal.paint(f"{word}:", style)
        message = f"{terminal.escape(diagnostic.message)} [{diagnostic.rule}]"
        return f"{terminal.paint(place, Style.PLACE)} {severity} {message}"


def summary(report: Report) -> str:
    """One sentence without its full stop: "3 errors, 1 warning in 2 of 9 files" or "9 definitions are valid".

    No file is called valid while a finding in it is hidden.
    """
    counts = [_counted(report.count(severity), severity.value) for severity in Severity if report.count(severity)]
    files = len(report.files)
    hidden = sum(file.hidden for file in report.files)
    if hidden:
        counts.append(f"{_counted(hidden, 'finding')} not shown")
    ignored = sum(len(file.ignored) for file in report.files)
    but_ignored = f"{_counted(ignored, 'finding')} ignored by comments" if ignored else ""
    if not counts:
        valid = f"{_counted(files, 'definition')} {'is' if files == 1 else 'are'} valid"
        return f"{valid}; {but_ignored}" if ignored else valid
    if ignored:
        counts.append(but_ignored)
    faulty = sum(bool(file.diagnostics or file.hidden) for file in report.files)
    return f"{', '.join(counts)} in {faulty} of {_counted(files, 'file')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
