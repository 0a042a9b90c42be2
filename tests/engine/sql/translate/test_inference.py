"""What is known of the types in a statement that SQL Server runs as it was written."""

from __future__ import annotations

import pytest

from engine.model import ArgumentType, Kind
from engine.sql.analysis import analyse
from engine.sql.ddl import read_schema
from engine.sql.query import parse_query
from engine.sql.translate import Inference, infer

SCHEMA = read_schema(
    """
    create table dbo.t (
        id int not null, code varchar(20) not null, name nvarchar(20) null, mark char(3) not null,
        latin varchar(9) collate Latin1_General_100_CI_AS, amount decimal(19, 2), price money, ratio real, due date,
        seen datetimeoffset, x sql_variant
    );
    create table dbo.u (id int not null, code nvarchar(20) not null);
    """
).schema


def inferred(sql: str) -> Inference:
    query = parse_query(sql).query
    assert query is not None
    return infer(
        query,
        analyse(query, SCHEMA),
        SCHEMA,
        (ArgumentType.STRING,) * 9,
        nullable=(False,) * 9,
        holes=frozenset(),
    )


def compared(sql: str) -> dict[int, str]:
    return {number: type_.kind.value for number, type_ in inferred(sql).compared.items()}


@pytest.mark.parametrize(
    "condition",
    [
        "code = ?",
        "? = code",
        "t.code = ?",
        "(code) = (?)",
        "code <> ?",
        "code < ?",
        "code in (?, 'x')",
        "code like ?",
        "code like ? + '%'",
        "code like '%' + ? + '%'",
        "code not like ?",
        "code like ? escape '!'",
        "code between ? and 'x'",
        "id = 1 and (code = ? or id = 2)",
        "not code = ?",
        "exists (select 1 from dbo.u where u.id = t.id and t.code = ?)",
    ],
)
def test_a_placeholder_beside_a_column_has_its_type(condition: str) -> None:
    assert compared(f"select id from dbo.t as t where {condition}") == {0: "varchar"}


@pytest.mark.parametrize(
    "sql",
    [
        "select d.c from (select code as c from dbo.t) as d where d.c = ?",
        "with d (c) as (select code from dbo.t) select c from d where c = ?",
        "select t.id from dbo.u as u join dbo.t as t on t.id = u.id and t.code = ?",
        "select t.id from dbo.u as u cross apply (select code, id from dbo.t where t.id = u.id) as t where t.code = ?",
        "select (select max(id) from dbo.t where code = ?) as n from dbo.u",
        "select case when code = ? then 1 else 0 end as n from dbo.t",
        "select id from dbo.t group by id, code having code = ?",
        "select id from dbo.t where code = ? union all select id from dbo.u",
    ],
)
def test_columns_are_found_wherever_they_come_from(sql: str) -> None:
    assert compared(sql) == {0: "varchar"}


@pytest.mark.parametrize(
    "sql",
    [
        "select format(due, 'D') as d from dbo.t where code = ?",
        "select id from dbo.t where patindex('%x%', name) = 1 and code = ?",
        "select id from dbo.t where code = ? order by name",
        "select getdate() as now, id from dbo.t where code = ?",
        "select id from dbo.t where code collate Latin1_General_CI_AI = 'x' and code = ?",
    ],
)
def test_what_another_ledger_would_refuse_hides_nothing_beside_it(sql: str) -> None:
    assert compared(sql) == {0: "varchar"}


@pytest.mark.parametrize(
    "sql",
    [
        "select ? as x from dbo.t",
        "select id from dbo.t where upper(code) = ?",
        "select id from dbo.t where code = upper(?)",
        "select id from dbo.t where code = ? + name",
        "select id from dbo.t where code like ? + N'%'",
        "select id from dbo.t where ? in (code, name)",
        "select id from dbo.t where ? between code and name",
        "select id from dbo.t where nothing = ?",
        "select id from dbo.nothing where code = ?",
        "select t.id from dbo.t join dbo.u on u.id = t.id where code = ?",
        "select id from openjson(?) with (id int)",
        "with t as (select format(due, 'D') as code from dbo.t) select code from t where code = ?",
    ],
)
def test_what_is_not_certain_is_not_guessed(sql: str) -> None:
    assert compared(sql) == {}


def test_every_placeholder_has_its_own() -> None:
    sql = "select id from dbo.t where name = ? and mark = ? and latin = ? and id = ? and amount > ?"
    found = inferred(sql).compared
    assert [found[number].kind for number in range(5)] == [
        Kind.NVARCHAR,
        Kind.CHAR,
        Kind.VARCHAR,
        Kind.INT,
        Kind.DECIMAL,
    ]
    assert found[2].collation is not None
    assert found[2].collation.name == "Latin1_General_100_CI_AS"


def kinds(sql: str) -> list[str | None]:
    return [None if type_ is None else type_.kind.value for type_ in inferred(sql).columns]


def test_columns_have_the_types_of_the_schema() -> None:
    sql = "select id, code, amount, price, ratio, due, seen, x, ? as p, sum(amount) over () as s from dbo.t"
    assert kinds(sql)[:8] == ["int", "varchar", "decimal", "money", "real", "date", "datetimeoffset", "other"]


def test_a_columns_decimal_has_the_drivers_scale() -> None:
    (type_,) = inferred("select amount from dbo.t").columns
    assert type_ is not None
    assert (type_.precision, type_.scale) == (None, None)


def test_a_column_that_is_not_carried_elsewhere_leaves_the_others_known() -> None:
    assert kinds("select id, format(due, 'D') as d, ratio from dbo.t") == ["int", None, "real"]
    assert kinds("select id from dbo.t where due > format(due, 'D')") == ["int"]


def test_a_union_that_is_not_carried_has_no_types() -> None:
    assert kinds("select ratio, format(due, 'D') as d from dbo.t union all select ratio, 'x' from dbo.t") == [
        None,
        None,
    ]
