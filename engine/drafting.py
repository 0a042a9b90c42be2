"""Starting definitions: what an author of an event's first definition can begin with, by the ledger's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from engine.model import ArgumentType, Event, EventArgument, Kind, SqlType
from engine.model.families import BYTES, DECIMALS, FLOATS, MOMENTS, WHOLE
from engine.sql.ddl import bracketed
from engine.sql.schema import Column, LedgerSchema, Table
from engine.sql.wordlist import words

_MOST_COLUMNS: Final = 12
_MOST_TABLES: Final = 3
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVED: Final = words("reserved_words.txt")
_ENDINGS: Final = ("guid", "id", "no", "number", "code")
_SECRET: Final = "secret"  # noqa: S105  # a member's name
_HEADING: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
"""
_STEP: Final = """\
<aptic_service_definition>
  <category>webhook</category>
  <name>{name}</name>
  <steps>
    <!-- One row: its columns are the body's members, in their order and by their names. No row is an error that is
         tried again, unless result="optional" is said; for a list say result="many" and a name. -->
    <query>
      <![CDATA[
{sql}
      ]]>
      <!-- One argument for each ?, in the same order. -->
{arguments}
    </query>
  </steps>
</aptic_service_definition>
"""


@dataclass(frozen=True, slots=True)
class _Fit:
    """A table that has one row for what the event says: its key columns, each with the argument that names it."""

    table: Table
    key: tuple[tuple[Column, EventArgument], ...]


@dataclass(frozen=True, slots=True)
class _Placeholder:
    """One `?` as its `<argument>` says it."""

    source: str
    type: ArgumentType


@dataclass(frozen=True, slots=True)
class _Query:
    lines: tuple[str, ...]
    placeholders: tuple[_Placeholder, ...]


def drafts(event: Event, schema: LedgerSchema | None) -> Iterator[str]:
    """Definitions of `event` as texts of files, the most useful first; nobody has checked whether they are valid.

    The first is over the tables whose keys are among the event's arguments, the last over no table at all.
    """
    fits = _fits(event, schema) if schema is not None else []
    if schema is not None and fits:
        yield _definition(event, _over(fits, schema))
        if len(fits) > 1:
            yield _definition(event, _over(fits[:1], schema))
        yield _definition(event, _over(fits[:1], schema, only_keys=True))
    yield _definition(event, _over_arguments(event))
    yield _definition(event, _Query(("select ? as [secret]",), (_SECRET_PLACEHOLDER,)))


_SECRET_PLACEHOLDER: Final = _Placeholder("$secret", ArgumentType.STRING)


def _fits(event: Event, schema: LedgerSchema) -> list[_Fit]:
    """The best table of each argument that tables have for a key, in the arguments' order."""
    required = {argument.name.casefold(): argument for argument in event.arguments if argument.required}
    order = {name: position for position, name in enumerate(required)}
    found = [fit for table in schema.tables.values() if (fit := _fit(table, required)) is not None]
    best: dict[str, _Fit] = {}
    for fit in sorted(found, key=lambda fit: _rank(fit, order)):
        best.setdefault(fit.key[0][1].name, fit)
    by_name = {fit.table.name.casefold(): fit for fit in reversed(best.values())}
    return [fit for fit in best.values() if by_name[fit.table.name.casefold()] is fit][:_MOST_TABLES]


def _fit(table: Table, required: dict[str, EventArgument]) -> _Fit | None:
    """A table of which no key is known, as a view, is taken to have its first column for one."""
    names = table.primary_key or tuple(column.name for column in table.columns[:1])
    columns = [table.column(name) for name in names]
    key = [(column, required[column.name.casefold()]) for column in columns if column and _is_given(column, required)]
    is_writable = all(map(_is_writable, (table.schema, table.name, *names)))
    return _Fit(table, tuple(key)) if key and len(key) == len(names) and is_writable else None


def _is_given(column: Column, required: dict[str, EventArgument]) -> bool:
    return column.name.casefold() in required and column.type.kind is not Kind.OTHER


def _is_writable(name: str) -> bool:
    """Whether CDATA can hold the name in brackets."""
    return "]>" not in name and not name.endswith("]") and not _NO_XML.search(name)


def _rank(fit: _Fit, order: dict[str, int]) -> tuple[int, bool, bool, int, str, str]:
    """The event's first argument is what it is about; a table called after the argument is where that lives."""
    argument = fit.key[0][1].name.casefold()
    stem = next((argument.removesuffix(end) for end in _ENDINGS if argument.endswith(end)), argument)
    table = fit.table
    is_namesake = bool(stem) and table.name.casefold().endswith((stem, f"{stem}s"))
    return order[argument], not table.primary_key, not is_namesake, len(table.name), table.schema, table.name


def _over(fits: Sequence[_Fit], schema: LedgerSchema, *, only_keys: bool = False) -> _Query:
    first, *others = fits
    columns = _columns(fits, only_keys=only_keys)
    shown = [f"{_name(table.name)}.{_name(column.name)}" for table, column in columns]
    lines = ["select", *(f"  {item}," for item in shown), "  ? as [secret]", f"from {_source(first.table, schema)}"]
    placeholders = [_SECRET_PLACEHOLDER]
    for other in others:
        conditions = []
        for column, argument in other.key:
            same = first.table.column(column.name)
            conditions.append(_condition(other.table, column, None if same is None else first.table))
            placeholders += [_placeholder(column.type, argument)] if same is None else []
        lines.append(f"inner join {_source(other.table, schema)} on {' and '.join(conditions)}")
    lines.append("where " + " and ".join(_condition(first.table, column, None) for column, _ in first.key))
    placeholders += [_placeholder(column.type, argument) for column, argument in first.key]
    return _Query(tuple(lines), tuple(placeholders))


def _columns(fits: Sequence[_Fit], *, only_keys: bool) -> Iterator[tuple[Table, Column]]:
    """The columns that a body can show without a word on why, each name once."""
    taken = {_SECRET}
    for fit in fits:
        columns = tuple(column for column, _ in fit.key) if only_keys else fit.table.columns
        usable = [
            column for column in columns if column.type.kind not in BYTES | {Kind.OTHER} and not column.classification
        ]
        for column in usable[:_MOST_COLUMNS]:
            if column.name.casefold() not in taken and _is_writable(column.name):
                taken.add(column.name.casefold())
                yield fit.table, column


def _condition(table: Table, column: Column, same_in: Table | None) -> str:
    value = "?" if same_in is None else f"{_name(same_in.name)}.{_name(column.name)}"
    return f"{_name(table.name)}.{_name(column.name)} = {value}"


def _source(table: Table, schema: LedgerSchema) -> str:
    is_default = table.schema.casefold() == schema.default_schema.casefold()
    return _name(table.name) if is_default else f"{_name(table.schema)}.{_name(table.name)}"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.casefold() not in _RESERVED else bracketed(name)


def _placeholder(type_: SqlType, argument: EventArgument) -> _Placeholder:
    return _Placeholder(f"$data.data.{argument.name}", _argument_type(type_))


def _argument_type(type_: SqlType) -> ArgumentType:
    kind = type_.kind
    for kinds, found in (
        (WHOLE, ArgumentType.INT),
        (DECIMALS, ArgumentType.DECIMAL),
        (FLOATS, ArgumentType.DOUBLE),
        (MOMENTS, ArgumentType.DATETIME),
    ):
        if kind in kinds:
            return found
    alone = {
        Kind.BIT: ArgumentType.BOOLEAN,
        Kind.DATE: ArgumentType.DATE,
        Kind.DATETIMEOFFSET: ArgumentType.DATETIMEOFFSET,
        Kind.UNIQUEIDENTIFIER: ArgumentType.GUID,
    }
    return alone.get(kind, ArgumentType.STRING)


def _over_arguments(event: Event) -> _Query:
    """The event's own arguments, as texts."""
    usable = [
        argument
        for argument in event.arguments
        if argument.required and _PLAIN.fullmatch(argument.name) and argument.name.casefold() != _SECRET
    ]
    lines = ["select", *(f"  ? as [{argument.name}]," for argument in usable), "  ? as [secret]"]
    sources = [_Placeholder(f"$data.data.{argument.name}", ArgumentType.STRING) for argument in usable]
    return _Query(tuple(lines), (*sources, _SECRET_PLACEHOLDER))


def _definition(event: Event, query: _Query) -> str:
    arguments = (
        f"      <argument source={quoteattr(found.source)} type={quoteattr(found.type.value)}/>"
        for found in query.placeholders
    )
    step = _STEP.format(
        name=event.code, sql="\n".join(f"      {line}" for line in query.lines), arguments="\n".join(arguments)
    )
    about = _said("\n".join(_about(event)))
    return f"{_HEADING}<!--\n{about}\n-->\n{step}"


def _about(event: Event) -> Iterable[str]:
    yield f"  {event.code}: {event.description}".rstrip(": ")
    yield "  What the event says, as $data.data.NAME:"
    for argument in event.arguments:
        example = "" if argument.example is None else f" Such as {argument.example}."
        optional = "" if argument.required else " May be absent: give a default then."
        yield f"    {argument.name}: {argument.description}{example}{optional}"
    yield "  The secret is the registration's own: no query is given it. Where it is not wanted, remove its lines."


def _said(text: str) -> str:
    """The text as an XML comment can hold it: no two hyphens, and no character that XML has not."""
    return _NO_XML.sub("?", re.sub("-(?=-)", "- ", text))
