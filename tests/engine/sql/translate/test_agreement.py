"""Both ledgers give the same for a statement of the carried grammar: the same bytes, or an error for the data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from translation_corpus import mutated
from translation_grammar import TABLE, WIDE, argued, condition, rows, statement, value
from translation_ledgers import SERVER, Ledger, carried, create, opened_ledgers, refused_or_carried, schema_of, shown
from translation_sample import ITEM, ITEMS, PART, PARTS, SAMPLE, rows_of
from translation_sample import ROWS as SAMPLE_ROWS

from engine.execution.faults import Verdict, by_duckdb_class, by_sqlstate
from engine.model import Dialect
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation

SCHEMA = schema_of(TABLE)
DIALECTS = (Dialect.DUCKDB, Dialect.POSTGRESQL)
EXAMPLES = int(os.environ.get("APTIC_TEST_EXAMPLES", "80"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize="APTIC_TEST_EXAMPLES" not in os.environ,
)


@dataclass(frozen=True)
class Answer:
    """The rows, or the text of the error that this data makes."""

    rows: tuple[tuple[str, ...], ...] | None
    error: str = ""


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    if not SERVER:
        pytest.skip("no PostgreSQL (APTIC_TEST_POSTGRES_URL)")
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, TABLE, rows())
            create(ledger, SAMPLE, SAMPLE_ROWS)
            create(ledger, ITEM, rows_of(ITEM, ITEMS))
            create(ledger, PART, rows_of(PART, PARTS))
        yield opened


def answer(
    ledger: Ledger,
    sql: str,
    schema: LedgerSchema = SCHEMA,
    types: Sequence[str] = (),
    values: Sequence[object] = (),
    *,
    explained: bool = False,
) -> Answer:
    """What the ledger says; an error that is not of the data fails the test. `explained`: of its plan alone."""
    translation = carried(ledger, sql, schema, types)
    bound = [values[ordinal] for ordinal in translation.parameters]
    try:
        found = ledger.rows(("EXPLAIN " if explained else "") + translation.sql, bound)
    except duckdb.Error as error:
        verdict, text = by_duckdb_class(type(error).__name__), str(error)
    except psycopg.Error as error:
        verdict, text = by_sqlstate(error.sqlstate or ""), str(error)
    else:
        return Answer(tuple(tuple(shown(cell) for cell in row) for row in found))
    assert verdict is Verdict.DATA, (sql, text)
    return Answer(None, text)


# Where DuckDB alone has an error. It never gives another value for it, and its user learns of it.
DUCKDB_ALONE = {
    "a decimal beyond 38 digits on the way: PostgreSQL's have no limit": r"DECIMAL\(38|HUGEINT|INT128",
    "constants that DuckDB takes out of a longer product": "Overflow in multiplication",
}


def is_excepted(ledgers: list[Ledger], sql: str, first: Answer, second: Answer, *given: Any) -> bool:
    """Whether an error is one side's alone for a reason that is known."""
    if first.rows is None:
        return any(re.search(pattern, first.error) for pattern in DUCKDB_ALONE.values())
    # PostgreSQL computes constants when it plans, those too that no row would reach.
    return second.rows is None and answer(ledgers[1], sql, SCHEMA, *given, explained=True).rows is None


def agree(
    ledgers: list[Ledger],
    sql: str,
    types: Sequence[str] = (),
    values: Sequence[object] = (),
    *,
    is_condition: bool = False,
) -> None:
    """Both refuse it, both give the same rows, or both have an error for this data.

    A condition that is not true anyway may be known to be so without the side that has an error, as on SQL Server.
    """
    if not all(isinstance(refused_or_carried(one, sql, SCHEMA, types), Translation) for one in DIALECTS):
        return
    first, second = (answer(ledger, sql, SCHEMA, types, values) for ledger in ledgers)
    is_alike = first.rows == second.rows or (is_condition and {first.rows, second.rows} == {None, ()})
    assert is_alike or is_excepted(ledgers, sql, first, second, types, values), (
        sql,
        values,
        first,
        second,
    )


@SETTINGS
@given(made=value, row=st.integers(0, len(WIDE)))
@example(made="RIGHT(x_n, x_i)", row=3)
def test_on_a_value(ledgers: list[Ledger], made: str, row: int) -> None:
    agree(ledgers, f"SELECT x_id, {made} AS v FROM t WHERE x_id = {row}")


@SETTINGS
@given(found=condition, row=st.integers(0, len(WIDE)))
def test_on_a_condition(ledgers: list[Ledger], found: str, row: int) -> None:
    agree(ledgers, f"SELECT x_id FROM (SELECT * FROM t WHERE x_id = {row}) u WHERE {found}", is_condition=True)


@SETTINGS
@given(sql=statement)
def test_on_a_statement(ledgers: list[Ledger], sql: str) -> None:
    agree(ledgers, sql)


@SETTINGS
@given(made=argued, row=st.integers(0, len(WIDE)))
def test_on_a_condition_with_an_argument(ledgers: list[Ledger], made: tuple[str, str, object], row: int) -> None:
    kind, found, bound = made
    sql = f"SELECT x_id FROM (SELECT * FROM t WHERE x_id = {row}) u WHERE {found}"
    agree(ledgers, sql, [kind], [bound], is_condition=True)


ARGUMENTS = ["string", "int", "decimal"]
ARGUMENT_VALUES = ("AB", 1, Decimal("1.50"))
EVERY_TABLE = schema_of(SAMPLE, ITEM, PART)
# Which of several equal rows comes first is open, and then so is what is looked at first.
TIES = re.compile(r"\b(TOP|OFFSET|LAG|LEAD|FIRST_VALUE|LAST_VALUE|ROW_NUMBER|NTILE|ROWS)\b")


def sorted_rows(ledger: Ledger, sql: str) -> list[tuple[str, ...]] | None:
    """The rows without their order, which most of these statements leave open; None for an error of a value."""
    found = answer(ledger, sql, EVERY_TABLE, ARGUMENTS, ARGUMENT_VALUES).rows
    return None if found is None else sorted(found)


def test_on_statements_made_of_the_corpus(ledgers: list[Ledger]) -> None:
    carried_at_all = 0
    for seed in range(2500):
        sql = mutated(seed)
        if parse_query(sql).query is None or TIES.search(sql):
            continue
        if all(isinstance(refused_or_carried(one, sql, EVERY_TABLE, ARGUMENTS), Translation) for one in DIALECTS):
            first, second = (sorted_rows(ledger, sql) for ledger in ledgers)
            assert first == second, sql
            carried_at_all += 1
    assert carried_at_all > 25


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT TOP (?) id FROM item ORDER BY id",
        "SELECT id FROM item ORDER BY id OFFSET ? ROWS",
        "SELECT id FROM item ORDER BY id OFFSET 1 ROWS FETCH NEXT ? ROWS ONLY",
    ],
)
def test_a_number_of_rows_below_zero_is_an_error_of_the_data(ledgers: list[Ledger], sql: str) -> None:
    for ledger in ledgers:
        assert answer(ledger, sql, EVERY_TABLE, ["int"], [2]).rows
        assert answer(ledger, sql, EVERY_TABLE, ["int"], [-1]).rows is None
