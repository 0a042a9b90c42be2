"""What may stand in FROM is a table by class: one entry makes a function that gives rows stand there and in APPLY.

Which of its columns a name means is the analysis' to tell.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import exp
from translation_ledgers import parsed, schema_of
from translation_sample import OTHER, SAMPLE

from engine.model import Dialect
from engine.sql.analysis import Meaning, Reference, analyse, references_of
from engine.sql.translate import Translation, translate
from engine.sql.translate.allow_list import TABLES
from engine.sql.translate.emitter import Emitter, Request, entry
from engine.sql.translate.relations import Output, Relation, SelectRelation
from engine.sql.translate.writers import WRITERS


def twice(emitter: Emitter, node: exp.Anonymous) -> Relation:
    """A function of one value that gives one row with it."""
    return SelectRelation((Output("value", emitter.scalar(node.expressions[0])),), "")


def test_one_entry_puts_a_function_into_from_and_apply() -> None:
    tables = replace(TABLES, relations={**TABLES.relations, "STRING_SPLIT": entry(twice, "this", "expressions")})
    sql = (
        "SELECT r.value, string_split.value FROM string_split(1)"
        " JOIN sample t ON t.id = 1 CROSS APPLY string_split(t.id) AS r"
    )
    schema, tree = schema_of(SAMPLE), parsed(sql).tree
    request = Request("", schema, WRITERS[Dialect.DUCKDB], references=references_of(tree, schema))
    emitter = Emitter(request, tables, str)
    relation = emitter.attempt(lambda: emitter.relation(tree))
    assert not emitter.faults
    assert relation is not None
    assert relation.render(["a", "b"]) == (
        'SELECT "r"."value" AS "a", "string_split"."value" AS "b" FROM (SELECT 1 AS "value") AS "string_split" '
        'JOIN "sample" AS "t" ON "t"."id" = 1 CROSS JOIN LATERAL (SELECT "t"."id" AS "value") AS "r"'
    )


def test_a_name_means_what_the_analysis_says() -> None:
    schema = schema_of(SAMPLE, OTHER)
    query = parsed("SELECT x.id AS v FROM sample x CROSS JOIN other y")
    found = analyse(query, schema)
    (node,) = query.nodes[exp.Column]
    source = found.scopes[id(query.tree)].sources[1]
    other = Reference(node, Meaning.FOUND, query.tree, source, source.find("id"))
    moved = replace(found, references={id(node): other})
    carried = [
        translate(query, schema, Dialect.DUCKDB, row_limit=2, analysis=analysis) for analysis in (None, found, moved)
    ]
    chosen = ['"x"."id" AS' in one.sql if isinstance(one, Translation) else None for one in carried]
    assert chosen == [True, True, False]
