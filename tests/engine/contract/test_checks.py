"""What CHECK constraints and TOP add to a contract, and that bodies keep it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from contract_bodies import contract_of, faults, loaded, query, written
from examples import examples
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.execution import open_ledger
from engine.model import Dialect
from engine.plan import Plan
from engine.script import Script
from engine.sql.schema import LedgerSchema
from engine.testing.ledger import build_duckdb

Json = dict[str, Any]
INT: Json = {"type": ["integer", "null"], "minimum": -(2**31), "maximum": 2**31 - 1}
BINARY = "collate Latin1_General_BIN2"


def schema_of(column: str, *checks: str) -> LedgerSchema:
    conditions = "".join(f", check ({check})" for check in checks)
    return Script(f"create table t (c {column}, d int{conditions});", "x.sql").schema().schema


def promised(folder: Path, schema: LedgerSchema, sql: str = "select c from t") -> Json:
    found: Json = contract_of(written(folder, query(sql)), schema).schema["properties"]["c"]
    return found


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("c >= 0", {**INT, "minimum": 0}),
        ("([c]>(0))", {**INT, "minimum": 1}),
        ("c < 10 and c > -3", {**INT, "minimum": -2, "maximum": 9}),
        ("0 <= c", {**INT, "minimum": 0}),
        ("10 > c", {**INT, "maximum": 9}),
        ("c between 1 and 5", {**INT, "minimum": 1, "maximum": 5}),
        ("c between 1 and d", {**INT, "minimum": 1}),
        ("c > 0.5 and c <= 7.9", {**INT, "minimum": 1, "maximum": 7}),
        ("c in (1, 2, 2.5)", {"type": ["integer", "null"], "enum": [1, 2, None]}),
        ("[c]=(2) OR [c]=(1)", {"type": ["integer", "null"], "enum": [2, 1, None]}),
        ("c is null or c in (1, 2) or c = 3", {"type": ["integer", "null"], "enum": [1, 2, 3, None]}),
        ("c in (1, 2) and d > 0", {"type": ["integer", "null"], "enum": [1, 2, None]}),
        ("c in (1, null)", INT),  # 7 makes it unknown, and so passes
        ("c = null", INT),
        ("c in (1, 2) or d = 1", INT),
        ("c >= 0 or d = 1", INT),
        ("not (c >= 0)", INT),
        ("c <> 0", INT),
        ("c >= d", INT),
        ("c + 1 >= 0", INT),
        ("c = '1'", INT),
        ("d >= 0", INT),
        ("dbo.f(c) = 1", INT),
    ],
)
def test_a_number_is_within_what_the_ledger_lets_in(tmp_path: Path, check: str, expected: Json) -> None:
    assert promised(tmp_path, schema_of("int", check)) == expected


@pytest.mark.parametrize(
    ("type_", "check", "expected"),
    [
        ("decimal(4, 2)", "c > 0", {"minimum": Decimal("0.01"), "maximum": Decimal("99.99")}),
        ("decimal(4, 2)", "c >= 0.005", {"minimum": Decimal("0.01"), "maximum": Decimal("99.99")}),
        ("decimal(4, 2)", "c in (1, 2.5, 0.001)", {"enum": [Decimal("1.00"), Decimal("2.50"), None]}),
        ("money", "c < 5", {"maximum": Decimal("4.9999")}),
        ("float", "c > 0", {"minimum": Decimal(0)}),
        ("real", "c <= 0.1", {}),  # a real is not exactly that
        ("float", "c in (1, 2)", {}),
        ("decimal(38, 38)", "c > 0", {"minimum": Decimal("1E-38")}),
        ("tinyint", "c > -5", {"minimum": 0, "maximum": 255}),
    ],
)
def test_bounds_are_as_the_type_writes_them(tmp_path: Path, type_: str, check: str, expected: Json) -> None:
    found = promised(tmp_path, schema_of(type_, check))
    assert {name: found[name] for name in ("minimum", "maximum", "enum") if name in found} == expected


@pytest.mark.parametrize(
    ("type_", "check", "values"),
    [
        (f"char(1) {BINARY}", "c in ('H', N'P')", ["H", "P", None]),
        (f"varchar(2) {BINARY}", "c = 'OK ' or c = 'NO' or c = 'long'", ["OK", "NO", None]),
        (f"nvarchar(3) {BINARY}", "c in ('NO', 'YES')", None),  # 'NO ' passes too
        ("char(1)", "c in ('H', 'P')", None),  # 'h' passes too
        ("char(1) collate Latin1_General_CS_AS", "c in ('H', 'P')", None),
        (f"char(1) {BINARY}", "c in ('H', 1)", None),
        (f"char(1) {BINARY}", "c in ('é', 'P')", None),
        (f"char(1) {BINARY}", "c >= 'A'", None),
    ],
)
def test_a_text_is_one_of_a_list_only_where_no_other_is_equal(
    tmp_path: Path, type_: str, check: str, values: list[str] | None
) -> None:
    assert promised(tmp_path, schema_of(type_, check)).get("enum") == values


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select max(c) as c from t", {**INT, "minimum": 0, "maximum": 9}),
        ("select x.c from (select c from t) x", {**INT, "minimum": 0, "maximum": 9}),
        ("select c from t union all select 12", {**INT, "minimum": 0, "maximum": 12}),
        ("select case when d = 1 then c else -1 end as c from t", {**INT, "minimum": -1, "maximum": 9}),
        ("select y.c from t left join t y on y.c = t.d", {**INT, "minimum": 0, "maximum": 9}),
        ("select sum(c) as c from t", INT),
        ("select -c as c from t", INT),
        ("select c + 1 as c from t", INT),
        ("select c from t with (nolock)", INT),
        ("select c from t for system_time all", INT),
    ],
)
def test_bounds_go_as_far_as_the_value_stays_the_same(tmp_path: Path, sql: str, expected: Json) -> None:
    assert promised(tmp_path, schema_of("int", "c >= 0", "c <= 9"), sql) == expected


@pytest.mark.parametrize(
    ("sql", "most"),
    [
        ("select top (3) c from t", 3),
        ("select top 3 c from t", 3),
        ("select c from t order by c offset 2 rows fetch next 4 rows only", 4),
        ("select c from t union all select d from t order by c offset 0 rows fetch next 4 rows only", 4),
        ("select top (3) c from t union all select 1", 10),
        ("select top (3) with ties c from t order by c", 10),
        ("select top (3) percent c from t", 10),
        ("select top (20) c from t", 10),
        ("select x.c from (select top (3) c from t) x", 10),
        ("select c from t order by c offset 2 rows", 10),
    ],
)
def test_top_and_fetch_limit_an_array(tmp_path: Path, sql: str, most: int) -> None:
    schema = contract_of(written(tmp_path, query(sql, name="l", result="many")), schema_of("int"), max_rows=10).schema
    assert schema["properties"]["l"]["maxItems"] == most


def test_a_loop_over_no_rows_still_has_its_else(tmp_path: Path) -> None:
    body = '{"l": [{% for x in l %}{{ x.c }}{% else %}"none"{% endfor %}]}'
    path = written(tmp_path, query("select top (0) c from t", name="l", result="many"), body)
    assert faults(contract_of(path, schema_of("int")).schema, b'{"l": ["none"]}') == []


# ---------------------------------------------------------------------------------------------------- bodies by chance

TYPES = {"a": "int", "b": "tinyint", "d": "decimal(5, 2)", "f": "float", "s": "char(1) collate Latin1_General_BIN2"}
PLAIN = {**TYPES, "b": "utinyint", "f": "double", "s": "varchar"}
NUMBERS = ["0", "1", "2", "(-1)", "2.5", "0.01", "7", "(3)", "99.995"]


def a_comparison(random: Random) -> str:
    column = random.choice("abdfs")
    value = lambda: random.choice(["'H'", "'P'", "'x'"] if column == "s" else NUMBERS)  # noqa: E731  of this column
    match random.randrange(6):
        case 0:
            return f"{column} in ({', '.join(value() for _ in range(random.randint(1, 3)))})"
        case 1:
            return f"{column} in ({value()}, null)"
        case 2:
            return f"{column} between {value()} and {value()}"
        case 3:
            return f"{column} is {random.choice(['', 'not '])}null"
        case 4:
            return f"{value()} {random.choice(['<', '<=', '=', '>=', '>'])} {column}"
    return f"{column} {random.choice(['<', '<=', '=', '>=', '>', '<>'])} {value()}"


def a_condition(random: Random, depth: int = 0) -> str:
    kind = random.randrange(6)
    if depth == 3 or kind < 2:
        return a_comparison(random)
    if kind == 2:
        return f"not ({a_condition(random, depth + 1)})"
    if kind == 3:
        return f"({a_condition(random, depth + 1)}) and ({a_condition(random, depth + 1)})"
    column = random.choice("abds")  # in the form that SQL Server gives IN, and with something else beside it
    values = ["'H'", "'P'"] if column == "s" else NUMBERS
    equal = [f"{column}=({random.choice(values)})" for _ in range(random.randint(1, 2))]
    equal += random.choice([[], [f"{column} is null"], [a_condition(random, depth + 1)]])
    return f"({' or '.join(equal)})"


def a_row(random: Random) -> str:
    values = [
        random.choice(["null", "0", "1", "2", "-1", "3", "7", "-9", "100"]),
        random.choice(["null", "0", "1", "2", "3", "7", "255"]),
        random.choice(["null", "0.00", "1.00", "2.50", "0.01", "-1.00", "-0.01", "99.99", "100.00"]),
        random.choice(["null", "0", "1.5", "2.5", "-1", "7", "0.01"]),
        random.choice(["null", "'H'", "'P'", "'x'", "'h'"]),
    ]
    return f"({', '.join(values)})"


def let_in(rows: list[str], checks: list[str]) -> list[str]:
    """The rows for which no condition is false, by another judge than ours: DuckDB."""
    columns = ", ".join(f"{name} {type_.partition(' collate')[0]}" for name, type_ in PLAIN.items())
    conditions = "".join(f", check ({check})" for check in checks)
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({columns}{conditions})")
        for row in rows:
            try:
                connection.execute(f"insert into t values {row}")
            except duckdb.ConstraintException:
                continue
            found.append(row)
    return found


KEPT = {"rows": 0, "narrowed": 0}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=examples(90), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_bodies_of_rows_that_were_let_in_keep_their_contract(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311  it rolls dice
    checks = [a_condition(random) for _ in range(random.randint(1, 4))]
    rows = let_in([a_row(random) for _ in range(60)], checks)
    columns = ", ".join(f"{name} {type_}" for name, type_ in TYPES.items())
    text = f"create table t ({columns}{''.join(f', check ({check})' for check in checks)});"
    note(text)
    data = f"insert into t (a, b, d, f, s) values {', '.join(rows)};" if rows else ""
    ledger_file = tmp_path / f"{seed}-{random.random()}.duckdb"
    schema = build_duckdb(text, data, ledger_file)
    top = random.choice(["", "top (5) ", "top (50) "])
    sql = f"select {top}a, b, d, f, s, case when a = b then d else b end as e, coalesce(a, b, 12) as g from t"
    path = written(tmp_path, query(sql, name="l", result="many") + query("select max(a) as m, min(d) as n from t"))
    contract = contract_of(path, schema).schema
    compiled = loaded(path, Dialect.DUCKDB, schema).compiled
    assert compiled is not None
    with open_ledger(f"duckdb:///{ledger_file}", timeout=60.0) as ledger:
        body = Plan(compiled, max_rows=1000).compose("statuschange", {"data": {}}, ledger, None).fill(None)
    ledger_file.unlink()
    note(body.decode())
    assert faults(contract, body) == []
    KEPT["rows"] += len(rows)
    bare = contract_of(path, Script(f"create table t ({columns});", "x.sql").schema().schema).schema
    KEPT["narrowed"] += contract != bare


def test_conditions_by_chance_let_rows_in_and_narrow_contracts() -> None:
    assert KEPT["rows"] > 100
    assert KEPT["narrowed"] > 5
