"""Where the secret may stand, and every place where it may not."""

from __future__ import annotations

import pytest

from engine.model import ResultKind, Severity
from engine.sql.holes import HoleFinding, find
from engine.sql.query import Query, parse_query


def query(text: str) -> Query:
    parsed = parse_query(text)
    assert parsed.query is not None, parsed.faults
    return parsed.query


def found(text: str, *secrets: int, step: str | None = None, result: ResultKind = ResultKind.ONE) -> HoleFinding:
    return find(query(text), secret_placeholders=frozenset(secrets or {0}), step_name=step, result=result)


def assert_refused(finding: HoleFinding) -> None:
    assert finding.faults
    assert not finding.holes
    for fault in finding.faults:
        assert fault.rule == "secret-in-sql"
        assert fault.severity is Severity.ERROR
        assert "? as [secret]" in (fault.hint or "")
        assert "{{ secret }}" in (fault.hint or "")


@pytest.mark.parametrize(
    ("text", "holes"),
    [
        ("select ? as [secret]", {0}),
        ("select a, ? as [secret] from t where b = 1", {1}),
        ("select a, ((?)) as secret from t", {1}),
        ("select a, secret = ? from t", {1}),
        ("select a, ? secret from t", {1}),
        ("select a, ? as 'secret' from t", {1}),
        ('select a, ? as "a secret" from t', {1}),
        ("select a, ? from t", {1}),
        ("select distinct a, ? as secret from t", {1}),
        ("select top (1) a, ? as secret from t order by a", {1}),
        ("select a, ? as secret, sum(b) as b from t group by a order by 1, b", {1}),
        ("(select a, ? as secret from t)", {1}),
        ("with c as (select a from t) select a, ? as secret from c", {1}),
        ("select a, 'secret' as b, ? as secret /* secret */ from t", {2}),
        ("select *, ? as secret from t", {1}),
    ],
)
def test_a_whole_outermost_column_is_a_hole(text: str, holes: set[int]) -> None:
    assert found(text) == HoleFinding(frozenset(holes), ())


def test_several_holes_and_other_placeholders() -> None:
    text = "select ? as a, ? as s1, b, ? as s2 from t where c = ?"
    assert found(text, 1, 2) == HoleFinding(frozenset({1, 3}), ())


def test_without_a_secret_there_is_nothing_to_find() -> None:
    assert find(
        query("select ? as a from t where b = ?"),
        secret_placeholders=frozenset(),
        step_name="x",
        result=ResultKind.MANY,
    ) == HoleFinding(frozenset(), ())


@pytest.mark.parametrize("operator", ["union", "union all", "except", "intersect"])
def test_the_same_ordinal_in_every_branch_is_a_hole(operator: str) -> None:
    text = f"select a, ? as secret from t {operator} select b, ? from u {operator} (select c, (?) as other from v)"
    assert found(text, 0, 1, 2) == HoleFinding(frozenset({1}), ())


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("select a, ? as secret from t union all select b, c from u", {0}),
        ("select a, b from t union all select c, ? from u", {0}),
        ("select a, ? as secret from t union all select ?, b from u", {0, 1}),
        ("select a, ? as secret from t union all select b, ? from u", {0}),
        ("select a, ? as secret from t union all select b, '' from u", {0}),
        ("select a, ? as secret from t union all select b from u", {0}),
        ("select *, ? as secret from t union all select *, ? from u", {0, 1}),
    ],
)
def test_another_ordinal_in_another_branch_is_none(text: str, secrets: set[int]) -> None:
    assert_refused(found(text, *secrets))


@pytest.mark.parametrize(
    "text",
    [
        "select a from t where b = ?",
        "select a from t where ? = b",
        "select a from t where b like ?",
        "select a from t where b in (1, ?)",
        "select a from t inner join u on u.b = ?",
        "select a from t group by a having max(b) = ?",
        "select ? + '' as secret",
        "select '' + ? as secret",
        "select upper(?) as secret",
        "select isnull(?, '') as secret",
        "select cast(? as varchar(10)) as secret",
        "select convert(varchar(10), ?) as secret",
        "select case when 1 = 1 then ? end as secret",
        "select case when ? = 'a' then 1 end as secret",
        "select ? collate Latin1_General_BIN2 as secret",
        "select max(?) as secret from t",
        "select -? as secret",
        "select (select ?) as secret",
        "select secret from (select ? as secret) x",
        "select x.secret from t cross apply (select ? as secret) x",
        "with c as (select ? as secret) select secret from c",
        "select v.s from (values (?)) as v (s)",
        "select a from t where exists (select ? as secret)",
        "select a from dbo.f(?) x",
        "select dbo.f(?) as secret",
        "select top (?) a from t order by a",
        "select a from t order by a offset ? rows",
        "select sum(a) over (order by b rows between ? preceding and current row) as a from t",
        "select row_number() over (partition by ? order by a) as a from t",
        "select a, ? as secret from t for json path",
        "select a, ? as secret from t for xml path('x')",
        "select a, ? as secret from t union all select a, ? as secret from t for json path",
        "select (select a, ? as secret from t for json path) as doc",
        "select hashbytes('SHA2_256', ?) as a",
        "select a from t for system_time as of ?",
    ],
)
def test_any_other_place_is_refused(text: str) -> None:
    finding = found(text, *range(text.count("?")))
    assert_refused(finding)
    assert text[finding.faults[0].offset] == "?"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("select a, ? as secret from t order by secret", "secret"),
        ("select a, ? as secret from t order by [Secret] desc", "[Secret]"),
        ('select a, ? as [secret] from t order by a, "SECRET"', '"SECRET"'),
        ("select a, ? as secret from t order by 2", "2"),
        ("select a, ? as secret from t order by a, (2) desc", "2)"),
        ("select a, ? as secret from t union all select b, ? from u order by 2", "2"),
        ("(select a, ? as secret from t) union all select b, ? from u order by secret", "secret"),
        ("select a, ? as secret from t where t.secret = 1", "secret = 1"),
        ("select t.secret as b, ? as secret from t", "secret as b"),
        ("with secret as (select a from t) select a, ? as secret from secret", "secret as (select"),
        ("select a, ? as secret from t secret", "secret"),
        ("select a, ? as s from t union all select s, ? from u", "s, ?"),
        ("select a, ? as s from t union all select b, ? as u from u", "u"),
    ],
)
def test_nothing_may_look_at_the_hole(text: str, at: str) -> None:
    finding = found(text, *range(text.count("?")))
    assert_refused(finding)
    assert any(text[fault.offset :].startswith(at) for fault in finding.faults)


def test_order_by_other_ordinals_and_names_is_fine() -> None:
    text = "select a, ? as secret, b from t order by 1, 3 desc, b, len('2')"
    assert found(text) == HoleFinding(frozenset({1}), ())


@pytest.mark.parametrize(
    ("step", "result", "is_allowed"),
    [
        (None, ResultKind.ONE, True),
        (None, ResultKind.OPTIONAL, True),
        ("lines", ResultKind.ONE, True),
        ("lines", ResultKind.OPTIONAL, False),
        ("lines", ResultKind.MANY, False),
    ],
)
def test_which_steps_may_hold_it(step: str | None, result: ResultKind, is_allowed: bool) -> None:
    finding = found("select a, ? as secret from t", step=step, result=result)
    assert bool(finding.holes) == is_allowed
    if not is_allowed:
        assert_refused(finding)
        assert result.value in finding.faults[0].message


def test_each_misplaced_secret_is_a_fault_of_its_own_in_textual_order() -> None:
    text = "select upper(?) as a, ? as secret from t where b = ? and c = ?"
    finding = found(text, 0, 1, 3)
    assert_refused(finding)
    places = [at for at, character in enumerate(text) if character == "?"]
    assert [fault.offset for fault in finding.faults] == [places[0], places[3]]
