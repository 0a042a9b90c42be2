"""What a definition's body promises, and which columns of the ledger each member shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from authoring.studio.context import Context
from authoring.studio.workspace import CheckedFile
from engine.contract import derive
from engine.contract.words import rows_of
from engine.lineage import (
    DefinitionLineage,
    LedgerColumn,
    Tracer,
    Untraced,
    classified_members,
    makes_value,
    trace_definition,
)
from engine.model import Definition
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema


class SeenMember(Struct, frozen=True):
    """A member of the body: `shows` names what makes its value, `decides` what else it depends on.

    `sensitive` names the classifications of what it shows.
    """

    name: str
    depth: int
    promise: str
    shows: Sequence[str]
    sensitive: Sequence[str]
    decides: Sequence[str]


class Promise(Struct, frozen=True):
    """The members of a body from the outside in. `decides` names what decides whether there is a body, or what of it.

    No member repeats those.
    """

    members: Sequence[SeenMember]
    decides: Sequence[str]


@lru_cache(maxsize=8)
def promise_of(checked: CheckedFile, context: Context) -> Promise | None:
    """What a definition promises; None where it has errors, and so promises nothing."""
    definition = checked.file.definition
    if checked.file.compiled is None or definition is None:
        return None
    schema = context.checked.schema
    event = context.catalogue.events.get(definition.name)
    contract = derive(definition, event, schema, max_rows=context.checked.max_rows)
    lineage = None if schema is None else _lineage(definition, schema)
    traces = {} if lineage is None else {member.pointer: member.trace for member in lineage.members}
    body = {} if lineage is None else lineage.body
    sensitive = _sensitive(lineage, schema)
    members = [
        SeenMember(
            name=row.name,
            depth=row.depth,
            promise=f"{row.words}{' (may be absent)' if row.is_optional else ''}",
            shows=_names(origin for origin, parts in traces.get(row.pointer, {}).items() if makes_value(parts)),
            sensitive=sorted(sensitive.get(row.pointer, ())),
            decides=_names(
                origin
                for origin, parts in traces.get(row.pointer, {}).items()
                if not makes_value(parts) and origin not in body
            ),
        )
        for row in rows_of(contract.schema)
    ]
    return Promise(members, _names(body))


def _lineage(definition: Definition, schema: LedgerSchema) -> DefinitionLineage:
    queries = [parse_query(step.sql.value).query for step in definition.steps]
    return trace_definition(definition, queries, Tracer(schema))


def _sensitive(lineage: DefinitionLineage | None, schema: LedgerSchema | None) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    if lineage is not None and schema is not None:
        for member in classified_members(lineage, schema):
            found.setdefault(member.pointer, set()).add(member.classification.name)
    return found


def _names(origins: Iterable[LedgerColumn | Untraced]) -> list[str]:
    """Columns in full; that an object has rows at all is its name alone, and left out where a column of it is there."""
    found = sorted({_name(origin) for origin in origins})
    return [name for name in found if not any(other.startswith(f"{name}.") for other in found)]


def _name(origin: LedgerColumn | Untraced) -> str:
    if isinstance(origin, Untraced):
        return origin.what
    return ".".join(filter(None, (origin.schema, origin.table, origin.name)))
