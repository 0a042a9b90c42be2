"""The translation of one statement: handlers over the tree, then numbered parameters and checked outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from sqlglot import exp

from engine.model import ArgumentType, Dialect, SqlType
from engine.sql.fault import SqlFault
from engine.sql.schema import LedgerSchema
from engine.sql.translate.aggregates import total
from engine.sql.translate.columns import column
from engine.sql.translate.emitter import Emitter, Entry, Request, Tables, entry
from engine.sql.translate.faults import offset_of
from engine.sql.translate.literals import MARK_END, MARK_START, literal, national, null, paren, placeholder
from engine.sql.translate.numbers import negative
from engine.sql.translate.plans import Plan
from engine.sql.translate.predicates import PREDICATES
from engine.sql.translate.query import PLANS
from engine.sql.translate.sources import OUTPUT_REFUSED
from engine.sql.translate.targets import TARGETS

_MARK: Final = re.compile(f"{MARK_START}(\\d+){MARK_END}")

_SCALARS: Final[dict[type[exp.Expr], Entry]] = {
    exp.Column: entry(column, "this", "table", "db"),
    exp.Literal: entry(literal, "this", "is_string"),
    exp.National: entry(national, "this"),
    exp.Null: entry(null),
    exp.Paren: entry(paren, "this"),
    exp.Placeholder: entry(placeholder, "this"),
    exp.Neg: entry(negative, "this"),
    exp.Sum: entry(total, "this"),
}
_TABLES: Final = Tables(scalars=_SCALARS, predicates=PREDICATES, plans=PLANS)


@dataclass(frozen=True, slots=True)
class Translation:
    """A statement in the ledger's dialect.

    `parameters[k]` is the index of the argument that is bound to `$k+1`. `columns` are the T-SQL types of the outermost
    columns, so that values are written alike on every ledger; a decimal argument as a column has no scale but its own.
    """

    sql: str
    parameters: tuple[int, ...]
    columns: tuple[SqlType, ...]


class ParsedQuery(Protocol):
    """The part of `engine.sql.query.Query` that translation needs."""

    @property
    def text(self) -> str:
        """The author's SQL."""

    @property
    def tree(self) -> exp.Query:
        """The statement; each `?` is `Placeholder(this="<n>")`."""


def translate(
    query: ParsedQuery,
    schema: LedgerSchema,
    dialect: Dialect,
    argument_types: tuple[ArgumentType, ...] = (),
    *,
    nullable: tuple[bool, ...] = (),
    holes: frozenset[int] = frozenset(),
    row_limit: int,
    time_zone: str | None = None,
) -> Translation | tuple[SqlFault, ...]:
    """The statement in `dialect`, giving what SQL Server would; or why that cannot be.

    `holes` are the ordinals of the placeholders that stand for the secret. `row_limit` bounds the rows of the whole.
    `time_zone` is the IANA name that GETDATE needs.
    """
    request = Request(query.text, schema, TARGETS[dialect], argument_types, nullable, holes, time_zone)
    return _translated(request, query.tree, row_limit)


def translate_view(tree: exp.Query, schema: LedgerSchema, dialect: Dialect) -> Translation | tuple[SqlFault, ...]:
    """The SELECT of a view in `dialect`, with lower-case column names; it has no placeholders."""
    return _translated(Request("", schema, TARGETS[dialect]), tree, None)


def _translated(request: Request, tree: exp.Query, row_limit: int | None) -> Translation | tuple[SqlFault, ...]:
    emitter = Emitter(request, _TABLES)
    plan = emitter.attempt(lambda: emitter.plan(tree))
    if plan is None:
        return tuple(sorted(emitter.faults, key=lambda fault: fault.offset))
    faults = tuple(_unsupported(plan, tree))
    if faults:
        return faults
    if row_limit is not None:
        plan = plan.limited(str(row_limit))
    names = [output.name for output in plan.outputs]
    return _numbered(plan.render(names), tuple(output.value.type for output in plan.outputs))


def _unsupported(plan: Plan, tree: exp.Query) -> Iterator[SqlFault]:
    for output in plan.outputs:
        if output.value.type.kind in OUTPUT_REFUSED:
            kind = output.value.type.other_name or output.value.type.kind
            yield SqlFault(
                "unsupported-type", offset_of(tree), f"the column {output.name} is a {kind}, which has no JSON form"
            )


def _numbered(sql: str, columns: tuple[SqlType, ...]) -> Translation:
    """Marks become $1, $2, … in the order of the target's text; one argument has one number however often it stands."""
    order: dict[str, int] = {}
    numbered = _MARK.sub(lambda mark: f"${order.setdefault(mark[1], len(order) + 1)}", sql)
    return Translation(numbered, tuple(int(ordinal) for ordinal in order), columns)
