"""A finding in one query's text, before anyone knows in which file that text stands."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model import Edit, RelatedPlace, Remark, Severity


@dataclass(frozen=True, slots=True)
class SqlFault:
    """`offset` counts characters of the query's text from 0. `edit` mends the text, where that is certain."""

    rule: str
    offset: int
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    edit: Edit | None = None
    related: tuple[Remark | RelatedPlace, ...] = ()
