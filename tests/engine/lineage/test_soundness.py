"""Columns that a lineage does not name are changed on a real ledger: nothing that it is about may change."""

from __future__ import annotations

import os
import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.lineage import LedgerColumn, Trace, Tracer
from engine.lineage.origins import merged
from engine.model import Dialect
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation, translate
from engine.testing.ledger import build_duckdb

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]
ROWS = 12
TABLES = {
    "city": ("cityid", "name", "region"),
    "person": ("personid", "cityid", "bossid", "firstname", "lastname", "ssn", "score", "born"),
    "sale": ("saleid", "personid", "amount", "day", "kind", "note"),
    "salary": ("personid", "year", "pay"),
    "budget": ("personid", "q1", "q2"),
}
FEW = {"cityid", "bossid", "kind", "region", "year"}
"""Columns whose values repeat, so that joins, groups and filters find some; those that order rows are without ties."""


def values_of(table: str, column: str, chance: random.Random) -> list[object]:
    """New values for all rows of a column."""
    if column in FEW or (column == "personid" and table != "person"):
        numbers = [chance.randint(1, 6) for _ in range(ROWS)]
    else:
        numbers = chance.sample(range(1, 60), ROWS)
    if column == "region":
        return [f"{'NSEW'[number % 4]}" for number in numbers]
    if column == "year":
        return [2020 + number for number in numbers]
    if column in {"born", "day"}:
        return [date(2000, 1, 1) + timedelta(days=200 * number) for number in numbers]
    if column in {"name", "firstname", "lastname", "note", "ssn"}:
        return [f"{number:02}-{chance.choice('abc')}" for number in numbers]
    if column in {"amount", "pay"}:
        return [Decimal(number) / 4 for number in numbers]
    return [*numbers]


class Ledger:
    """The ledger of the cases with rows by chance, in DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def fill(self, chance: random.Random) -> None:
        for table, columns in TABLES.items():
            name = self._name(table)
            self.connection.execute(f"DELETE FROM {name}")
            rows = zip(*(values_of(table, column, chance) for column in columns), strict=True)
            marks = ", ".join("?" for _ in columns)
            self.connection.executemany(
                f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", [list(row) for row in rows]
            )
        self.connection.execute("UPDATE main.person SET fullname = firstname || ' ' || lastname")

    def change(self, kept: Trace, chance: random.Random) -> None:
        """Gives every column that is not kept other values; keys of a table stay without doubles."""
        names = {(origin.table, origin.name) for origin in kept if isinstance(origin, LedgerColumn)}
        for table, columns in TABLES.items():
            for column in columns:
                if (table, column) in names:
                    continue
                values = values_of(table, column, chance)
                self.connection.execute(
                    f"UPDATE {self._name(table)} AS t SET {column} = n.v "
                    f"FROM (SELECT unnest(?) AS i, unnest(?) AS v) AS n WHERE t.rowid = n.i",
                    [self._rowids(table), values],
                )

    def _rowids(self, table: str) -> list[int]:
        return [row[0] for row in self.connection.execute(f"SELECT rowid FROM {self._name(table)}").fetchall()]

    def rows(self, sql: str) -> Sequence[Sequence[object]] | str:
        try:
            return self.connection.execute(sql).fetchall()
        except duckdb.Error as error:
            return type(error).__name__

    def _name(self, table: str) -> str:
        return f"hr.{table}" if table == "salary" else f"main.{table}"


def carried(schema: LedgerSchema) -> Iterator[tuple[str, str]]:
    """The cases that the ledger can run: as they are, and translated."""
    for case in CASES:
        query = parse_query(case["sql"]).query
        if query is None or query.placeholders:
            continue
        found = translate(query, schema, Dialect.DUCKDB, row_limit=1000)
        if isinstance(found, Translation):
            yield case["sql"], found.sql


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    text = Path(__file__).with_name("ledger.sql").read_text(encoding="utf-8")
    for left_out in (",\n    papers xml NULL", " PRIMARY KEY)", ", PRIMARY KEY (personid, year)"):
        assert left_out.rstrip(")") in text
    plain = text.replace(",\n    papers xml NULL", "").replace(", PRIMARY KEY (personid, year)", "")
    path = tmp_path_factory.mktemp("lineage") / "ledger.duckdb"
    build_duckdb(plain.replace(" PRIMARY KEY", ""), "", path)
    with duckdb.connect(str(path), config={"threads": 1}) as connection:
        yield Ledger(connection)


def test_the_ledger_runs_most_cases(schema: LedgerSchema) -> None:
    assert len(list(carried(schema))) >= 50


@settings(
    max_examples=int(os.environ.get("APTIC_TEST_EXAMPLES", "1")),
    deadline=None,
    phases=(Phase.generate,),  # a smaller seed is no simpler case
    derandomize="APTIC_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_what_is_not_named_changes_nothing(ledger: Ledger, schema: LedgerSchema, tracer: Tracer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # rows of a test
    ledger.fill(chance)
    for written, sql in carried(schema):
        query = parse_query(written).query
        assert query is not None
        found = tracer.query(query)
        before = ledger.rows(sql)
        for number, column in enumerate(found.columns):
            ledger.connection.begin()
            ledger.change(merged([found.rows, column.trace]), chance)
            after = ledger.rows(sql)
            ledger.connection.rollback()
            assert one_column(after, number) == one_column(before, number), (written, column.key)


def one_column(rows: Sequence[Sequence[object]] | str, number: int) -> object:
    return rows if isinstance(rows, str) else sorted(repr(row[number]) for row in rows)
