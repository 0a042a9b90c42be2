"""A definition's steps beside what their SQL says, for the rules that need both."""

from __future__ import annotations

from typing import Self

from msgspec import Struct

from engine.model import LocatedText, Position, Step
from engine.sql.query import Query


class Column(Struct, frozen=True, gc=False):
    """An output column of a step. `is_hole` says that it is nothing but the secret's placeholder.

    It begins at `offset` of `sql`; only a fault needs its position.
    """

    name: str
    sql: LocatedText
    offset: int
    is_hole: bool

    @property
    def position(self) -> Position:
        """Where it begins in the file."""
        return self.sql.position(self.offset)


class CheckedStep(Struct, frozen=True, gc=False):
    """A step with its query, which is None where the SQL does not parse, and its columns that have a name.

    `is_complete` says that these are all its columns: each has a name, and none is a `*`.
    """

    step: Step
    query: Query | None
    columns: tuple[Column, ...]
    is_complete: bool

    @classmethod
    def of(cls, step: Step, query: Query | None) -> Self:
        """The step with the columns of its query."""
        if query is None:
            return cls(step, None, (), is_complete=False)
        secrets = step.secret_placeholders
        columns = [
            Column(output.name, step.sql, output.offset, output.placeholder in secrets)
            for output in query.outputs
            if output.name is not None and not output.is_star
        ]
        return cls(step, query, tuple(columns), is_complete=len(columns) == len(query.outputs))

    def column(self, name: str) -> Column | None:
        """The column of that name, case aside."""
        folded = name.casefold()
        return next((column for column in self.columns if column.name.casefold() == folded), None)
