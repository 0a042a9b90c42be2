"""Both ledgers give what T-SQL's documented rules say, reckoned in plain Python by code that is no translator."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random

import duckdb
import psycopg
import pytest
from translation_grammar import TABLE, rows
from translation_ledgers import (
    Ledger,
    create,
    declared,
    opened_ledgers,
    refused_or_carried,
    schema_of,
    shown,
)
from translation_reckoning import EXACTLY, Expression, Failing, Open, Reckoning, Type, cut_quotient, in_range

from engine.sql.translate import Translation

SCHEMA = schema_of(TABLE)
ROWS = rows()
EXAMPLES = int(os.environ.get("APTIC_TEST_EXAMPLES", "300"))
# Numbers beyond DuckDB's 38 digits on the way, and constants that it multiplies first: see test_agreement.py.
IS_DUCKDB_ALONE = re.compile(r"DECIMAL\(38|HUGEINT|INT128|Overflow in multiplication")
SEED = int(os.environ.get("APTIC_TEST_SEED", "0"))


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, TABLE, ROWS)
        yield opened


def reckoned(made: Expression, row: int) -> str:
    """What SQL Server gives, as the tests write a value; `error` where it raises one, `open` where nobody says."""
    try:
        return shown(made.run(ROWS[row]))
    except Failing:
        return "error"
    except Open:
        return "open"


def answered(ledger: Ledger, made: Expression, row: int) -> tuple[str, str] | None:
    """The ledger's value, or `error`, or `planned` for a constant that PostgreSQL fails at before any row; its type."""
    found = refused_or_carried(ledger.dialect, f"SELECT {made.sql} AS v FROM t WHERE x_id = {row}", SCHEMA)
    if not isinstance(found, Translation):
        return None
    type_ = declared(found.columns[0])
    try:
        return shown(ledger.rows(found.sql)[0][0]), type_
    except duckdb.Error as error:
        return ("planned" if IS_DUCKDB_ALONE.search(str(error)) else "error"), type_
    except psycopg.Error:
        try:
            ledger.rows("EXPLAIN " + found.sql)
        except psycopg.Error:
            return "planned", type_
        return "error", type_


def disagreement(ledger: Ledger, made: Expression, row: int) -> str | None:
    """What the ledger gives otherwise than the reckoning; None where it agrees, refuses, or nobody says."""
    found = answered(ledger, made, row)
    expected = reckoned(made, row)
    if found is None or expected == "open" or "planned" in found:
        return None
    type_ = str(made.type)
    is_same_type = found[1] == type_ or not made.type.is_documented
    if found[0] == expected and is_same_type:
        return None
    return f"{ledger.dialect} gives {found}, not {expected} {type_}: {made.sql} in row {row}"


def test_gives_what_the_documentation_says(ledgers: list[Ledger]) -> None:
    source, checked = Random(SEED), 0  # noqa: S311  # nothing secret is drawn
    for seed in range(SEED, SEED + EXAMPLES):
        made, row = Reckoning(seed).value(1 + seed % 3), source.randrange(len(ROWS))
        for ledger in ledgers:
            assert disagreement(ledger, made, row) is None
            checked += answered(ledger, made, row) is not None and reckoned(made, row) not in ("open", "error")
    assert checked > EXAMPLES / 3


def totals(name: str, made: Expression) -> list[str]:
    """An aggregate of the expression for each value of x_f, NULL first ("SUM", "AVG", "MIN", "MAX", "COUNT")."""
    found = []
    for flag in (None, False, True):
        values = [made.run(row) for row in ROWS if row.get("x_f") is flag]
        known = [value for value in values if value is not None]
        if name == "COUNT":
            found.append(str(len(known)))
        elif not known:
            found.append("NULL")
        elif name in ("MIN", "MAX"):
            found.append(shown(min(known) if name == "MIN" else max(known)))
        else:
            found.append(shown(sum_or_average(name, made.type, known)))
    return found


def sum_or_average(name: str, type_: Type, known: list[int] | list[Decimal]) -> int | Decimal:
    """SUM and AVG of whole numbers stay whole, of decimals have 38 digits, an average at least six after the point."""
    if type_.kind != "decimal":
        total = in_range(sum(int(value) for value in known), "bigint" if type_.kind == "bigint" else "int")
        return total if name == "SUM" else cut_quotient(total, len(known))
    exact = sum((Fraction(value) for value in known), Fraction(0))
    scale = type_.scale if name == "SUM" else max(type_.scale, 6)
    quotient = exact if name == "SUM" else exact / len(known)
    digits = cut_quotient(quotient.numerator * 10**scale, quotient.denominator)
    return Decimal(digits).scaleb(-scale, EXACTLY)


def answered_totals(ledger: Ledger, name: str, made: Expression) -> list[str] | None:
    """The ledger's groups; None where it is refused, or DuckDB has more digits on the way than it can keep."""
    found = refused_or_carried(
        ledger.dialect, f"SELECT {name}({made.sql}) AS v FROM t GROUP BY x_f ORDER BY x_f", SCHEMA
    )
    if not isinstance(found, Translation):
        return None
    try:
        return [shown(row[0]) for row in ledger.rows(found.sql)]
    except duckdb.Error as error:
        if IS_DUCKDB_ALONE.search(str(error)):
            return None
        raise


def test_aggregates_give_what_the_documentation_says(ledgers: list[Ledger]) -> None:
    checked = 0
    for seed in range(SEED, SEED + EXAMPLES // 3):
        source = Reckoning(seed)
        made = source.pick(source.whole, source.exact)(seed % 3)
        for name in ("SUM", "AVG", "MIN", "MAX", "COUNT"):
            try:
                expected = totals(name, made)
            except (Failing, Open):
                continue
            for ledger in ledgers:
                found = answered_totals(ledger, name, made)
                assert found in (None, expected), (ledger.dialect, name, made.sql)
                checked += found is not None
    assert checked > EXAMPLES
