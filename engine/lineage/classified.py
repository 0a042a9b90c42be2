"""Which members of a body show what stands in a column that is classified as sensitive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from engine.lineage.definition import DefinitionLineage
from engine.lineage.members import Member
from engine.lineage.origins import LedgerColumn, Untraced, is_shown
from engine.model import Position
from engine.sql.schema import Classification, Column, LedgerSchema


class ClassifiedMember(Struct, frozen=True, gc=False):
    """A member that shows a classified column, and where the file says so."""

    pointer: str
    origin: LedgerColumn
    column: Column
    classification: Classification
    position: Position


def classified_members(lineage: DefinitionLineage, schema: LedgerSchema) -> Iterator[ClassifiedMember]:
    """Each member with each classified column that it shows, in the order of the body."""
    known: dict[LedgerColumn, Column | None] = {}
    for member in lineage.members:
        for origin, position in _shown(member).items():
            if origin not in known:
                known[origin] = _column(origin, schema)
            column = known[origin]
            if column is not None and column.classification is not None:
                yield ClassifiedMember(member.pointer, origin, column, column.classification, position)


def is_traced(lineage: DefinitionLineage) -> bool:
    """Whether everything that the members are made of could be traced."""
    return not any(isinstance(origin, Untraced) for member in lineage.members for origin in member.trace)


def _shown(member: Member) -> Mapping[LedgerColumn, Position]:
    """The columns that it shows, each with the first place that shows it."""
    found: dict[LedgerColumn, Position] = {}
    for use in member.uses:
        for origin, parts in use.trace.items():
            if isinstance(origin, LedgerColumn) and origin.name and is_shown(parts):
                found.setdefault(origin, use.position)
    return dict(sorted(found.items()))


def _column(origin: LedgerColumn, schema: LedgerSchema) -> Column | None:
    table = schema.table(origin.table, origin.schema)
    return None if table is None else table.column(origin.name)
