"""Both ledgers give what T-SQL's documented rules say, reckoned in plain Python by code that is no translator."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
from translation_reckoning import Expression, Failing, Open, Reckoning

from engine.sql.translate import Translation

SCHEMA = schema_of(TABLE)
ROWS = rows()
EXAMPLES = int(os.environ.get("APTIC_TEST_EXAMPLES", "300"))
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
        is_known = "Overflow in multiplication" in str(error) or "DECIMAL(38" in str(error)
        return ("planned" if is_known else "error"), type_
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
