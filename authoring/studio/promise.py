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
    Member,
    Tracer,
    Untraced,
    classified_members,
    is_shown,
    makes_value,
    trace_definition,
)
from engine.model import Definition
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema


class Sensitivity(Struct, frozen=True):
    """What the schema's classifications say of a member.

    `shown` names those of the columns that it shows, `summed` those of columns that are only part of a sum. Where it
    `is_unknown`, something that it shows could not be traced to a column; without `is_of_ledger` it shows none at all.
    """

    shown: Sequence[str] = ()
    summed: Sequence[str] = ()
    is_unknown: bool = False
    is_of_ledger: bool = False


class SeenMember(Struct, frozen=True):
    """A member of the body: `shows` names what makes its value, `decides` what else it depends on.

    `line` is where the file says what it is made of, 0 where it has no such place.
    """

    name: str
    depth: int
    line: int
    promise: str
    shows: Sequence[str]
    sensitivity: Sensitivity
    decides: Sequence[str]


class Promise(Struct, frozen=True):
    """The members of a body from the outside in. `decides` names what decides whether there is a body, or what of it.

    No member repeats those. `has_classifications` says whether the schema classifies any column at all.
    """

    members: Sequence[SeenMember]
    decides: Sequence[str]
    has_classifications: bool

    @property
    def has_deciding(self) -> bool:
        """Whether something else decides any of its members."""
        return any(member.decides for member in self.members)


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
    known = {} if lineage is None else {member.pointer: member for member in lineage.members}
    traces = {pointer: member.trace for pointer, member in known.items()}
    body = {} if lineage is None else lineage.body
    sensitive = _sensitive(lineage, schema)
    members = [
        SeenMember(
            name=row.name,
            depth=row.depth,
            line=_line(known.get(row.pointer)),
            promise=f"{row.words}{' (may be absent)' if row.is_optional else ''}",
            shows=_names(origin for origin, parts in traces.get(row.pointer, {}).items() if makes_value(parts)),
            sensitivity=sensitive.get(row.pointer, Sensitivity(is_unknown=schema is None)),
            decides=_names(
                origin
                for origin, parts in traces.get(row.pointer, {}).items()
                if not makes_value(parts) and origin not in body
            ),
        )
        for row in rows_of(contract.schema)
    ]
    return Promise(members, _names(body), schema is not None and schema.has_classifications)


def _lineage(definition: Definition, schema: LedgerSchema) -> DefinitionLineage:
    queries = [parse_query(step.sql.value).query for step in definition.steps]
    return trace_definition(definition, queries, Tracer(schema))


def _sensitive(lineage: DefinitionLineage | None, schema: LedgerSchema | None) -> Mapping[str, Sensitivity]:
    if lineage is None or schema is None:
        return {}
    shown: dict[str, set[str]] = {}
    for each in classified_members(lineage, schema):
        shown.setdefault(each.pointer, set()).add(each.classification.name)
    return {
        member.pointer: _sensitivity(member, shown.get(member.pointer, set()), schema) for member in lineage.members
    }


def _sensitivity(member: Member, shown: set[str], schema: LedgerSchema) -> Sensitivity:
    made_of = [origin for origin, parts in member.trace.items() if makes_value(parts) or is_shown(parts)]
    columns = [origin for origin in made_of if isinstance(origin, LedgerColumn) and origin.name]
    names = {name for column in columns if (name := _classification(column, schema))}
    is_unknown = any(isinstance(origin, Untraced) for origin in made_of)
    return Sensitivity(sorted(shown), sorted(names - shown), is_unknown, bool(columns))


def _classification(origin: LedgerColumn, schema: LedgerSchema) -> str | None:
    table = schema.table(origin.table, origin.schema)
    column = None if table is None else table.column(origin.name)
    return None if column is None or column.classification is None else column.classification.name


def _line(member: Member | None) -> int:
    """Where the file says what a member is made of: the first place that makes its value, else the first."""
    uses = () if member is None else member.uses
    making = (use for use in uses if any(makes_value(parts) for parts in use.trace.values()))
    found = next(making, next(iter(uses), None))
    return 0 if found is None else found.position.line


def _names(origins: Iterable[LedgerColumn | Untraced]) -> list[str]:
    """Columns in full; that an object has rows at all is its name alone, and left out where a column of it is there."""
    found = sorted({_name(origin) for origin in origins})
    return [name for name in found if not any(other.startswith(f"{name}.") for other in found)]


def _name(origin: LedgerColumn | Untraced) -> str:
    if isinstance(origin, Untraced):
        return origin.what
    return ".".join(filter(None, (origin.schema, origin.table, origin.name)))
