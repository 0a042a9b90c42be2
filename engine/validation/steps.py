"""A definition's steps beside what their SQL says, for the rules that need both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from engine.model import Position, Step
from engine.sql.query import Query


@dataclass(frozen=True, slots=True)
class Column:
    """An output column of a step. `is_hole` says that it is nothing but the secret's placeholder."""

    name: str
    position: Position
    is_hole: bool


@dataclass(frozen=True, slots=True)
class CheckedStep:
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
        columns = tuple(
            Column(output.name, step.sql.position(output.offset), output.placeholder in secrets)
            for output in query.outputs
            if output.name is not None and not output.is_star
        )
        return cls(step, query, columns, is_complete=len(columns) == len(query.outputs))

    def column(self, name: str) -> Column | None:
        """The column of that name, case aside."""
        folded = name.casefold()
        return next((column for column in self.columns if column.name.casefold() == folded), None)
