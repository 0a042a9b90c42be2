"""What a name in a definition means: the step, argument, source or column that it is of."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from authoring.reading.outline import Outline, StepText, Tag
from authoring.reading.sources import Made, Named, Words, columns, sources, visible
from engine.catalogue import Catalogue
from engine.model import EventArgument
from engine.sql.scanner import TokenKind
from engine.sql.schema import Column, LedgerSchema, Table

_STEPS: Final = re.compile(r"\$steps\.([\w-]+)(?:\.([\w-]+))?", re.IGNORECASE)
_ARGUMENT: Final = re.compile(r"\$data\.data\.([\w-]+)")


class StepMeant(Struct, frozen=True):
    """A step, and a column of its query where one is named that it has."""

    step: StepText
    column: Made | None


class ArgumentMeant(Struct, frozen=True):
    """An argument of the event."""

    argument: EventArgument


class TagMeant(Struct, frozen=True):
    """The `<argument>` that a `?` stands for, and what that means in turn."""

    tag: Tag
    source: StepMeant | ArgumentMeant | None


class TableMeant(Struct, frozen=True):
    """A table of the ledger, by its name or, where `source` is given, by an alias."""

    table: Table
    source: Named | None = None


class ColumnMeant(Struct, frozen=True):
    """A column of a table."""

    column: Column
    table: Table


class MadeMeant(Struct, frozen=True):
    """A column that a part of the query makes, or the part itself, where no column is named."""

    source: Named
    made: Made | None


Meant = StepMeant | ArgumentMeant | TagMeant | TableMeant | ColumnMeant | MadeMeant


class Found(Struct, frozen=True):
    """What a name means, from where to where it stands in the file, and where its text begins."""

    meant: Meant
    start: int
    end: int
    origin: int = 0


class Ledger(Struct, frozen=True):
    """What is known beside the file."""

    catalogue: Catalogue
    schema: LedgerSchema | None


def find(read: Outline, offset: int, ledger: Ledger) -> Found | None:
    """What the name at a place of the file means; None where nobody knows, or nothing is named."""
    step = read.step_at(offset)
    if step is None:
        return _in_body(read, offset)
    if step.has_sql_at(offset):
        return _in_sql(read, step, offset, ledger)
    tag = read.tag_at(offset)
    source = None if tag is None else tag.get("source")
    if tag is None or source is None or not source.start <= offset <= source.end:
        return None
    meant = meaning(read, step, source.value, ledger)
    return None if meant is None else Found(meant, source.start, source.end)


def meaning(read: Outline, step: StepText, source: str, ledger: Ledger) -> StepMeant | ArgumentMeant | None:
    """What an argument's source means, for a query."""
    if (named := _STEPS.match(source)) is not None:
        earlier = [each for each in read.steps if each.start < step.start]
        return _step(earlier, named[1], named[2] or "")
    event = ledger.catalogue.events.get(read.event)
    if (given := _ARGUMENT.match(source)) is not None and event is not None:
        found = next((each for each in event.arguments if each.name == given[1]), None)
        return None if found is None else ArgumentMeant(found)
    return None


def _step(steps: list[StepText], name: str, column: str) -> StepMeant | None:
    found = next((each for each in steps if each.name.casefold() == name.casefold()), None)
    if found is None:
        return None
    made = next((each for each in outputs(found) if each.name.casefold() == column.casefold()), None)
    return StepMeant(found, made)


def outputs(step: StepText) -> tuple[Made, ...]:
    """The columns that a step's query has names for."""
    words = Words(step.sql)
    return columns(words, 0, len(words.tokens))


def _in_body(read: Outline, offset: int) -> Found | None:
    if read.body is None or not read.body[0] <= offset <= read.body[1]:
        return None
    start, end = offset, offset
    while start > read.body[0] and _is_of_name(read.text[start - 1]):
        start -= 1
    while end < read.body[1] and _is_of_name(read.text[end]):
        end += 1
    path = read.text[start:end].split(".")
    name, column = path[:2] if len(path) > 1 else (path[0], "")
    meant = _step(list(read.steps), name, column)
    return None if meant is None or not name else Found(meant, start, end)


def _is_of_name(character: str) -> bool:
    return character.isalnum() or character in "_-."


def _in_sql(read: Outline, step: StepText, offset: int, ledger: Ledger) -> Found | None:
    words = Words(step.sql)
    index = words.at(offset - step.start)
    if index is None:
        return None
    token = words.tokens[index]
    if token.kind is TokenKind.PLACEHOLDER:
        meant: Meant | None = _placeholder(read, step, words, index, ledger)
    elif words.is_name(index):
        meant = name_meant(words, index, ledger)
    else:
        meant = None
    if meant is None:
        return None
    return Found(meant, step.start + token.start, step.start + token.end, step.start)


def _placeholder(read: Outline, step: StepText, words: Words, index: int, ledger: Ledger) -> TagMeant | None:
    number = sum(token.kind is TokenKind.PLACEHOLDER for token in words.tokens[:index])
    if number >= len(step.arguments):
        return None
    tag = step.arguments[number]
    return TagMeant(tag, meaning(read, step, tag.value("source"), ledger))


def name_meant(words: Words, index: int, ledger: Ledger) -> Meant | None:
    """What the name that a token is means."""
    token, name = words.tokens[index], words.name(index)
    found = sources(words)
    for each in found:
        if each.start == token.start:
            return source_meant(each, found, ledger, is_alias=bool(each.path) and each.path[-1] != name)
    seen = visible(found, token.start)
    qualifier = words.qualifier(index)
    if qualifier is not None:
        named = _named(seen, words.name(qualifier))
        return None if named is None else column_of(named, name, found, ledger)
    if words.is_word(index + 1, ".") and (named := _named(seen, name)) is not None:
        return source_meant(named, found, ledger, is_alias=True)
    if (table := _table_named(words, index, found, ledger)) is not None:
        return table
    return next((meant for each in seen if (meant := column_of(each, name, found, ledger)) is not None), None)


def _named(seen: list[Named], name: str) -> Named | None:
    return next((each for each in seen if each.name.casefold() == name.casefold()), None)


def _table_named(words: Words, index: int, found: list[Named], ledger: Ledger) -> TableMeant | None:
    """The table whose name a token is, where an alias follows it."""
    token = words.tokens[index]
    for each in found:
        if each.path and each.path[-1] == words.name(index) and 0 <= words_before(words, each) - index <= 2:
            table = table_of(each, ledger)
            if table is not None and token.start <= each.start:
                return TableMeant(table)
    return None


def words_before(words: Words, source: Named) -> int:
    """The token at which a source's alias stands."""
    index = words.at(source.start)
    return -1 if index is None else index


def table_of(source: Named, ledger: Ledger) -> Table | None:
    """The ledger's table that a source is."""
    if ledger.schema is None or not source.path:
        return None
    return ledger.schema.table(source.path[-1], source.path[-2] if len(source.path) > 1 else None)


def made_of(source: Named, found: list[Named]) -> tuple[Made, ...] | None:
    """The columns that a derived or common table makes; None where the source is neither."""
    if source.made is not None:
        return source.made
    if len(source.path) != 1:
        return None
    return next(
        (each.made for each in found if each.begin < 0 and each.name.casefold() == source.path[0].casefold()), None
    )


def source_meant(source: Named, found: list[Named], ledger: Ledger, *, is_alias: bool) -> Meant | None:
    """A source as a whole."""
    if made_of(source, found) is not None:
        return MadeMeant(source, None)
    table = table_of(source, ledger)
    return None if table is None else TableMeant(table, source if is_alias else None)


def column_of(source: Named, name: str, found: list[Named], ledger: Ledger) -> Meant | None:
    """A source's column of that name."""
    if (made := made_of(source, found)) is not None:
        column = next((each for each in made if each.name.casefold() == name.casefold()), None)
        return None if column is None else MadeMeant(source, column)
    table = table_of(source, ledger)
    listed = None if table is None else table.column(name)
    return None if table is None or listed is None else ColumnMeant(listed, table)
