"""Shaping: makes the body's canonical JSON of the rows that the steps found (definition language, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from struct import Struct
from typing import TypeVar

from engine.encoding import HOLE, encode_canonical, normaliser
from engine.errors import EmptyResultError, EncodingError, EngineError, TooManyRowsError
from engine.model import CompiledDefinition, CompiledStep, Definition, Kind, OutputColumn, ResultKind, Skip, Template
from engine.template import RenderingError

Row = Sequence[object]
"""A row from the driver, in the order of the statement's columns."""

_REAL = Struct("<f")
_Error = TypeVar("_Error", bound=EngineError)


class Shaper:
    """Shapes the results of one definition. It is built once at load, and threads may share it.

    A step of result `many` may find at most `max_rows` rows.
    """

    def __init__(self, compiled: CompiledDefinition, *, max_rows: int) -> None:
        self._definition = compiled.definition
        self._template = compiled.template
        self._steps = tuple(
            _ShapedStep(compiled.definition, step, number, max_rows) for number, step in enumerate(compiled.steps, 1)
        )
        # Nearly every definition is one unnamed step: its row is the body.
        is_plain = compiled.template is None and len(compiled.steps) == 1 and compiled.steps[0].name is None
        self._only = self._steps[0] if is_plain and compiled.steps[0].output else None

    def check_rows(self, index: int, rows: Sequence[Row]) -> None:
        """Raises EmptyResultError or TooManyRowsError if the step at `index` promises another number of rows."""
        self._steps[index].check(rows)

    def row(self, index: int, rows: Sequence[Row]) -> Mapping[str, object] | None:
        """The step's row for `$steps` sources, by case-folded column name. None if the step found no row.

        Its values are canonical, except dates, times and floats, which stay as the driver gave them: an argument may
        take a part of a date, and a real's shortest digits would be another double. Holes are left out. Raises
        EncodingError as `shape` does.
        """
        return self._steps[index].source_row(rows)

    def shape(
        self, results: Sequence[Sequence[Row]], event: str, message: Mapping[str, object]
    ) -> tuple[bytes, ...] | Skip:
        """The body's JSON, in pieces between the holes for the secret. A template may return a Skip instead.

        `results` has the rows of every step, in order. `event` and `message` are for the template. Raises
        EmptyResultError, TooManyRowsError, and EncodingError, which names the step and column, or the template's line.
        """
        if self._only is not None and len(results[0]) == 1:
            tree = self._only.members(results[0][0])
        elif self._template is None:
            tree = self._members(results)
        else:
            return self._render(self._template, results, event, message)
        try:
            return encode_canonical(tree)
        except EncodingError:
            error = self._unwritable(results)
        raise error

    def _members(self, results: Sequence[Sequence[Row]]) -> dict[str, object]:
        tree: dict[str, object] = {}
        for step, rows in zip(self._steps, results, strict=True):
            if step.output:
                step.place(rows, tree)
            else:
                step.check(rows)
        return tree

    def _render(
        self, template: Template, results: Sequence[Sequence[Row]], event: str, message: Mapping[str, object]
    ) -> tuple[bytes, ...] | Skip:
        members: dict[str, object] = {}
        context: dict[str, object] = {}
        for step, rows in zip(self._steps, results, strict=True):
            step.place(rows, members if step.output else context)
        context |= members
        if "secret" in message:  # as in a fixture's event.json; only a hole may show a registration's secret
            message = {name: value for name, value in message.items() if name != "secret"}
        context |= {"default": members, "event": event, "data": message}
        try:
            return template.render(context)
        except RenderingError as error:
            body = self._definition.body
            line = None if body is None else body.position(error.offset).line
            reason = error.message
        raise EncodingError(
            f"{self._definition.name}, template in line {line}: {reason}.",
            definition=self._definition.name,
            file=self._definition.file,
            line=line,
        )

    def _unwritable(self, results: Sequence[Sequence[Row]]) -> EncodingError:
        """The error for the column that cannot be written. Called after encoding has failed, to find the column."""
        for step, rows in zip(self._steps, results, strict=True):
            for name, value in (item for row in rows if step.output for item in step.members(row).items()):
                try:
                    encode_canonical(value)
                except EncodingError as error:
                    return step.column_error(name, error.message)
        raise AssertionError("every column can be written, but not all together")


class _ShapedStep:
    """One step, as shaping needs it."""

    __slots__ = (
        "_definition",
        "_empty",
        "_label",
        "_line",
        "_max_rows",
        "_name",
        "_names",
        "_normalisers",
        "_reals",
        "_result",
        "output",
    )

    def __init__(self, definition: Definition, step: CompiledStep, number: int, max_rows: int) -> None:
        self.output = step.output
        self._name = step.name
        self._result = step.result
        self._max_rows = max_rows if step.result is ResultKind.MANY else 1
        self._names = tuple([column.name for column in step.statement.columns])
        self._normalisers = tuple([_normaliser(column) for column in step.statement.columns])
        self._empty = {column.name: HOLE if column.is_hole else None for column in step.statement.columns}
        self._reals = tuple(
            [c.name.casefold() for c in step.statement.columns if c.type is not None and c.type.kind is Kind.REAL]
        )
        self._label = step.name or str(number)
        self._line = step.line
        self._definition = definition

    def check(self, rows: Sequence[Row]) -> None:
        """Raises EmptyResultError or TooManyRowsError if the step promises another number of rows."""
        count = len(rows)
        if count > self._max_rows:
            raise self._error(TooManyRowsError, f"more rows than {self._limit()}")
        if not count and self._result is ResultKind.ONE:
            raise self._error(EmptyResultError, 'no row, but result="one" promises one')

    def place(self, rows: Sequence[Row], members: dict[str, object]) -> None:
        """Adds the step's rows to the members of the body."""
        self.check(rows)
        if self._name is None:
            members |= self.members(rows[0]) if rows else self._empty
        elif self._result is ResultKind.MANY:
            members[self._name] = [self.members(row) for row in rows]
        else:
            members[self._name] = self.members(rows[0]) if rows else None

    def members(self, row: Row) -> dict[str, object]:
        """The row's canonical values, by column name."""
        try:
            columns = zip(self._names, self._normalisers, row, strict=True)
            return {name: normalise(value) for name, normalise, value in columns}
        except (EncodingError, ValueError):
            error = self._misfit(row)
        raise error

    def source_row(self, rows: Sequence[Row]) -> Mapping[str, object] | None:
        """See Shaper.row."""
        self.check(rows)
        if not rows:
            return None
        values = self.members(rows[0])
        given = zip(values.items(), rows[0], strict=True)
        row = {
            name.casefold(): raw if isinstance(raw, date | time | float | bytes) else value
            for (name, value), raw in given
            if value is not HOLE
        }
        for name in self._reals:
            if isinstance(found := row[name], float):
                (row[name],) = _REAL.unpack(
                    _REAL.pack(found)
                )  # some drivers return the double that has the real's shortest digits
        return row

    def column_error(self, name: str, reason: str) -> EncodingError:
        """The error for one column; `reason` quotes no value."""
        return self._error(EncodingError, reason, column=name)

    def _error(self, kind: type[_Error], what: str, *, column: str | None = None) -> _Error:
        name, file = self._definition.name, self._definition.file
        place = f"{name}, step {self._label}" if column is None else f"{name}, step {self._label}, column {column}"
        return kind(f"{place}: {what}.", definition=name, file=file, line=self._line, step=self._label, column=column)

    def _misfit(self, row: Row) -> EncodingError:
        if len(row) != len(self._names):
            reason = f"the ledger gave {len(row)} columns instead of {len(self._names)}"
            return self._error(EncodingError, reason)
        for name, normalise, value in zip(self._names, self._normalisers, row, strict=True):
            try:
                normalise(value)
            except EncodingError as error:
                return self.column_error(name, error.message)
        raise AssertionError("every column has its value, but the row has not")

    def _limit(self) -> str:
        return f"the cap of {self._max_rows}" if self._result is ResultKind.MANY else f'result="{self._result}" allows'


def _normaliser(column: OutputColumn) -> Callable[[object], object]:
    return _hole if column.is_hole else normaliser(column.type)


def _hole(_value: object) -> object:
    return HOLE
