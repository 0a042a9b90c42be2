"""The analysis of one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from engine.model import ArgumentType
from engine.sql.analysis.expression_types import Typing
from engine.sql.analysis.relations import Analysis, Reference
from engine.sql.analysis.resolution import Resolution, plain_names
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema


def analyse(
    query: Query,
    schema: LedgerSchema | None,
    argument_types: Sequence[ArgumentType] = (),
    nullable: Sequence[bool] = (),
) -> Analysis:
    """What `query` means on a ledger of that schema; without one, every table is unknown.

    `argument_types` and `nullable` are those of its placeholders, as far as they have arguments.
    """
    names = plain_names(query)
    return Resolution(query.tree, schema, Typing(schema, argument_types, nullable), names).analysis()


def references_of(tree: exp.Expr, schema: LedgerSchema) -> Mapping[int, Reference]:
    """What the columns' names in a tree mean, by the `id` of the node."""
    return Resolution(tree, schema, Typing(schema, (), ())).analysis().references
