"""The fixture ledger is what it claims to be: reproducible, sound, and laid out so that an error shows."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "fixtures/ledger"


def _sibling(name: str) -> Any:
    """A module beside this file: tests are no package, so their folder is put on the path for as long as this takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        return importlib.import_module(name)


rows = _sibling("fixture_rows")

SCHEMA = (LEDGER / "schema.sql").read_text(encoding="utf-8")
SCRIPT = (LEDGER / "data.sql").read_bytes().decode()
ROWS = rows.Ledger(SCRIPT)
TABLES: dict[str, list[dict[str, Any]]] = ROWS.tables


def _declared() -> dict[str, dict[str, tuple[str, bool]]]:
    """Of each table the columns with their type and whether they may be null."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, body in re.findall(r"CREATE TABLE dbo\.(\w+)\n\((.*?)\n\);", SCHEMA, re.S):
        columns = re.findall(r"(?m)^    (\w+) +(\w+(?:\([\w, ]+\))?) +(NOT NULL|NULL)", body)
        found[table] = {name: (kind, null == "NULL") for name, kind, null in columns}
    return found


COLUMNS = _declared()

# ------------------------------------------------------------------------------------------------------ the script


def test_the_generator_writes_the_data_byte_for_byte(tmp_path: Path) -> None:
    target = tmp_path / "data.sql"
    subprocess.run([sys.executable, LEDGER / "generate.py", target], check=True)
    assert target.read_bytes() == (LEDGER / "data.sql").read_bytes()


def test_the_script_is_plain_and_of_a_size_that_loads_fast() -> None:
    assert len(SCRIPT.encode()) < 700_000
    statements = re.findall(r"(?m)^INSERT INTO .*? VALUES\n(?:\(.*\n?)+", SCRIPT)
    assert statements
    assert max(statement.count("\n(") for statement in statements) <= 1000


def test_there_are_tables_and_rows_enough() -> None:
    assert set(TABLES) == set(COLUMNS)
    assert len(TABLES) >= 14
    assert sum(map(len, TABLES.values())) > 3000
    assert len(re.findall(r"CREATE VIEW", SCHEMA)) == 2


@pytest.mark.parametrize("table", COLUMNS)
def test_rows_have_the_declared_columns(table: str) -> None:
    assert {tuple(row) for row in TABLES[table]} == {tuple(COLUMNS[table])}


INTEGERS = {
    "bit": (0, 1),
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}


def _fits(value: Any, kind: str) -> bool:
    """Whether SQL Server would take the literal into a column of that type without changing it."""
    name, _, facets = kind.rstrip(")").partition("(")
    if name in INTEGERS:
        low, high = INTEGERS[name]
        return isinstance(value, int) and low <= value <= high
    if name in {"decimal", "money", "smallmoney", "float", "real"}:
        return isinstance(value, Decimal) and _number_fits(value, name, facets)
    if name in {"char", "varchar", "nvarchar", "varbinary"}:
        return facets == "max" or len(_stored(value, name)) <= int(facets) * (2 if name == "nvarchar" else 1)
    return _other_fits(value, name, facets)


def _number_fits(value: Decimal, name: str, facets: str) -> bool:
    if name in {"float", "real"}:
        return True
    precision, scale = map(int, facets.split(", ")) if facets else (19 if name == "money" else 10, 4)
    return value.as_tuple().exponent == -scale and abs(value) < 10 ** (precision - scale)


def _stored(value: Any, name: str) -> bytes:
    if name == "varbinary":
        return bytes(value)
    return str(value).encode("utf-16-le" if name == "nvarchar" else "cp1252")


def _other_fits(value: str, name: str, facets: str) -> bool:
    match name:
        case "uniqueidentifier":
            return bool(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", value))
        case "date":
            return date.fromisoformat(value).isoformat() == value
        case "time":
            return time.fromisoformat(value).microsecond % 10 ** (6 - int(facets)) == 0
        case "datetime2":
            return datetime.fromisoformat(value).microsecond % 10 ** (6 - int(facets)) == 0
        case "datetime":  # it ticks 300 times a second, which shows as .000, .003 and .007
            microsecond = datetime.fromisoformat(value).microsecond
            return microsecond % 1000 == 0 and microsecond // 1000 % 10 in {0, 3, 7}
        case "smalldatetime":
            return datetime.fromisoformat(value).second == datetime.fromisoformat(value).microsecond == 0
    return False


@pytest.mark.parametrize("table", COLUMNS)
def test_values_fit_their_columns(table: str) -> None:
    for row in TABLES[table]:
        for column, (kind, nullable) in COLUMNS[table].items():
            value = row[column]
            assert nullable if value is None else _fits(value, kind), (table, column, kind, value)


def test_the_columns_cover_the_types_of_the_value_table() -> None:
    kinds = {kind.partition("(")[0] for columns in COLUMNS.values() for kind, _ in columns.values()}
    assert kinds == {
        "bigint", "bit", "char", "date", "datetime", "datetime2", "decimal", "float", "int", "money", "nvarchar",
        "real", "smalldatetime", "smallint", "smallmoney", "time", "tinyint", "uniqueidentifier", "varbinary",
        "varchar",
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------- sound rows


@pytest.mark.parametrize(
    ("table", "columns"), re.findall(r"CREATE TABLE dbo\.(\w+)\n.*?PRIMARY KEY \w+ \((.*?)\)", SCHEMA, re.S)
)
def test_primary_keys_are_unique(table: str, columns: str) -> None:
    keys = [tuple(rows.folded(row[name]) for name in columns.split(", ")) for row in TABLES[table]]
    assert len(keys) == len(set(keys))


def test_foreign_keys_hold() -> None:
    checked = 0
    for table, body in re.findall(r"CREATE TABLE dbo\.(\w+)\n\((.*?)\n\);", SCHEMA, re.S):
        for column, parent, key in re.findall(r"FOREIGN KEY \((\w+)\)\s+REFERENCES dbo\.(\w+) \((\w+)\)", body):
            known = {row[key] for row in TABLES[parent]}
            assert {row[column] for row in TABLES[table]} - {None} <= known, (table, column)
            checked += 1
    assert checked > 15


def test_debtors_and_settlement_balance_for_every_payment() -> None:
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in TABLES["dat_trans"]:
        if row["paymentid"]:
            sums[row["paymentid"]] += row["transamount"]
    assert set(sums.values()) == {Decimal(0)}


# --------------------------------------------------------------------------------------- what makes an error show


def test_no_id_is_also_an_id_of_something_else() -> None:
    ids = {
        table: {next(iter(row.values())) for row in table_rows}
        for table, table_rows in TABLES.items()
        if table not in {"dat_accountparty", "cde_currency", "cde_service", "cde_status"}
    }
    assert {column for table in ids for column in [next(iter(COLUMNS[table]))]} >= {
        "accountid",
        "ledgeraccountid",
        "debtheadid",
    }
    for left, right in combinations(ids, 2):
        assert not ids[left] & ids[right], (left, right)


def test_payments_are_split_shared_and_reversed() -> None:
    debtors = {row["accountid"] for row in TABLES["dat_ledgeraccount"]}
    parts = Counter((row["paymentid"], row["accountid"]) for row in TABLES["dat_trans"] if row["paymentid"])
    assert sum(count > 1 for count in parts.values()) > 100
    accounts = Counter(payment for payment, account in parts if account in debtors)
    assert sum(count > 1 for count in accounts.values()) > 20
    reversals = [
        row for row in TABLES["dat_trans"] if rows.same(row["transtype"], "REVERSAL") and row["transamount"] > 0
    ]
    assert len(reversals) > 10


def test_the_main_debt_is_often_not_the_first() -> None:
    first: dict[int, int] = {}
    for row in TABLES["dat_debthead"]:
        first[row["accountid"]] = min(row["debtheadid"], first.get(row["accountid"], row["debtheadid"]))
    assert sum(row["maindebtheadid"] != first[row["accountid"]] for row in TABLES["dat_ledgeraccount"]) > 50


def test_codes_come_in_several_cases_and_with_trailing_blanks() -> None:
    codes = {row["servicecode"] for row in TABLES["dat_servicehistory"]}
    assert {"Legal", "LEGAL", "legal", "Legal "} <= codes


def test_texts_are_long_and_speak_several_languages() -> None:
    assert {row["currencycode"] for row in TABLES["dat_account"]} == {"SEK", "EUR", "NOK", "DKK", "ISK"}
    assert max(len(row["notetext"]) for row in TABLES["dat_note"]) > 8000
    names = "".join(row["partyname"] for row in TABLES["dat_party"])
    assert set("ÅÖåäöØøÞæéŁ") <= set(names)
