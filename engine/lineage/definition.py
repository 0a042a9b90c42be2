"""The lineage of a definition: for each member of its body, the columns of the ledger that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from engine.lineage.members import Member, Use, default_members, pointer
from engine.lineage.origins import DECIDES, Trace, Untraced, deciding, merged
from engine.lineage.steps import TracedStep, trace_steps
from engine.lineage.templates import TemplateReading
from engine.lineage.tracer import Tracer
from engine.model import Definition
from engine.sql.analysis import Analysis
from engine.sql.query import Query, parse_query, release
from engine.template.fault import TemplateFault
from engine.template.syntax import parse_tree


class DefinitionLineage(Struct, frozen=True, eq=False, gc=False):
    """The members in the order of the body. `body` has what decides whether there is a body, and what no member shows.

    `reads` are all columns that any part of its SQL is made of.
    """

    definition: Definition
    members: tuple[Member, ...]
    body: Trace
    reads: Trace


def trace_definition(
    definition: Definition, queries: Sequence[Query | None], tracer: Tracer, analyses: Sequence[Analysis | None] = ()
) -> DefinitionLineage:
    """The lineage of a definition whose steps have these queries; None stands for SQL that cannot be read.

    `analyses` are the queries' by the tracer's schema, where they are made already.
    """
    steps = trace_steps(definition, queries, tracer, analyses)
    reads = merged([step.everything() for step in steps])
    found: dict[tuple[str, ...], list[Use]] = {}
    whole = [deciding(step.rows) for step in steps]
    if definition.body is None:
        for path, use in default_members(steps):
            found.setdefault(path, []).append(use)
    else:
        tree = parse_tree(definition.body.value)
        if isinstance(tree, TemplateFault):
            whole.append({Untraced("the template, which is faulty"): DECIDES})
        else:
            reading = TemplateReading(definition.body, steps, tree)
            found = reading.members
            whole.append(reading.body)
    members = tuple([Member(pointer(path), tuple(uses)) for path, uses in found.items()])
    return DefinitionLineage(definition, members, merged([*whole, *_unused(steps, members)]), reads)


def read_lineage(definition: Definition, tracer: Tracer) -> DefinitionLineage:
    """The lineage of a definition by itself: its SQL is parsed for that, and its syntax trees are gone afterwards."""
    queries = [parse_query(step.sql.value).query for step in definition.steps]
    try:
        return trace_definition(definition, queries, tracer)
    finally:
        for query in queries:
            if query is not None:
                release(query)


def _unused(steps: Iterable[TracedStep], members: Sequence[Member]) -> list[Trace]:
    """What is read and no member shows: a fault in it still keeps the body from being made."""
    shown = merged([member.trace for member in members])
    read = merged([output.trace for step in steps for output in step.outputs])
    return [deciding({origin: parts for origin, parts in read.items() if origin not in shown})]
