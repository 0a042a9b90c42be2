"""Where arguments come from: `argument-source`, `unknown-argument`, `argument-default`, a secret in `$steps`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from engine.conversion import convert
from engine.model import (
    Argument,
    ArgumentType,
    DataSource,
    Event,
    Position,
    ResultKind,
    SecretSource,
    Severity,
    StepSource,
)
from engine.spelling import closest, did_you_mean, known_hint
from engine.validation.change import Change, Markup
from engine.validation.finding import Beside, Finding, name_hint
from engine.validation.message import MEMBERS, Spelling, unknown_part
from engine.validation.steps import CheckedStep

_SPELLING = Spelling("$data", "$secret")
_MEANT = "Did you mean "
_FORMS = "Write $data.data.NAME, $secret or $steps.NAME.COLUMN."


def check(steps: Sequence[CheckedStep], event: Event | None) -> Iterator[Finding]:
    """Findings about every argument; names of the event's arguments are only looked up where the event is known."""
    for index, checked in enumerate(steps):
        for number, argument in enumerate(checked.step.arguments):
            beside = _placeholder(checked, number)
            for finding in (*_source(argument, steps, index, event), *_default(argument)):
                yield replace(finding, related=(*finding.related, *beside)) if beside else finding


def _placeholder(checked: CheckedStep, number: int) -> tuple[Beside, ...]:
    """The place of the `?` that an argument is for, where all have theirs."""
    query, step = checked.query, checked.step
    if query is None or len(query.placeholders) != len(step.arguments):
        return ()
    return (Beside(step.sql.position(query.placeholders[number]), "The ? of this argument."),)


def _source(argument: Argument, steps: Sequence[CheckedStep], index: int, event: Event | None) -> Iterator[Finding]:
    match argument.source:
        case None if argument.source_text:  # where there is none at all, the XSD has spoken
            yield _not_understood(argument, event)
        case SecretSource() if argument.type is not ArgumentType.STRING:
            message = f"`$secret` is a string, but the type is {argument.type}."
            yield Finding("argument-source", argument.source_position, message, 'Write type="string".')
        case DataSource(path):
            yield from _path(argument, path, event)
        case StepSource() as source:
            yield from _step(argument, source, steps, index)
        case None | SecretSource():
            return
        case _:
            assert_never(argument.source)


def _not_understood(argument: Argument, event: Event | None) -> Finding:
    text, at = argument.source_text, argument.source_position
    hint, meant, change = _meant(text), None, None
    if hint.startswith(_MEANT):
        meant = hint.removeprefix(_MEANT).removesuffix("?")
    if meant == "$secret" or (event is not None and meant in {f"$data.data.{known.name}" for known in event.arguments}):
        change = Change(at, text, meant, Markup.ATTRIBUTE)
    return Finding("argument-source", at, f"The source `{text}` is not understood.", hint, change=change)


def _meant(text: str) -> str:
    """A hint for the usual slips: blanks, capitals, a forgotten $, `data.` left out, `step` for `steps`."""
    slim = text.strip().lstrip("${@").rstrip("}").strip()
    head, dot, rest = slim.partition(".")
    found = closest(head, ("secret", "data", "steps"))
    if found is None:
        return _FORMS
    if found == "data" and not rest.strip("."):
        return "Name what is meant in the message, such as $data.data.paymentid."
    if found == "data" and rest.partition(".")[0] not in MEMBERS:
        rest = f"data.{rest}"
    candidate = f"${found}{dot}{rest}"
    return f"{_MEANT}{candidate}?" if candidate != text else _FORMS


def _path(argument: Argument, path: tuple[str | int, ...], event: Event | None) -> Iterator[Finding]:
    if path[0] == "data" and (len(path) == 1 or isinstance(path[1], int)):
        example = event.arguments[0].name if event and event.arguments else "paymentid"
        hint = f"Name one of them, such as $data.data.{example}."
        yield Finding("argument-source", argument.source_position, "`$data.data` is all arguments of the event.", hint)
    elif unknown := unknown_part(path, event, _SPELLING):
        before = "$data.data." if unknown.index else "$data."
        at = Position(argument.source_position.line, argument.source_position.column + len(before))
        meant = ".".join(unknown.meant)
        change = Change(at, str(path[unknown.index]), meant, Markup.ATTRIBUTE) if meant else None
        yield Finding("unknown-argument", at, unknown.message, unknown.hint, change=change)


def _step(argument: Argument, source: StepSource, steps: Sequence[CheckedStep], index: int) -> Iterator[Finding]:
    named = {found.step.name.casefold(): n for n, found in reversed(list(enumerate(steps))) if found.step.name}
    number = named.get(source.step.casefold())
    at = argument.source_position
    if number is None:
        names = [found.step.name for found in steps[:index] if found.step.name]
        way_out = name_hint(source.step, names) or 'Give the earlier query a name: <query name="…">.'
        yield Finding("argument-source", at, f"No query is called `{source.step}`.", way_out)
        return
    checked = steps[number]
    if number >= index:
        which = "this query itself" if number == index else "a later query"
        message = f"`$steps.{source.step}` is {which}: a query can only use what an earlier one found."
        yield Finding("argument-source", at, message, "Queries run in the order in which they stand.")
    elif checked.step.result is ResultKind.MANY:
        message = f"The query `{checked.step.name}` finds many rows, so its columns are no single value."
        yield Finding("argument-source", at, message, "Join it in the SQL, or let it find one row.")
    else:
        yield from _column(argument, source, checked)


def _column(argument: Argument, source: StepSource, checked: CheckedStep) -> Iterator[Finding]:
    at, name = argument.source_position, checked.step.name
    column = checked.column(source.column)
    if column is None and checked.is_complete:
        names = [found.name for found in checked.columns]
        hint = did_you_mean(source.column, names) or known_hint(source.column, names)
        yield Finding("argument-source", at, f"The query `{name}` has no column `{source.column}`.", hint)
    if column is not None and column.is_hole:
        message = f"The column `{column.name}` of the query `{name}` is the secret, which no query may use."
        yield Finding("secret-in-sql", at, message, "Use $secret for a ? that is an output column of its own.")
    if checked.step.result is ResultKind.OPTIONAL and not argument.nullable:
        message = f"The query `{name}` may find no row, and the value is then null."
        hint = 'Add nullable="true", or the event fails when that happens.'
        yield Finding("argument-source", at, message, hint, Severity.WARNING)


def _default(argument: Argument) -> Iterator[Finding]:
    if argument.default is None:
        return
    at = argument.default_position or argument.position
    if isinstance(argument.source, SecretSource | StepSource):
        message = "A default stands in for what the message does not have, but this source is no part of it."
        yield Finding("argument-default", at, message, "Remove the default.")
        return
    try:
        convert(argument.type, argument.default)
    except ValueError as error:
        yield Finding("argument-default", at, f"The default {error}.", "Write a default that the type allows.")
