"""What may stand in FROM is a table by class: one entry makes a function that gives rows stand there and in APPLY."""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import exp
from translation_ledgers import parsed, schema_of
from translation_sample import SAMPLE

from engine.model import Dialect
from engine.sql.translate.allow_list import TABLES
from engine.sql.translate.emitter import Emitter, Request, entry
from engine.sql.translate.relations import Output, Relation, SelectRelation
from engine.sql.translate.writers import WRITERS


def twice(emitter: Emitter, node: exp.Anonymous) -> Relation:
    """A function of one value that gives one row with it."""
    return SelectRelation((Output("value", emitter.scalar(node.expressions[0])),), "")


def test_one_entry_puts_a_function_into_from_and_apply() -> None:
    tables = replace(TABLES, relations={**TABLES.relations, "ROW_OF": entry(twice, "this", "expressions")})
    emitter = Emitter(Request("", schema_of(SAMPLE), WRITERS[Dialect.DUCKDB]), tables, str)
    sql = "SELECT r.value, row_of.value FROM row_of(1) JOIN sample t ON t.id = 1 CROSS APPLY row_of(t.id) AS r"
    relation = emitter.attempt(lambda: emitter.relation(parsed(sql).tree))
    assert not emitter.faults
    assert relation is not None
    assert relation.render(["a", "b"]) == (
        'SELECT "r"."value" AS "a", "row_of"."value" AS "b" FROM (SELECT 1 AS "value") AS "row_of" '
        'JOIN "sample" AS "t" ON "t"."id" = 1 CROSS JOIN LATERAL (SELECT "t"."id" AS "value") AS "r"'
    )
