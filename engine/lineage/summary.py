"""The lineage of a definition in words: the names of the columns that each member shows, and of those that decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from engine.lineage.definition import DefinitionLineage
from engine.lineage.names import name_of
from engine.lineage.origins import DECIDES, SUMMED, LedgerColumn, Origin, Trace, Untraced, is_shown, merged
from engine.sql.schema import LedgerSchema


class MemberSummary(Struct, frozen=True, gc=False):
    """Names of columns, sorted. `pointer` is a JSON pointer with `*` for each item of an array.

    `shows`: who sees the value learns something of one row's column. `aggregates`: only of many rows together.
    `decided_by`: they choose the rows; a table alone says only whether it has rows. `untraced`, in words: what may be
    made of further columns.
    """

    pointer: str
    shows: tuple[str, ...]
    aggregates: tuple[str, ...]
    decided_by: tuple[str, ...]
    untraced: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it comes from nothing in the ledger."""
        return not (self.shows or self.aggregates or self.decided_by or self.untraced)


class LineageSummary(Struct, frozen=True, gc=False):
    """A definition's members in the order of the body.

    `others` are the columns that are read, and that no member shows or is decided by: a `skip` asks for one, or a fault
    in it would leave the event without a body. `untraced` is what of that could not be traced.
    """

    event: str
    file: str
    members: tuple[MemberSummary, ...]
    others: tuple[str, ...]
    untraced: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of it."""
        return not (self.members or self.others or self.untraced)


def summarise(lineage: DefinitionLineage, schema: LedgerSchema) -> LineageSummary:
    """The whole lineage. Of a view whose SELECT is known, the columns below it stand for its own."""

    def is_kept(origin: LedgerColumn) -> bool:
        """Whether it is of a table, or of a view that cannot be looked into."""
        table = schema.table(origin.table, origin.schema) if origin.is_view else None
        return table is None or not table.is_select

    return _summary(lineage, schema, is_kept, _members(lineage, schema, is_kept))


def impact(lineage: DefinitionLineage, schema: LedgerSchema, wanted: Iterable[LedgerColumn]) -> LineageSummary:
    """What of the lineage comes from these columns, or from any column of these tables; and what was not traced."""
    columns = set(wanted)
    tables = {(one.schema, one.table) for one in columns if not one.name}

    def is_kept(origin: LedgerColumn) -> bool:
        """Whether it is one of them."""
        return origin in columns or (origin.schema, origin.table) in tables

    members = [member for member in _members(lineage, schema, is_kept) if not member.is_empty]
    return _summary(lineage, schema, is_kept, members)


_Kept = Callable[[LedgerColumn], bool]


def _members(lineage: DefinitionLineage, schema: LedgerSchema, is_kept: _Kept) -> list[MemberSummary]:
    found = []
    for member in lineage.members:
        trace = {origin: parts for origin, parts in member.trace.items() if _stays(origin, is_kept)}
        shown = {origin for origin, parts in trace.items() if is_shown(parts)}
        found.append(
            MemberSummary(
                member.pointer,
                _names(shown, schema),
                _names([origin for origin, parts in trace.items() if parts & SUMMED and origin not in shown], schema),
                _names([origin for origin, parts in trace.items() if parts & DECIDES], schema),
                _untraced(trace),
            )
        )
    return found


def _summary(
    lineage: DefinitionLineage, schema: LedgerSchema, is_kept: _Kept, members: Sequence[MemberSummary]
) -> LineageSummary:
    seen = merged([member.trace for member in lineage.members])
    rest = {
        origin: parts
        for origin, parts in merged([lineage.body, lineage.reads]).items()
        if origin not in seen and _stays(origin, is_kept)
    }
    known = {(one.schema, one.table) for one in seen if isinstance(one, LedgerColumn)}
    others = [
        one for one in rest if isinstance(one, LedgerColumn) and (one.name or (one.schema, one.table) not in known)
    ]
    definition = lineage.definition
    return LineageSummary(definition.name, definition.file, tuple(members), _names(others, schema), _untraced(rest))


def _stays(origin: Origin, is_kept: _Kept) -> bool:
    return isinstance(origin, Untraced) or is_kept(origin)


def _names(origins: Iterable[Origin], schema: LedgerSchema) -> tuple[str, ...]:
    """The names; a table alone only where none of its columns is among them."""
    found = [origin for origin in origins if isinstance(origin, LedgerColumn)]
    named = {(one.schema, one.table) for one in found if one.name}
    return tuple([name_of(one, schema) for one in sorted(found) if one.name or (one.schema, one.table) not in named])


def _untraced(trace: Trace) -> tuple[str, ...]:
    return tuple(sorted([origin.what for origin in trace if isinstance(origin, Untraced)]))
