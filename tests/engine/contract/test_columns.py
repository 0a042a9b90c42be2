"""What the contract says of a column, for expressions whose type and nullability T-SQL documents."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from contract_bodies import contract_of, query, written

from engine.script import Script

Json = dict[str, Any]
PAYMENTS = "from dat_trans t inner join dat_payment p on p.paymentid = t.paymentid"
FROM = "dat_party p left join dat_address a on a.partyid = p.partyid"
BIT: Json = {"type": "boolean"}
INT: Json = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
BIGINT: Json = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
DATE: Json = {"type": "string", "format": "date"}
GUID: Json = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$",
}
TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
MILLISECONDS: Json = {"type": "string", "pattern": f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME}(\\.[0-9]{{1,3}})?$"}
PRODUCT: Json = {
    "type": "number",
    "multipleOf": Decimal("0.1"),
    "description": "A decimal number with at most 1 digit after the point.",
    "minimum": Decimal("-999999999999.9"),
    "maximum": Decimal("999999999999.9"),
}
OPEN: Json = {"x-open": True}


def text(length: int | None = None) -> Json:
    return {"type": "string"} if length is None else {"type": "string", "maxLength": length}


def null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def schemas(tmp_path: Path, sql: str, *arguments: str, **attributes: str) -> Json:
    schema = contract_of(written(tmp_path, query(sql, *arguments, **attributes))).schema
    found: Json = schema["properties"]
    return found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("p.partyid", INT),
        ("p.partytypeid", {"type": "integer", "minimum": 0, "maximum": 255}),
        ("a.addressid", null(INT)),
        ("p.partyname", text(120)),
        ("a.city", null(text(60))),
        ("p.languagecode", {**text(2), "description": "Filled up with blanks to 2 characters."}),
        ("p.birthdate", null(DATE)),
        ("p.creditscore", null({"type": "number"})),
        ("p.isprotected", BIT),
        ("p.calltime", null({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"})),
        ("isnull(a.city, p.partyname)", text(120)),
        ("isnull(a.city, N'x')", text(60)),
        ("coalesce(a.city, a.careof)", null(text(60))),
        ("coalesce(a.city, p.email, N'unknown')", text(120)),
        ("nullif(p.partyid, 0)", null(INT)),
        ("case when a.city = N'x' then 1 else 2 end", {"type": "integer", "enum": [1, 2]}),
        ("case when a.city = N'x' then 1 end", {"type": ["integer", "null"], "enum": [1, None]}),
        (
            "case p.partytypeid when 1 then 'person' else N'företag' end",
            {"type": "string", "enum": ["person", "företag"]},
        ),
        ("iif(p.isprotected = 1, 'yes', 'no')", {"type": "string", "enum": ["yes", "no"]}),
        ("'fixed'", {"type": "string", "const": "fixed"}),
        ("-1", {"type": "integer", "const": -1}),
        ("1.50", {"type": "number", "const": Decimal("1.50")}),
        ("null", {"type": "null"}),
        ("cast(1 as bit)", {"type": "boolean", "const": True}),
        ("cast(case when a.city is null then 1 else 0 end as bit)", BIT),
        ("cast('a' as char(3))", {**text(3), "description": "Filled up with blanks to 3 characters."}),
        ("case when p.isprotected = 1 then 'x' else p.languagecode end", text(2)),
        ("case when p.isprotected = 1 then cast('x' as char(1)) else 'abc' end", text(3)),
        ("p.partyname + N' ' + a.city", null(text(181))),
        ("concat(p.partyname, ' ', a.city)", text(181)),
        ("upper(left(a.city, 5))", null(text(5))),
        ("cast(p.partyid as varchar(20))", text(20)),
        ("convert(varchar(10), p.birthdate, 120)", null(text(10))),
        ("len(a.city)", null(INT)),
        ("year(p.birthdate)", null(INT)),
        ("datediff(day, p.birthdate, a.validfrom)", null(INT)),
        ("cast(p.birthdate as datetime2(3))", null(MILLISECONDS)),
        ("dateadd(day, 1, p.birthdate)", null(DATE)),
        ("p.partyid * 1.5", PRODUCT),
        ("(select count(*) from dat_trans)", INT),
        ("(select sum(t.paymentid) from dat_trans t)", null(INT)),
        ("(select max(t.transid) from dat_trans t where t.accountid = p.partyid group by t.accountid)", null(INT)),
        ("(select top (1) t.transid from dat_trans t order by t.transid)", null(INT)),
        ("row_number() over (order by p.partyid)", BIGINT),
        ("sum(p.partyid) over (partition by p.isprotected)", INT),
        ("max(p.partyid) over (order by p.partyid rows between 1 following and 2 following)", null(INT)),
        ("lag(p.partyid) over (order by p.partyid)", null(INT)),
        ("dbo.unknown_to_the_schema(p.partyid)", OPEN),
        ("power(p.partyid, 2)", OPEN),
        ("newid()", GUID),
    ],
)
def test_a_column_is_promised_as_its_sql_tells(tmp_path: Path, sql: str, expected: Json) -> None:
    assert schemas(tmp_path, f"select {sql} as c from {FROM}")["c"] == expected


@pytest.mark.parametrize(
    ("sql", "nullable"),
    [
        (f"select a.city as c from {FROM} where a.city is not null", False),
        (f"select a.city as c from {FROM} where a.city like N'x%' and p.partyid = 1", False),
        (f"select a.city as c from {FROM} where a.city = N'x' or p.partyid = 1", True),
        (f"select a.city as c from {FROM} where not (a.city = N'x')", False),
        (f"select a.partyid as c from {FROM} where a.partyid not in (select partyid from dat_party)", True),
        (f"select a.partyid as c from {FROM} where a.partyid in (select partyid from dat_party)", False),
        (f"select a.partyid as c from {FROM} where a.partyid <> all (select partyid from dat_party)", True),
        (f"select a.city as c from {FROM} where isnull(a.city, N'') = N''", True),
        ("select t.paymentid as c from dat_trans t inner join dat_payment p on p.paymentid = t.paymentid", False),
        ("select t.paymentid as c from dat_trans t left join dat_payment p on p.paymentid = t.paymentid", True),
        ("select t.paymentid as c from dat_trans t right join dat_payment p on p.paymentid = t.paymentid", True),
        ("select t.paymentid as c from dat_payment p full join dat_trans t on p.paymentid = t.paymentid", True),
        (
            f"select t.paymentid as c {PAYMENTS} right join dat_note n on n.noteid = p.paymentid",
            True,
        ),
        ("select sum(t.transamount) as c from dat_trans t", True),
        ("select sum(t.transamount) as c from dat_trans t group by t.accountid", False),
        ("select sum(t.transamount) as c from dat_trans t group by t.accountid with rollup", True),
        ("select t.accountid as c from dat_trans t group by rollup (t.accountid)", True),
        ("select 'x' as c from dat_trans t group by grouping sets ((t.accountid), ())", True),
        ("select count(*) as c from dat_trans t", False),
        ("select max(t.paymentid) as c from dat_trans t group by t.accountid", True),
        ("select b.balance as c from vw_accountbalance b", False),
        ("select v.city as c from vw_currentaddress v", False),
        ("select v.careof as c from vw_currentaddress v", True),
        ("select x.city as c from dat_party p outer apply (select top (1) a.city from dat_address a) x", True),
        ("select x.city as c from dat_party p cross apply (select top (1) a.city from dat_address a) x", False),
        ("select city as c from dat_address union all select null", True),
        ("select city as c from dat_address union all select N'x'", False),
        ("with a as (select city from dat_address union select careof from dat_address) select city as c from a", True),
        ("with a as (select partyid as n from dat_party) select n as c from a", False),
        ("select u.n as c from (values (1), (2)) u (n)", False),
        ("select u.n as c from (values (1), (null)) u (n)", True),
    ],
)
def test_null_is_promised_where_it_may_be_and_nowhere_else(tmp_path: Path, sql: str, *, nullable: bool) -> None:
    found = schemas(tmp_path, sql)["c"]
    assert ("null" in found["type"]) is nullable, found


def test_values_are_fixed_through_unions_and_derived_tables(tmp_path: Path) -> None:
    sql = "select u.k as c from (select 'a' as k union all select N'b') u where u.k <> 'x'"
    assert schemas(tmp_path, sql)["c"] == {"type": "string", "enum": ["a", "b"]}


def test_a_hole_is_the_secret_or_null(tmp_path: Path) -> None:
    found = schemas(
        tmp_path,
        "select ? as [secret], ? as n, ? as t",
        "$secret string",
        "$data.data.status int",
        "$data.id string null",
    )
    assert found["secret"]["type"] == ["string", "null"]
    assert found["n"] == BIGINT
    assert found["t"] == null(text())


def test_a_string_beyond_the_code_page_is_not_fixed(tmp_path: Path) -> None:
    found = schemas(tmp_path, "select 'Ω' as a, 'Å' as b, N'Ω' as c")
    assert found == {"a": text(1), "b": {"type": "string", "const": "Å"}, "c": {"type": "string", "const": "Ω"}}


def test_steps_are_members_by_their_name_and_result(tmp_path: Path) -> None:
    steps = (
        query("select partyid, partyname from dat_party where partyid = 1")
        + query("select birthdate from dat_party", name="one")
        + query("select city from dat_address", name="maybe", result="optional")
        + query("select transid from dat_trans", name="all", result="many")
        + query("select 1 as k", name="feeds", output="false")
        + query("select clientid from dat_client", result="optional")
    )
    schema = contract_of(written(tmp_path, steps), max_rows=7).schema
    assert (
        schema["required"] == list(schema["properties"]) == ["partyid", "partyname", "one", "maybe", "all", "clientid"]
    )
    assert schema["additionalProperties"] is False
    found = schema["properties"]
    assert found["one"]["type"] == "object"
    assert found["maybe"]["type"] == ["object", "null"]
    assert (found["all"]["type"], found["all"]["maxItems"]) == ("array", 7)
    assert found["clientid"] == null(INT)


def test_without_a_schema_names_are_promised_and_what_the_sql_tells(tmp_path: Path) -> None:
    from engine.contract import derive
    from engine.loading import read_definition

    path = written(tmp_path, query("select x.a, count(*) as n, 'k' as k from elsewhere x group by x.a"))
    definition = read_definition(path).definition
    assert definition is not None
    found = derive(definition, None, None).schema["properties"]
    assert found == {"a": OPEN, "n": INT, "k": {"type": "string", "const": "k"}}


def test_a_views_column_is_what_its_select_makes_it(tmp_path: Path) -> None:
    text = "create table t (a int not null);\ngo\ncreate view v as select exp(a) as p, a as q from t;\ngo\n"
    schema = Script(text, "x.sql").schema().schema
    path = written(tmp_path, query("select v.p, v.q from v"))
    assert contract_of(path, schema).schema["properties"] == {"p": OPEN, "q": INT}


def test_a_table_that_names_itself_has_the_types_of_its_first_select_and_may_be_null(tmp_path: Path) -> None:
    sql = """with n (i, name, price) as (
      select 1, p.partyname, cast(1 as decimal(9, 2)) from dat_party p
      union all select n.i + 1, n.name, cast(n.price * 2 as decimal(9, 2)) from n where n.i < 9
    ) select i, name, price from n"""
    found = schemas(tmp_path, sql)
    assert (found["i"], found["name"]) == (null(INT), null(text(120)))
    assert found["price"]["type"] == ["number", "null"]


def test_deep_and_wide_queries_end_in_something(tmp_path: Path) -> None:
    chain = ", ".join(f"t{n} as (select a + 0 as a from t{n - 1})" for n in range(1, 700))
    found = schemas(tmp_path, f"with t0 as (select 1 as a), {chain} select a from t699")
    assert found["a"] in (INT, OPEN)
