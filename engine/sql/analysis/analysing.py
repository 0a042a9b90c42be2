"""The analysis of one query."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import ArgumentType
from engine.sql.analysis.expression_types import Typing
from engine.sql.analysis.relations import Analysis
from engine.sql.analysis.resolution import Resolution
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
    return Resolution(query, schema, Typing(schema, argument_types, nullable)).analysis()
