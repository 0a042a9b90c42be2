"""What is classified leaves the ledger only where the definition says why: `undisclosed`, `unused-disclosure`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from engine.lineage import ClassifiedMember, Tracer, classified_members, is_traced, trace_definition
from engine.model import Definition, RelatedPlace, Severity
from engine.sql.analysis import Analysis
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema
from engine.validation.finding import Finding

RULE = "undisclosed"
_UNUSED = "unused-disclosure"


def check(
    definition: Definition,
    queries: Sequence[Query | None],
    analyses: Sequence[Analysis | None],
    schema: LedgerSchema | None,
) -> Iterator[Finding]:
    """A finding for each label that a member shows undisclosed, and a warning of what is disclosed and not shown."""
    if schema is None or not schema.has_classifications:
        return
    if not definition.disclosures and not any(schema.may_show_classified(step.sql.value) for step in definition.steps):
        return
    lineage = trace_definition(definition, queries, Tracer(schema), analyses)
    found: dict[tuple[str, str], list[ClassifiedMember]] = {}
    for member in classified_members(lineage, schema):
        found.setdefault((member.pointer, member.classification.name.casefold()), []).append(member)
    disclosed = {disclosure.label.casefold() for disclosure in definition.disclosures}
    for (_, label), members in found.items():
        if label not in disclosed:
            yield _undisclosed(members, schema)
    if is_traced(lineage):
        yield from _unneeded(definition, {label for _, label in found})


def _undisclosed(members: Sequence[ClassifiedMember], schema: LedgerSchema) -> Finding:
    pointer, label = members[0].pointer, members[0].classification.name
    columns = ", ".join([f"{member.origin.table}.{member.origin.name}" for member in members])
    what = f"The member {pointer}" if pointer else "The body"
    message = f"{what} shows {columns}, classified as {label}."
    hint = (
        f'If its receivers may see that, say why: <disclosure label={quoteattr(label)} reason="…"/> '
        "before <steps>. Else leave it out."
    )
    places = [schema.place(member.column, f"Classified as {label}.") for member in members]
    related: tuple[RelatedPlace, ...] = tuple([place for place in places if place is not None])
    return Finding(RULE, members[0].position, message, hint, related=related)


def _unneeded(definition: Definition, shown: set[str]) -> Iterator[Finding]:
    """A reason that stays behind would excuse what somebody adds later."""
    for disclosure in definition.disclosures:
        if disclosure.label and disclosure.label.casefold() not in shown:
            message = f"No member shows a column that is classified as {disclosure.label}."
            yield Finding(_UNUSED, disclosure.position, message, "Remove the disclosure.", Severity.WARNING)
