"""What UNPIVOT refuses (error 8167)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sqlglot import exp

from engine.model import SqlType
from engine.sql.analysis.relations import Column
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

KINDS: Final = frozenset({exp.Pivot})
"""The nodes that these rules look at."""


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `type-mismatch`: the columns of UNPIVOT are of exactly one type, lengths and scales included."""
    for pivot in subject.nodes(exp.Pivot):
        if not pivot.args.get("unpivot"):
            continue
        names = [name for field in pivot.args.get("fields") or () for name in field.expressions]
        found = [(name, column) for name in names if (column := _column(subject, name)) is not None]
        for name, column in found[1:]:
            if _shape(column.type) != _shape(found[0][1].type):
                message = f"`{column.name}` is not of exactly the type of `{found[0][1].name}`, as UNPIVOT needs."
                hint = "CAST both to one type in a derived table, with the same length."
                yield fault("type-mismatch", name, message, hint)
                break


def _column(subject: Subject, name: exp.Expr) -> Column | None:
    """The ledger's own column of that name, of a known type: of what is computed, the length may be another."""
    reference = subject.analysis.references.get(id(name))
    column = reference.column if reference is not None else None
    return column if column is not None and column.ledger is not None and column.type is not None else None


def _shape(type_: SqlType | None) -> SqlType | None:
    """The type but for its collation."""
    return None if type_ is None else replace(type_, collation=None)
