"""`validate --fix`: what is surely meant is written into the files, and shown as a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from typing import TYPE_CHECKING

from engine.commandline.console import Console
from engine.model.diagnostic import split_lines
from engine.reporting.terminal import Style, Terminal

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.cli.rule_filter import RuleFilter
    from engine.mending import Mended
    from engine.model import LoadedFile
    from engine.sql.target import Target


def fix(
    files: Iterable[LoadedFile],
    catalogue: Catalogue,
    target: Target,
    reported: RuleFilter,
    console: Console,
    *,
    is_beside: bool,
) -> bool:
    """Mends the findings that are reported; whether any file is changed.

    The difference is a result, or stands beside the results where these are for a program.
    """
    from engine.mending import Mended, NotMended, mend

    mended: list[Mended] = []
    for file in files:
        if not any(found.replacement is not None and reported.is_shown(found) for found in file.diagnostics):
            continue
        done = mend(file.path, catalogue, target, reported.is_shown)
        if isinstance(done, NotMended):
            console.complain(f"{done.path} is not mended: {done.why}.", Style.WARNING)
        elif isinstance(done, Mended):
            mended.append(done)
    terminal = console.trouble if is_beside else console.result
    lines = [line for each in mended for line in _difference(each, terminal)]
    if mended:
        text = "\n".join((*lines, _said(mended)))
        console.note(text) if is_beside else console.write(f"{text}\n")
    return bool(mended)


def _difference(mended: Mended, terminal: Terminal) -> Iterator[str]:
    name = str(mended.path)
    for line in unified_diff(split_lines(mended.before), split_lines(mended.after), name, name, lineterm=""):
        shown = "".join(character if character == "\t" else terminal.show(character) for character in line)
        is_head = line.startswith(("---", "+++", "@@"))
        style = None if is_head else {"+": Style.ADDED, "-": Style.REMOVED}.get(line[:1])
        yield shown if style is None else terminal.paint(shown, style)


def _said(mended: list[Mended]) -> str:
    """What was done: "fixed 3 findings in 2 files: 2 unknown-column, 1 schema"."""
    rules = Counter(rule for each in mended for rule in each.rules)
    count, files = sum(rules.values()), len(mended)
    each = ", ".join(f"{number} {rule}" for rule, number in sorted(rules.items()))
    return f"fixed {count} finding{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}: {each}"
