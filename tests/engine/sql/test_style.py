"""Columns without names, stars, rows in no order, aggregates that never miss: each at its exact place."""

from __future__ import annotations

import pytest

from engine.model import ResultKind, Severity
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.style import check

ERRORS = {"select-star", "unnamed-column"}


def findings(text: str, result: ResultKind) -> list[SqlFault]:
    parsed = parse_query(text)
    assert parsed.query is not None, parsed.faults
    found = check(parsed.query, result)
    for fault in found:
        assert fault.hint
        assert fault.message.endswith(".")
        assert fault.severity is (Severity.ERROR if fault.rule in ERRORS else Severity.WARNING)
    assert [fault.offset for fault in found] == sorted(fault.offset for fault in found)
    return found


def shown(text: str, result: ResultKind = ResultKind.OPTIONAL) -> list[tuple[str, str]]:
    """Each finding's rule and the text from its place on."""
    return [(fault.rule, text[fault.offset :]) for fault in findings(text, result)]


@pytest.mark.parametrize(
    "text",
    [
        "select a, t.b, c as d, e f, g = 1, (h) from t",
        "select count(*) as n, sum(a) as [s] from t",
        "select (select count(*) from u) as n, x.n as m from (select * from t) x",
        "select a from t where exists (select * from u)",
    ],
)
def test_named_columns_are_fine(text: str) -> None:
    assert shown(text) == []


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        ("select * from t", "select-star", "* from t"),
        ("select a, t.* from t", "select-star", "t.* from t"),
        ("select a, dbo.t.* from dbo.t", "select-star", "dbo.t.* from dbo.t"),
        ("select distinct * from t", "select-star", "* from t"),
        ("with c as (select * from t) select * from c", "select-star", "* from c"),
        ("select a from t union all select * from u", "select-star", "* from u"),
        ("select 1", "unnamed-column", "1"),
        ("select a, ? from t", "unnamed-column", "? from t"),
        ("select a, null from t", "unnamed-column", "null from t"),
        ("select a, count(*) from t group by a", "unnamed-column", "count(*) from t group by a"),
        ("select a + b from t", "unnamed-column", "a + b from t"),
        ("select cast(a as int) from t", "unnamed-column", "cast(a as int) from t"),
        ("select case when a = 1 then 2 end from t", "unnamed-column", "case when a = 1 then 2 end from t"),
        ("select (select a from u) from t", "unnamed-column", "(select a from u) from t"),
        ("select a collate Latin1_General_BIN2 from t", "unnamed-column", "a collate Latin1_General_BIN2 from t"),
    ],
)
def test_each_column_has_a_name(text: str, rule: str, at: str) -> None:
    assert shown(text) == [(rule, at)]


def test_only_the_first_branch_names_columns() -> None:
    assert shown("select a, b as c from t union all select 1, count(*) from u") == []


def test_for_json_around_the_whole_query_is_told_apart() -> None:
    (fault,) = findings("select a, b from t for json path", ResultKind.OPTIONAL)
    assert fault.rule == "unnamed-column"
    assert "FOR JSON" in fault.message


@pytest.mark.parametrize(
    ("text", "ats"),
    [
        ("select top (1) a from t", ["top (1) a from t"]),
        ("select TOP 5 a from t", ["TOP 5 a from t"]),
        ("select top (?) a from t", ["top (?) a from t"]),
        ("select top (1) a from t order by a", []),
        ("select a from t cross apply (select top (1) b from u) x", ["top (1) b from u) x"]),
        ("select a from t cross apply (select top (1) b from u order by b) x", []),
        ("select top (1) a from (select top (2) a from t) x order by a", ["top (2) a from t) x order by a"]),
        ("select a from t where exists (select top (1) 1 from u)", []),
        (
            "select top (1) a from t union all select b from u order by a",
            ["top (1) a from t union all select b from u order by a"],
        ),
        ("select a from t order by a offset 1 rows fetch next 1 rows only", []),
    ],
)
def test_top_needs_an_order_of_its_own(text: str, ats: list[str]) -> None:
    assert [at for rule, at in shown(text) if rule == "unordered-top"] == ats


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("select a from t", "a from t"),
        ("with c as (select a from t) select a from c", "a from c"),
        ("select a from t union all select b from u", "a from t union all select b from u"),
        ("(select a from t) union all (select b from u)", "a from t) union all (select b from u)"),
        ("select x.a from (select top (1) a from t order by a) x", "x.a from (select top (1) a from t order by a) x"),
        ("select row_number() over (order by a) as n from t", "row_number() over (order by a) as n from t"),
    ],
)
def test_many_rows_need_an_order(text: str, at: str) -> None:
    assert shown(text, ResultKind.MANY) == [("many-unordered", at)]
    assert shown(text, ResultKind.OPTIONAL) == []


@pytest.mark.parametrize(
    "text",
    [
        "select a from t order by a",
        "select a from t union all select b from u order by a",
        "(select a from t) union all (select b from u) order by a",
        "select count(*) as n from t",
    ],
)
def test_ordered_rows_and_single_rows_are_fine_for_many(text: str) -> None:
    assert shown(text, ResultKind.MANY) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("select sum(a) as a from t", "sum(a) as a from t"),
        ("select 1 as x, isnull(max(a), 0) + min(b) as a from t", "max(a), 0) + min(b) as a from t"),
        ("select count(*) as n from t where b = ?", "count(*) as n from t where b = ?"),
        ("(select count_big(a) as n from t)", "count_big(a) as n from t)"),
        ("select checksum_agg(a) as n from t", "checksum_agg(a) as n from t"),
        ("select varp(a) as n from t", "varp(a) as n from t"),
        ("select STDEV (a) as n from t", "STDEV (a) as n from t"),
        ("select 'x' + string_agg(a, ',') as a from t", "string_agg(a, ',') as a from t"),
        (
            "select string_agg(a, ',') within group (order by b) as a from t",
            "string_agg(a, ',') within group (order by b) as a from t",
        ),
        ("select approx_count_distinct(a) as n from t", "approx_count_distinct(a) as n from t"),
    ],
)
def test_an_aggregate_without_groups_never_misses(text: str, at: str) -> None:
    assert shown(text, ResultKind.ONE) == [("always-one-row", at)]
    assert shown(text, ResultKind.OPTIONAL) == []


@pytest.mark.parametrize(
    "text",
    [
        "select a, sum(b) as b from t group by a",
        "select sum(b) as b from t having count(*) > 0",
        "select sum(a) over (order by b) as a from t",
        "select a, (select sum(b) from u) as b from t",
        "select x.s as s from (select sum(a) as s from t) x where x.s > 1",
        "select a from t order by a",
        "select max(a) as a from t union all select b from u",
        "select t.sum as a, abs(b) as b from t",
    ],
)
def test_these_may_miss(text: str) -> None:
    assert [rule for rule, _ in shown(text, ResultKind.ONE)] == []


def test_an_index_hint_is_no_aggregate_though_the_parser_makes_a_call_of_it() -> None:
    for hint in ("index = ix_a", "index = (ix_a)", "index(ix_a)", "index = 1"):
        assert shown(f"select a from t with ({hint})", ResultKind.ONE) == []
        assert findings(f"select a from t with ({hint}) order by a", ResultKind.MANY) == []
    assert [rule for rule, _ in shown("select max(a) as m from t with (index = ix_a)", ResultKind.ONE)] == [
        "always-one-row"
    ]
