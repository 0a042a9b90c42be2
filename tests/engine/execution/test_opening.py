import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import make_url

from engine.errors import ConfigurationError, LedgerUnavailableError
from engine.execution import open_ledger
from engine.model import Dialect

SECRET = "s3cretW0rd"


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("duckdb:///relative.duckdb", Dialect.DUCKDB),
        ("duckdb:////absolute/path.duckdb", Dialect.DUCKDB),
        ("postgresql://user:pw@db.example/ledger", Dialect.POSTGRESQL),
        ("postgresql+psycopg://user:pw%40x@db.example:6432/ledger?sslmode=verify-full", Dialect.POSTGRESQL),
        ("postgresql+psycopg:///ledger?host=/var/run/postgresql", Dialect.POSTGRESQL),
        ("postgresql+psycopg:///ledger?host=one:5432&host=two:5433", Dialect.POSTGRESQL),
        ("postgresql+psycopg://u@h/d?options=-csearch_path%3Dviews", Dialect.POSTGRESQL),
    ],
)
def test_supported_urls_open_without_connecting(url: str, dialect: Dialect) -> None:
    for given in (url, make_url(url)):
        with open_ledger(given, timeout=1) as ledger:
            assert ledger.dialect is dialect
            assert not ledger.status().connected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///ledger.db", "decimals into floats"),
        ("mssql+pymssql://u:p@h/d", "sets its sessions up for pyodbc only"),
        ("oracle://u:p@h/d", "supported are mssql"),
        ("postgres://u:p@h/d", "SQLAlchemy calls it postgresql"),
        ("postgresql+asyncpg://u:p@h/d", "sets its sessions up for psycopg only"),
        ("postgresql+psycopg2://u:p@h/d", "sets its sessions up for psycopg only"),
        ("postgresql+pyodbc://u:p@h/d", r"write postgresql\+psycopg"),
        ("duckdb+duckdb_engine:///x", "sets its sessions up for duckdb only"),
        ("duckdb://", "is a file"),
        ("duckdb:///:memory:", "is a file"),
        ("duckdb:///x.duckdb?threads=4", "a path only"),
        ("duckdb://user:pw@host/x.duckdb", "a path only"),
        ("postgresql://u@h/d?autocommit=0", "no connection keyword of libpq"),
        ("postgresql://u@h/d?sslmode=disable&sslmode=require", "given twice"),
        ("postgresql://u:p@ss@h/d", "%40"),
        ("postgresql://u:p@h:port/d", "malformed"),
        ("ledger.duckdb", "malformed"),
        ("", "malformed"),
    ],
)
def test_other_urls_are_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        open_ledger(url, timeout=1)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@h:port/d",
        f"postgresql://u:p@{SECRET}@h/d",
        f"postgresql://u:p@{SECRET}:{SECRET}@h/d",
        f"postgresql://u:p@{SECRET}/{SECRET}@h/d",
        f"postgresql://u:p@h:{SECRET}",
        f"postgresql://u@h/d?{SECRET}=1",
        f"postgresql+nope://u:{SECRET}@h/d",
        f"postgresql+pyodbc://u:{SECRET}@h/d",
        f"sqlite://u:{SECRET}@h/d",
        f"nope://u:{SECRET}@h/d",
        f"duckdb://u:{SECRET}@h/d",
        f"{SECRET}",
    ],
)
def test_no_error_shows_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_ledger(url, timeout=1)
    assert SECRET not in repr(caught.value)
    # The last frames only: the first shows the test's own source.
    assert SECRET not in "".join(traceback.format_exception_only(caught.value))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("timeout", [0, -1, 0.0001, float("nan"), float("inf"), 1e9])
def test_a_timeout_that_would_be_none_is_refused(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        open_ledger("duckdb:///x", timeout=timeout)


def test_a_pool_without_a_session_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least one session"):
        open_ledger("duckdb:///x", timeout=1, pool_size=0)


def unreachable(url: str) -> LedgerUnavailableError:
    with open_ledger(url, timeout=1) as ledger, pytest.raises(LedgerUnavailableError) as caught, ledger.session():
        pass
    return caught.value


def test_a_server_that_is_not_there_is_named_without_the_user() -> None:
    error = unreachable(f"postgresql://someone:{SECRET}@127.0.0.1:1/ledger")
    assert str(error) == (
        "the PostgreSQL database ledger at 127.0.0.1:1 cannot be reached, or refuses the login; "
        "its own words are in the debug log"
    )
    assert error.retryable
    assert (error.__cause__, error.__context__) == (None, None)


def test_a_wrong_password_may_be_mended(postgres_url: str) -> None:
    wrong = make_url(postgres_url).set(username=f"nobody_{SECRET.lower()}", password=SECRET)
    error = unreachable(wrong.render_as_string(hide_password=False))
    assert error.retryable
    assert SECRET.lower() not in str(error).lower()


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    error = unreachable(f"duckdb:///{tmp_path}/none.duckdb")
    assert str(error) == f"the DuckDB file {tmp_path}/none.duckdb does not exist"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.duckdb"
    path.write_bytes(content)
    assert f"{path} cannot be opened" in str(unreachable(f"duckdb:///{path}"))
    assert path.read_bytes() == content


def test_a_prefix_makes_no_remote_database_of_a_path() -> None:
    assert "/md:remote does not exist" in str(unreachable("duckdb:///md:remote"))


def test_importing_costs_no_driver_and_no_sqlalchemy() -> None:
    code = "import sys, engine.execution; print([m for m in ('sqlalchemy', 'duckdb', 'psycopg') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_opening_one_ledger_imports_no_other_driver() -> None:
    code = (
        "import sys; from engine.execution import open_ledger; open_ledger('duckdb:///x', timeout=1);"
        "print('psycopg' in sys.modules, 'duckdb' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "False True"


@pytest.mark.parametrize("url", ["postgresql://[::1/x", "postgresql://u@[bad]:x/d", "x://", "duckdb:", "://", "@@"])
def test_a_broken_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError):
        open_ledger(url, timeout=1)


def test_a_url_without_any_part_is_left_to_libpq() -> None:
    with open_ledger("postgresql+psycopg://", timeout=1) as ledger:
        assert ledger.dialect is Dialect.POSTGRESQL
