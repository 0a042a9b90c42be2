from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from engine.sql.schema import LedgerSchema
from engine.testing import build_duckdb, build_postgresql, embedded_ledger

ROOT = Path(__file__).parents[3]
Rows = Callable[[str], list[tuple[Any, ...]]]

# Beside the default schema; of a name of its own, since a schema of PostgreSQL is the whole database's.
ARCHIVE = f"archive_{uuid4().hex[:12]}"
SCHEMA = f"""\
CREATE TABLE dbo.Account (
    AccountId int IDENTITY(1, 1) NOT NULL CONSTRAINT pk PRIMARY KEY,
    Name nvarchar(40) NULL,
    Balance decimal(19, 2) NOT NULL DEFAULT (0),
    [Half balance] AS (-Balance),
    Stamp rowversion,
    Place geography NULL
);
CREATE INDEX ix_name ON dbo.Account (Name, Balance);
CREATE TABLE {ARCHIVE}.Payment (PaymentId bigint NOT NULL, AccountId int NULL, PRIMARY KEY (PaymentId));
CREATE SYNONYM dbo.Payments FOR {ARCHIVE}.Payment;
GO
CREATE VIEW dbo.Paid AS
SELECT p.PaymentId, a.Name AS [Payer's name] FROM Payments p JOIN Account a ON a.AccountId = p.AccountId
GO
CREATE VIEW {ARCHIVE}.PaidAgain AS SELECT PaymentId FROM dbo.Paid
GO
CREATE FUNCTION dbo.f (@i int) RETURNS int AS BEGIN RETURN 1 END
"""
DATA = """\
INSERT INTO Account (AccountId, Name, Balance) VALUES (1, N'Åsa "A" \\N O''Neil', 12.5), (2, NULL, DEFAULT);
GO
INSERT Payments (PaymentId, AccountId) VALUES (900, 1), (901, NULL)
"""


@pytest.fixture
def connection(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is rolled back, in a schema of its own."""
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        name = f"built_{uuid4().hex[:12]}"
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"SET LOCAL search_path TO {name}")
        yield connection
        connection.rollback()


class DuckDB:
    """Builds in a new file each time, and reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, schema: str, data: str) -> tuple[LedgerSchema, Rows]:
        path = self.folder / f"{uuid4().hex}.duckdb"
        built = build_duckdb(schema, data, path)

        def rows(sql: str) -> list[tuple[Any, ...]]:
            with duckdb.connect(str(path), read_only=True) as connection:
                return connection.execute(sql).fetchall()

        return built, rows


class PostgreSQL:
    """Builds in the transaction's schema, emptied before."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def build(self, schema: str, data: str) -> tuple[LedgerSchema, Rows]:
        (name,) = self.connection.execute("SELECT current_schema()").fetchone() or ("",)
        self.connection.execute(f"DROP SCHEMA IF EXISTS {name}, {ARCHIVE} CASCADE; CREATE SCHEMA {name}")
        built = build_postgresql(schema, data, self.connection.cursor())
        return built, lambda sql: self.connection.execute(sql.encode()).fetchall()


Builder = DuckDB | PostgreSQL


@pytest.fixture(params=["duckdb", "postgresql"])
def builder(request: pytest.FixtureRequest, tmp_path: Path) -> Builder:
    return DuckDB(tmp_path) if request.param == "duckdb" else PostgreSQL(request.getfixturevalue("connection"))


class TestBuilt:
    def test_tables_rows_and_views(self, builder: Builder) -> None:
        schema, rows = builder.build(SCHEMA, DATA)
        assert schema.table("payments") is schema.table("payment", ARCHIVE)
        assert rows('SELECT "accountid", "name", "balance" FROM "account" ORDER BY 1') == [
            (1, 'Åsa "A" \\N O\'Neil', Decimal("12.50")),
            (2, None, Decimal("0.00")),
        ]
        assert rows(f'SELECT * FROM "{ARCHIVE}"."payment" ORDER BY 1') == [(900, 1), (901, None)]
        assert rows('SELECT "paymentid", "payer\'s name" FROM "paid"') == [(900, 'Åsa "A" \\N O\'Neil')]
        assert rows(f'SELECT * FROM "{ARCHIVE}"."paidagain"') == [(900,)]

    def test_computed_and_numbered_columns(self, builder: Builder) -> None:
        _, rows = builder.build(SCHEMA, DATA)
        assert rows('SELECT "half balance", "stamp", "place" FROM "account" ORDER BY "accountid"') == [
            (Decimal("-12.50"), (1).to_bytes(8), None),
            (Decimal("0.00"), (2).to_bytes(8), None),
        ]

    def test_keys_hold_and_columns_are_not_null(self, connection: psycopg.Connection[Any], tmp_path: Path) -> None:
        _, rows = PostgreSQL(connection).build(SCHEMA, DATA)
        indexes = rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'account' AND schemaname = current_schema()")
        definitions = sorted(definition.partition(" btree ")[2] for (definition,) in indexes)
        assert definitions == ["(accountid)", "(name, balance)"]
        path = tmp_path / "l.duckdb"
        build_duckdb(SCHEMA, DATA, path)
        with duckdb.connect(str(path)) as ledger, pytest.raises(duckdb.ConstraintException):
            ledger.execute("INSERT INTO account (accountid, name, balance) VALUES (1, 'x', 0)")
        with duckdb.connect(str(path)) as ledger, pytest.raises(duckdb.ConstraintException):
            ledger.execute("INSERT INTO account (accountid, balance) VALUES (3, NULL)")

    def test_an_empty_ledger(self, builder: Builder) -> None:
        _, rows = builder.build(SCHEMA, "-- no rows")
        assert rows('SELECT count(*) FROM "account"') == [(0,)]


class TestRefused:
    def test_a_schema_that_does_not_read(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError) as caught:
            build_duckdb("CREATE TABLE t (\n a int,\n a int)", "", tmp_path / "l.duckdb")
        assert caught.value.message == "schema.sql:3: column a of t is declared twice"
        assert (caught.value.file, caught.value.line) == ("schema.sql", 3)
        assert not (tmp_path / "l.duckdb").exists()

    def test_views_that_cannot_be_carried_are_all_named(self, builder: Builder) -> None:
        schema = (
            "CREATE TABLE t (a int)\nGO\nCREATE VIEW v AS\nSELECT dbo.f(a) AS x FROM t\nGO\n"
            "CREATE VIEW w AS SELECT a FROM t FOR XML AUTO\nGO\n"
            "CREATE FUNCTION f (@a int) RETURNS int AS BEGIN RETURN 1 END"
        )
        with pytest.raises(ConfigurationError) as caught:
            builder.build(schema, "")
        first, second = caught.value.message.splitlines()
        assert first.startswith("schema.sql:4: the view dbo.v cannot be made on the test ledger: ")
        assert second.startswith("schema.sql:6: the view dbo.w cannot be made on the test ledger: ")

    def test_data_that_does_not_fit(self, builder: Builder) -> None:
        with pytest.raises(ConfigurationError) as caught:
            builder.build(SCHEMA, "\nINSERT Account (AccountId) VALUES (1.5)")
        assert (caught.value.file, caught.value.line) == ("data.sql", 2)

    def test_a_file_that_is_there(self, tmp_path: Path) -> None:
        path = tmp_path / "l.duckdb"
        path.write_text("precious")
        with pytest.raises(ConfigurationError, match="is there already"):
            build_duckdb(SCHEMA, DATA, path)
        assert path.read_text() == "precious"


class TestUncarriedViews:
    """On the embedded ledger a view that cannot be carried is not there, and all else is."""

    SCHEMA = """\
CREATE TABLE t (a int, name nvarchar(9))
GO
CREATE VIEW bad AS SELECT a, SOUNDEX(name) AS s FROM t
GO
CREATE VIEW onbad AS SELECT x.a FROM (SELECT a FROM dbo.BAD) AS x
GO
CREATE VIEW good AS SELECT a FROM t
GO
CREATE VIEW ongood AS SELECT a FROM good WHERE a > 1
"""

    def test_only_views_that_read_it_are_left_out_too(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        schema, data = tmp_path / "schema.sql", tmp_path / "data.sql"
        schema.write_text(self.SCHEMA)
        data.write_text("INSERT t VALUES (1, 'x'), (2, 'y')")
        for _ in range(2):  # the second time it is there already, and the warnings are the same
            caplog.clear()
            path = embedded_ledger(schema, data, tmp_path / "cache")
            first, second = caplog.messages
            assert first.startswith(f"{schema}:3: the view dbo.bad cannot be made on the test ledger: SOUNDEX")
            assert second.startswith(
                f"{schema}:5: the view dbo.onbad cannot be made on the test ledger: it reads the view"
            )
        with duckdb.connect(str(path), read_only=True) as ledger:
            assert ledger.execute("SELECT a FROM ongood").fetchall() == [(2,)]
            for query in ("SELECT count(*) FROM bad", "SELECT a FROM onbad WHERE a = 7"):
                with pytest.raises(duckdb.CatalogException):
                    ledger.execute(query)


def literal(value: object) -> str:
    """As T-SQL writes the value."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case bytes():
            return "0x" + value.hex()
        case str():
            return "N'" + value.replace("'", "''") + "'"
        case Decimal():
            return f"{value:f}"
        case float():
            return repr(value)
        case int():
            return str(value)
        case _:
            return f"'{value}'"


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    bound = 10**precision - 1
    return st.integers(-bound, bound).map(lambda unscaled: exact(unscaled, scale))


def exact(unscaled: int, scale: int) -> Decimal:
    return Decimal(f"{unscaled}e-{scale}")  # `scaleb` would round to 28 digits


TEXTS = st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"]), max_size=30)
LATIN = st.text(st.characters(codec="cp1252", exclude_characters="\0\\"), max_size=30)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 58))
COLUMNS: Mapping[str, st.SearchStrategy[object]] = {
    "bit": st.booleans(),
    "tinyint": st.integers(0, 255),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "decimal(19, 2)": decimals(19, 2),
    "decimal(38, 10)": decimals(38, 10),
    "decimal(38, 38)": decimals(38, 38),
    "money": st.integers(-(2**63), 2**63 - 1).map(lambda unscaled: exact(unscaled, 4)),
    "smallmoney": st.integers(-(2**31), 2**31 - 1).map(lambda unscaled: exact(unscaled, 4)),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "real": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "char(30)": LATIN.map(lambda text: text.ljust(30)),
    "varchar(30)": LATIN,
    "nvarchar(60)": TEXTS,
    "nvarchar(max)": TEXTS,
    "uniqueidentifier": st.uuids(),
    "date": st.dates(),
    "time(6)": st.times(),
    "smalldatetime": st.datetimes(datetime(1900, 1, 1), datetime(2079, 6, 6)).map(
        lambda m: m.replace(second=0, microsecond=0)
    ),
    "datetime2(6)": MOMENTS,
    "datetimeoffset(6)": st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)).map(lambda m: m.replace(tzinfo=UTC)),
    "binary(4)": st.binary(min_size=4, max_size=4),
    "varbinary(20)": st.binary(max_size=20),
}
# DuckDB's driver needs another package for a timestamp with a zone; psycopg reads a real by its shortest text.
READ_AS = {"datetimeoffset(6)": " AT TIME ZONE 'UTC'", "real": "::double precision"}
ROWS = st.lists(st.tuples(*(st.none() | strategy for strategy in COLUMNS.values())), max_size=4)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_values_read_back_exactly(builder: Builder, rows: list[tuple[object, ...]]) -> None:
    names = [f"c{number}" for number in range(len(COLUMNS))]
    declared = ", ".join(f"{name} {type_}" for name, type_ in zip(names, COLUMNS, strict=True))
    values = ",\n".join(f"({number}, {', '.join(map(literal, row))})" for number, row in enumerate(rows))
    data = f"INSERT t VALUES {values}" if rows else ""
    _, read = builder.build(f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, {declared})", data)
    columns = [f"{n}{READ_AS.get(type_, '')}" for n, type_ in zip(names, COLUMNS, strict=True)]
    found = read(f"SELECT {', '.join(columns)} FROM t ORDER BY id")
    assert [list(map(canonical, row)) for row in found] == [list(map(canonical, row)) for row in rows]


def canonical(value: object) -> object:
    """The value with its type and digits, so that 1, True and 1.0, or 1.0 and 1.00, are not taken for one another."""
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
    return type(value).__name__, str(value or abs(value)) if isinstance(value, Decimal) else value


class TestEmbeddedLedger:
    @pytest.fixture
    def scripts(self, tmp_path: Path) -> tuple[Path, Path, Path]:
        schema, data, cache = tmp_path / "schema.sql", tmp_path / "data.sql", tmp_path / "some" / "cache"
        schema.write_text(SCHEMA, "utf-16")
        data.write_text(DATA, "utf-8")
        return schema, data, cache

    def test_is_made_once_for_each_content(self, scripts: tuple[Path, Path, Path]) -> None:
        schema, data, cache = scripts
        first = embedded_ledger(schema, data, cache)
        made = first.stat()
        assert embedded_ledger(schema, data, cache) == first
        assert first.stat().st_mtime_ns == made.st_mtime_ns
        data.write_text(DATA + "INSERT Payments (PaymentId) VALUES (902)", "utf-8")
        second = embedded_ledger(schema, data, cache)
        assert second != first
        assert sorted(cache.iterdir()) == sorted([first, second])
        with duckdb.connect(str(second), read_only=True) as connection:
            assert connection.execute(f"SELECT count(*) FROM {ARCHIVE}.payment").fetchall() == [(3,)]

    def test_names_the_script_and_leaves_nothing(self, scripts: tuple[Path, Path, Path]) -> None:
        schema, data, cache = scripts
        data.write_text("\nINSERT nothing VALUES (1)", "utf-8")
        with pytest.raises(ConfigurationError) as caught:
            embedded_ledger(schema, data, cache)
        assert (caught.value.file, caught.value.line) == (str(data), 2)
        assert not cache.exists() or list(cache.iterdir()) == []

    def test_scripts_that_cannot_be_read(self, scripts: tuple[Path, Path, Path], tmp_path: Path) -> None:
        schema, data, cache = scripts
        with pytest.raises(ConfigurationError, match=r"none\.sql cannot be read"):
            embedded_ledger(tmp_path / "none.sql", data, cache)
        data.write_bytes("-- Å".encode("latin-1"))
        with pytest.raises(ConfigurationError, match="is not UTF-8 at line 1: save it as UTF-8"):
            embedded_ledger(schema, data, cache)

    def test_a_cache_folder_that_is_a_file(self, scripts: tuple[Path, Path, Path]) -> None:
        schema, data, _ = scripts
        with pytest.raises(ConfigurationError, match="cannot be written"):
            embedded_ledger(schema, data, schema)

    def test_two_processes_at_once(self, scripts: tuple[Path, Path, Path]) -> None:
        code = (
            "import sys, pathlib, duckdb; from engine.testing import embedded_ledger\n"
            "path = embedded_ledger(*map(pathlib.Path, sys.argv[1:]))\n"
            "with duckdb.connect(str(path), read_only=True) as c:\n"
            "    print(path.name, c.execute('select count(*) from paid').fetchone()[0])\n"
        )
        command = [sys.executable, "-c", code, *map(str, scripts)]
        processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        outputs = {process.communicate(timeout=60)[0] for process in processes}
        (output,) = outputs
        assert output.split()[1] == "1"
        assert len(list(scripts[2].iterdir())) == 1


def test_the_fixture_ledger_is_made(tmp_path: Path) -> None:
    folder = ROOT / "fixtures" / "ledger"
    schema, data = (folder / name for name in ("schema.sql", "data.sql"))
    path = embedded_ledger(schema, data, tmp_path)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) > 1000 FROM dat_trans").fetchall() == [(True,)]
