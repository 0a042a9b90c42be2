"""What may be written at a place of a definition: tables, columns, steps, arguments and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from authoring.reading.names import Ledger, made_of, outputs, table_of
from authoring.reading.outline import Attribute, Outline, StepText
from authoring.reading.sources import Named, Words, sources, visible
from engine.model import ArgumentType, ResultKind
from engine.sql.ddl import bracketed
from engine.sql.ddl.declared_types import declaration
from engine.sql.scanner import scan
from engine.sql.schema import Table
from engine.sql.wordlist import words as words_of
from engine.validation.message import MEMBERS

_PLAIN: Final = re.compile(r"[^\W\d][\w@$#]*")
_RESERVED: Final = words_of("reserved_words.txt")
_BOOLEANS: Final = ("true", "false")
_VALUES: Final = {
    "type": tuple(ArgumentType),
    "result": tuple(ResultKind),
    "nullable": _BOOLEANS,
    "output": _BOOLEANS,
}


class ProposalKind(StrEnum):
    """What is proposed."""

    TABLE = "table"
    COLUMN = "column"
    SOURCE = "source"
    STEP = "step"
    ARGUMENT = "argument"
    VALUE = "value"


class Proposal(Struct, frozen=True, gc=False):
    """What may stand from `start` to `end` of the file; `detail` says what it is."""

    text: str
    kind: ProposalKind
    start: int
    end: int
    detail: str = ""


def proposals(read: Outline, offset: int, ledger: Ledger) -> list[Proposal]:
    """All that may stand at a place, what is likeliest first."""
    step = read.step_at(offset)
    if step is None:
        return []
    if step.has_sql_at(offset) or _is_between(step, offset):
        return list(_in_sql(step, offset, ledger))
    tag = read.tag_at(offset)
    for attribute in () if tag is None else tag.attributes:
        if attribute.start <= offset <= attribute.end:
            return list(_in_attribute(read, step, attribute, ledger))
    return []


def _is_between(step: StepText, offset: int) -> bool:
    """Whether a place is behind SQL that ends in blanks, and before any argument."""
    first = min((tag.start for tag in step.arguments), default=step.end)
    return bool(step.pieces) and step.pieces[0][0] <= offset <= first


def _in_attribute(read: Outline, step: StepText, attribute: Attribute, ledger: Ledger) -> Iterator[Proposal]:
    start, end = attribute.start, attribute.end
    if attribute.name != "source":
        for value in _VALUES.get(attribute.name, ()):
            yield Proposal(str(value), ProposalKind.VALUE, start, end)
        return
    event = ledger.catalogue.events.get(read.event)
    for argument in () if event is None else event.arguments:
        yield Proposal(f"$data.data.{argument.name}", ProposalKind.ARGUMENT, start, end, argument.description)
    yield Proposal("$secret", ProposalKind.VALUE, start, end, "the registration's secret")
    for member in MEMBERS[1:]:
        yield Proposal(f"$data.{member}", ProposalKind.VALUE, start, end, "a member of the message")
    for earlier in read.steps:
        if earlier.start < step.start and earlier.name:
            for made in outputs(earlier):
                text = f"$steps.{earlier.name}.{made.name}"
                yield Proposal(text, ProposalKind.STEP, start, end, made.expression)


def _in_sql(step: StepText, offset: int, ledger: Ledger) -> Iterator[Proposal]:
    cursor = offset - step.start
    start = _begun(step.sql[:cursor])
    before = scan(step.sql[:start])
    if before.faults and before.tokens and before.tokens[-1].start == before.faults[-1].offset:
        return  # in a string or a comment that is not closed before
    if before.comments and before.comments[-1].end == start and step.sql.startswith("--", before.comments[-1].start):
        return
    count = len(before.tokens) - len(before.comments)
    # What is begun is taken for a name, so that an open bracket does not swallow the rest.
    words = Words(f"{step.sql[:start]}{'x' * (cursor - start)}{step.sql[cursor:]}")
    place = (step.start + start, offset)
    yield from _after(words, count, place, start, ledger)


def _begun(text: str) -> int:
    """Where the name begins that a text ends with: at its last bracket where that is open, else at its last word."""
    bracket = text.rfind("[")
    if bracket > max(map(text.rfind, "]\r\n")):
        return bracket
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] in "_@$#"):
        start -= 1
    return start


def _after(words: Words, count: int, place: tuple[int, int], start: int, ledger: Ledger) -> Iterator[Proposal]:
    """What may follow the first `count` words."""
    found = sources(words)
    if words.is_word(count - 1, ".") and words.is_name(count - 2):
        qualifier = words.name(count - 2)
        for each in visible(found, start):
            is_itself = each.start == words.tokens[count - 2].start  # FROM dbo. names a schema
            if each.name.casefold() == qualifier.casefold() and not is_itself:
                yield from _columns(each, found, place, ledger)
                return
        yield from _tables(ledger, place, qualifier)
    elif count and (
        any(words.is_word(count - 1, word) for word in ("from", "join", "apply")) or _is_list(words, count - 1)
    ):
        for each in found:
            if each.begin < 0:
                yield Proposal(_written(each.name), ProposalKind.TABLE, *place, "common table")
        yield from _tables(ledger, place, None)
    else:
        seen = visible(found, start)
        for each in seen:
            yield Proposal(_written(each.name), ProposalKind.SOURCE, *place, ".".join(each.path))
        for each in seen:
            yield from _columns(each, found, place, ledger)


def _is_list(words: Words, index: int) -> bool:
    """Whether a comma stands between the sources of FROM."""
    if not words.is_word(index, ","):
        return False
    level = words.around[index]
    for before in range(index - 1, level, -1):
        if words.around[before] == level and words.words[before] in {"from", "select", "where", "by", "on"}:
            return words.words[before] == "from"
    return False


def _columns(source: Named, found: list[Named], place: tuple[int, int], ledger: Ledger) -> Iterator[Proposal]:
    made = made_of(source, found)
    if made is not None:
        for each in made:
            yield Proposal(_written(each.name), ProposalKind.COLUMN, *place, each.expression)
    elif (table := table_of(source, ledger)) is not None:
        for column in table.columns:
            nullable = "may be null" if column.nullable else "not null"
            detail = f"{declaration(column.type)}, {nullable}"
            yield Proposal(_written(column.name), ProposalKind.COLUMN, *place, detail)


def _tables(ledger: Ledger, place: tuple[int, int], schema: str | None) -> Iterator[Proposal]:
    """Those of a schema; those of the default schema without its name, where none is given."""
    if ledger.schema is None:
        return
    default = ledger.schema.default_schema.casefold()
    for table in ledger.schema.tables.values():
        key = table.schema.casefold()
        if schema is None or key == schema.casefold():
            short = schema is not None or key == default
            text = _written(table.name) if short else f"{_written(table.schema)}.{_written(table.name)}"
            yield Proposal(text, ProposalKind.TABLE, *place, _kind(table))


def _kind(table: Table) -> str:
    return "view" if table.is_view else "table"


def _written(name: str) -> str:
    """A name as T-SQL has it, in brackets where it is no plain one."""
    return name if _PLAIN.fullmatch(name) and name.casefold() not in _RESERVED else bracketed(name)
