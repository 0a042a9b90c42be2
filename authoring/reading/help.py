"""Help on what stands at a place of a definition, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from authoring.reading.names import (
    ArgumentMeant,
    ColumnMeant,
    Found,
    Ledger,
    MadeMeant,
    Meant,
    StepMeant,
    TableMeant,
    find,
)
from authoring.reading.outline import Outline, Tag
from authoring.reading.sources import Made
from engine.model import Diagnostic
from engine.sql.ddl.declared_types import declaration
from engine.sql.schema import Column, Table
from engine.validation.rules import rules

_MOST_COLUMNS: Final = 40
_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")
_LINE_BREAKS: Final = re.compile(r"[\r\n]+")
_IGNORED: Final = re.compile(r"aptic:\s*ignore\s+([a-z-]+)")


def help_at(
    read: Outline, offset: int, ledger: Ledger, diagnostics: Iterable[Diagnostic]
) -> tuple[str, int, int] | None:
    """The help, and from where to where stands what it is about; None where there is none.

    `diagnostics` are those at the place: their rules are explained too.
    """
    found = find(read, offset, ledger) or _ignored(read, offset)
    names = list(dict.fromkeys(each.rule for each in diagnostics))
    if isinstance(found, tuple):
        name, start, end = found
        return _rule(name), start, end
    parts = [] if found is None else [_said(found.meant)]
    parts += [_rule(name) for name in names if name in rules()]
    if not parts:
        return None
    start, end = (offset, offset) if found is None else (found.start, found.end)
    return "\n\n---\n\n".join(parts), start, end


def _ignored(read: Outline, offset: int) -> tuple[str, int, int] | Found | None:
    """The rule that a comment ignores."""
    for start, end in read.comments:
        if start <= offset < end and (named := _IGNORED.search(read.text, start, end)) and named[1] in rules():
            return named[1], *named.span(1)
    return None


def _rule(name: str) -> str:
    rule = rules()[name]
    return f"**{name}**: {rule.summary}\n\n{rule.explanation}"


def _said(meant: Meant) -> str:
    match meant:
        case ColumnMeant(column, table):
            return f"{_column(column)}\n\nA column of {_whole(table)}."
        case TableMeant(table, _):
            return _table(table)
        case MadeMeant(source, made):
            return f"{_code(source.name)}: rows that this query makes." if made is None else _made(made, source.name)
        case StepMeant(step, made):
            return f"The step {_code(step.name)}." if made is None else _made(made, f"$steps.{step.name}")
        case ArgumentMeant():
            return _argument(meant)
        case _:
            said = "" if meant.source is None else f"\n\n{_said(meant.source)}"
            return f"{_tag(meant.tag)}{said}"


def _made(made: Made, source: str) -> str:
    return f"{_code(made.name)} is {_code(made.expression)}\n\nA column of {_code(source)}."


def _column(column: Column) -> str:
    nullable = "may be null" if column.nullable else "not null"
    computed = "" if column.computed is None else f", computed: {_code(column.computed)}"
    return f"{_code(column.name)} {_code(declaration(column.type))}, {nullable}{computed}"


def _table(table: Table) -> str:
    kind = "view" if table.is_view else "table"
    lines = [f"* {_column(column)}" for column in table.columns[:_MOST_COLUMNS]]
    if (more := len(table.columns) - len(lines)) > 0:
        lines.append(f"* and {more} more")
    return f"The {kind} {_whole(table)}\n\n" + "\n".join(lines)


def _whole(table: Table) -> str:
    return _code(f"{table.schema}.{table.name}")


def _argument(meant: ArgumentMeant) -> str:
    argument = meant.argument
    needed = "always there" if argument.required else "may be missing"
    example = "" if argument.example is None else f"\n\nFor example {_code(argument.example)}."
    about = f"\n\n{_plain(argument.description)}" if argument.description else ""
    return f"The event's argument {_code(argument.name)}, {needed}.{about}{example}"


def _tag(tag: Tag) -> str:
    return f"{_code(tag.value('source'))}, {_code(tag.value('type') or 'string')}"


def _code(text: str) -> str:
    """Any text as code: what is in it is no Markdown."""
    text = _LINE_BREAKS.sub(" ", text) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    blank = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)
