"""The steps of a definition, traced: an argument that an earlier step gives has that step's origins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from engine.lineage.origins import NONE, VALUE, Trace, Untraced, deciding, merged
from engine.lineage.relations import Relation
from engine.lineage.tracer import Tracer
from engine.model import Argument, Definition, Position, ResultKind, Step, StepSource
from engine.sql.analysis import Analysis
from engine.sql.query import Query


class TracedOutput(Struct, frozen=True, gc=False):
    """An output column of a step, with what decides its row."""

    name: str
    trace: Trace
    position: Position


class TracedStep(Struct, frozen=True, gc=False):
    """A step. `rows` are the origins of which rows it finds."""

    step: Step
    outputs: tuple[TracedOutput, ...]
    rows: Trace

    @property
    def is_many(self) -> bool:
        """Whether it gives an array."""
        return self.step.result is ResultKind.MANY

    def output(self, name: str) -> TracedOutput | None:
        """The column of that name, case counts, as in a template."""
        return next((output for output in self.outputs if output.name == name), None)

    def everything(self) -> Trace:
        """The origins of all its columns together."""
        return merged([self.rows, *(output.trace for output in self.outputs)])


def trace_steps(
    definition: Definition, queries: Sequence[Query | None], tracer: Tracer, analyses: Sequence[Analysis | None] = ()
) -> tuple[TracedStep, ...]:
    """Each step of the definition; of one whose SQL cannot be read, nothing is traced, and it says so."""
    traced: list[TracedStep] = []
    every = analyses or (None,) * len(queries)
    for step, query, analysis in zip(definition.steps, queries, every, strict=True):
        if query is None:
            traced.append(TracedStep(step, (), {Untraced("a query that cannot be read"): VALUE}))
            continue
        by_name = {found.step.name.casefold(): found for found in traced if found.step.name is not None}
        arguments = [_argument(argument, by_name) for argument in step.arguments]
        traced.append(_traced(step, query, tracer.query(query, arguments, analysis)))
    return tuple(traced)


def _traced(step: Step, query: Query, found: Relation) -> TracedStep:
    rows = deciding(found.rows)
    columns = found.columns if len(found.columns) == len(query.outputs) else None
    outputs = []
    for number, output in enumerate(query.outputs):
        made_of = columns[number].trace if columns is not None else found.everything()
        if output.name is not None and not output.is_star:
            outputs.append(TracedOutput(output.name, merged([made_of, rows]), step.sql.position(output.offset)))
    return TracedStep(step, tuple(outputs), rows)


def _argument(argument: Argument, steps: Mapping[str, TracedStep]) -> Trace:
    """The origins of a value that is bound: of the event's message there are none."""
    if not isinstance(argument.source, StepSource):
        return NONE
    step = steps.get(argument.source.step.casefold())
    if step is None:
        return {Untraced(f"{argument.source_text}, which no earlier query gives"): VALUE}
    key = argument.source.column.casefold()
    found: Iterable[Trace] = [output.trace for output in step.outputs if output.name.casefold() == key]
    return merged(found) or {Untraced(argument.source_text): VALUE}
