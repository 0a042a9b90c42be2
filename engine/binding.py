"""Binding: the values of an event message and of earlier steps, converted strictly, in the placeholders' order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import assert_never

from msgspec import Struct

from engine.conversion import CONVERTERS, convert, convert_column
from engine.errors import BindingError
from engine.model import Argument, CompiledDefinition, CompiledStep, DataSource, SecretSource, StepSource

Message = Mapping[str, object]
Row = Mapping[str, object]
"""A row of an earlier step by case-folded column name, in canonical values."""

_ABSENT = object()


class _BoundArgument(Struct, frozen=True, gc=False):
    """One argument with what its reading needs. `read` raises whatever a message of another shape makes it raise."""

    argument: Argument
    step: str
    line: int
    number: int
    read: Callable[[Message], object]


class Binder:
    """Binds all arguments of one definition. Built once at load; a call parses nothing."""

    def __init__(self, compiled: CompiledDefinition) -> None:
        self._compiled = compiled
        self._steps = tuple(
            [
                tuple([_prepare(step, step.name or str(position), number) for number in step.statement.parameters])
                for position, step in enumerate(compiled.steps, 1)
            ]
        )
        self._readers = tuple([tuple([bound.read for bound in step]) for step in self._steps])
        self._only = self._readers[0] if len(self._readers) == 1 else None  # nearly every definition has one step

    def bind(self, message: Message) -> list[list[object]]:
        """For each step the values in its statement's order; those from earlier steps are still None.

        Raises BindingError that names every argument of the definition that does not bind.
        """
        try:
            if self._only is not None:
                return [[read(message) for read in self._only]]
            return [[read(message) for read in readers] for readers in self._readers]
        except (ValueError, LookupError, TypeError):
            raise self._error(message) from None

    def bind_step(self, index: int, values: list[object], rows: Mapping[str, Row | None]) -> list[object]:
        """The values of step `index` with those from earlier steps filled in.

        `rows` holds the earlier steps' rows by case-folded name, None for an `optional` step without a row.
        Raises BindingError that names every argument of the step that does not bind.
        """
        faults: list[tuple[_BoundArgument, str]] = []
        for position, bound in enumerate(self._steps[index]):
            source = bound.argument.source
            if isinstance(source, StepSource):
                try:
                    values[position] = _from_row(bound.argument, source, rows[source.step.casefold()])
                except ValueError as error:
                    faults.append((bound, str(error)))
        if faults:
            raise self._report(faults)
        return values

    def _error(self, message: Message) -> BindingError:
        faults = []
        for bound in (bound for step in self._steps for bound in step):
            try:
                _from_message(bound.argument, message)
            except ValueError as error:
                faults.append((bound, str(error)))
        return self._report(faults)

    def _report(self, faults: Sequence[tuple[_BoundArgument, str]]) -> BindingError:
        definition = self._compiled.definition
        lines = tuple(
            f"step {bound.step}, argument {bound.number} "
            f"({bound.argument.source_text}, {bound.argument.type.value}) {what}"
            for bound, what in faults
        )
        first = faults[0][0]
        return BindingError(
            f"{definition.name}: the message does not fit the definition: {'; '.join(lines)}.",
            faults=lines,
            definition=definition.name,
            file=definition.file,
            line=first.line,
            step=first.step,
            argument=first.number,
        )


def _prepare(step: CompiledStep, label: str, number: int) -> _BoundArgument:
    argument = step.arguments[number]
    return _BoundArgument(argument, label, argument.position.line, number + 1, _reader(argument))


def _reader(argument: Argument) -> Callable[[Message], object]:
    """The quickest way to the argument's value; any exception means that the slow way must tell what is wrong."""
    match argument.source:
        case DataSource(path):
            if argument.nullable or argument.default is not None or len(path) != 2 or int in map(type, path):
                return partial(_from_message, argument)
            return _plain_reader(CONVERTERS[argument.type], *path)
        case SecretSource() | StepSource() | None:
            return _nothing
        case _:
            assert_never(argument.source)


@lru_cache(maxsize=1024)  # definitions of an event take the same values from its message
def _plain_reader(
    converter: Callable[[object], object], outer: str | int, inner: str | int
) -> Callable[[Message], object]:
    return lambda message: converter(message[outer][inner])  # type: ignore[index]  # a TypeError is caught


def _nothing(_message: Message) -> None:
    """A hole's typed NULL, or filled in by `bind_step`."""


def _from_message(argument: Argument, message: Message) -> object:
    if not isinstance(argument.source, DataSource):
        return None
    value = _follow(argument.source.path, message)
    if value is _ABSENT:
        if argument.default is None:
            raise ValueError("is absent from the message")
        value = argument.default
    if value is None:
        if not argument.nullable:
            raise ValueError('is null; the argument would need nullable="true"')
        return None
    return convert(argument.type, value)


def _follow(path: tuple[str | int, ...], value: object) -> object:
    for segment in path:
        held = Mapping if isinstance(segment, str) else (list, tuple)
        try:
            value = value[segment] if isinstance(value, held) else _ABSENT  # type: ignore[index]  # as just checked
        except LookupError:
            return _ABSENT
    return value


def _from_row(argument: Argument, source: StepSource, row: Row | None) -> object:
    value = None if row is None else row[source.column.casefold()]
    if value is None:
        if not argument.nullable:
            found = "found no row" if row is None else "is null"
            raise ValueError(f'{found}; the argument would need nullable="true"')
        return None
    return convert_column(argument.type, value)
