"""Lineage as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from engine.markdown import code, plain, table

if TYPE_CHECKING:
    from engine.lineage import LineageSummary, MemberSummary

_BODY = "(the body)"
_AGGREGATED = "(aggregated)"
_DECIDED = "decided by"
_OTHERS = "read besides"
_UNTRACED = "not traced"


def as_json(summaries: Sequence[LineageSummary]) -> str:
    """A list with an object for each event; the members are those of LineageSummary."""
    from msgspec import json

    return json.format(json.encode(summaries), indent=2).decode() + "\n"


def as_text(summaries: Sequence[LineageSummary]) -> Iterator[str]:
    """Lines for people: members that the same columns decide stand together below these, each with what it shows."""
    for summary in summaries:
        yield f"{summary.event} ({summary.file})"
        widest = max([len(member_name(member)) for member in summary.members], default=0)
        for (decided_by, untraced), members in groupby(summary.members, key=attrgetter("decided_by", "untraced")):
            nothing = "nothing that is known" if untraced else "nothing in the ledger"
            yield f"  {_DECIDED} {', '.join(decided_by) or nothing}:"
            for member in members:
                yield f"    {member_name(member):{widest}}  {', '.join(made_of(member)) or '-'}"
            yield from _notes({_UNTRACED: untraced}, "    ")
        yield from _notes({_OTHERS: summary.others, _UNTRACED: summary.untraced}, "  ")


def as_markdown(summaries: Sequence[LineageSummary]) -> str:
    """A heading and a table for each event."""
    parts = []
    for summary in summaries:
        parts += [f"## {plain(summary.event)}", plain(summary.file)]
        if summary.members:
            parts.append(table(["member", "shows", _DECIDED, _UNTRACED], map(_cells, summary.members)))
        parts += [plain(line) for line in _notes({_OTHERS: summary.others, _UNTRACED: summary.untraced}, "")]
    return "\n\n".join(parts) + "\n" if parts else ""


def member_name(member: MemberSummary) -> str:
    """The member's pointer; of the body itself, words."""
    return member.pointer or _BODY


def made_of(member: MemberSummary) -> list[str]:
    """The columns that it shows, and those that it shows many rows of together."""
    return [*member.shows, *(f"{name} {_AGGREGATED}" for name in member.aggregates)]


def _notes(notes: dict[str, Sequence[str]], indent: str) -> Iterator[str]:
    for what, names in notes.items():
        if names:
            yield f"{indent}{what}: {', '.join(names)}"


def _cells(member: MemberSummary) -> tuple[str, str, str, str]:
    shown = [*map(code, member.shows), *(f"{code(name)} {_AGGREGATED}" for name in member.aggregates)]
    name = code(member.pointer) if member.pointer else _BODY
    return name, ", ".join(shown), ", ".join(map(code, member.decided_by)), plain(", ".join(member.untraced))
