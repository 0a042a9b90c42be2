"""The corpus: what each query's columns and rows come from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.lineage import LedgerColumn, Trace, Tracer, Untraced
from engine.lineage.origins import SUMMED, VALUE, deciding
from engine.sql.ddl import read_schema
from engine.sql.query import parse_query

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]


def written(trace: Trace) -> str:
    """The origins as the cases write them; views, and that an object has rows, are left out."""
    words = []
    for origin, parts in trace.items():
        mark = "" if parts & VALUE else "~" if parts & SUMMED else "<"
        if isinstance(origin, Untraced):
            words.append(f"{mark}?{origin.what.replace(' ', '_')}")
        elif origin.name and not origin.is_view:
            words.append(f"{mark}{origin.table}.{origin.name}")
    return " ".join(sorted(words))


@pytest.mark.parametrize("case", CASES, ids=[case["sql"] for case in CASES])
def test_the_origins_of_a_query(case: dict[str, Any], tracer: Tracer) -> None:
    query = parse_query(case["sql"]).query
    assert query is not None
    arguments: list[Trace] = [{LedgerColumn("x", "step", f"c{n}"): VALUE} for n in range(len(query.placeholders))]

    found = tracer.query(query, arguments)

    assert [f"{column.key}: {written(column.trace)}" for column in found.columns] == case["columns"]
    assert written(deciding(found.rows)).replace("<", "") == case["rows"]


def test_a_chain_of_tables_that_name_themselves_ends(tracer: Tracer) -> None:
    names = [f"c{n}" for n in range(400)]
    shifted = ", ".join([*names[1:], "c0"])
    first = ", ".join([*(f"{n}" for n in range(399)), "score"])
    query = parse_query(
        f"with n ({', '.join(names)}) as (select {first} from person union all select {shifted} from n) "
        "select c0 from n"
    ).query
    assert query is not None

    found = tracer.query(query)

    assert "too_complex" in written(found.column("c0").trace)


def test_views_that_read_each_other_are_not_traced() -> None:
    schema = read_schema(
        "CREATE VIEW dbo.a (x) AS SELECT x FROM dbo.b;\nGO\nCREATE VIEW dbo.b (x) AS SELECT x FROM dbo.a;\nGO\n"
    ).schema
    query = parse_query("select x from a").query
    assert query is not None

    (column,) = Tracer(schema).query(query).columns

    assert any(isinstance(origin, Untraced) for origin in column.trace)
