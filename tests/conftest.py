"""The project's fixture ledger, as tests of several parts need it: embedded, on PostgreSQL, for SQL Server's drivers.

What stands in for SQL Server is the TDS server of tests/standin, unless `APTIC_TEST_SQLSERVER_URL` names a real one.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from forking import Forker
from hypothesis import settings
from needed import missing
from standin.client import Standin, start
from standin.drivers import DRIVERS, MissingDriverError, check_driver, with_driver
from standin.real import scratch_database

settings.register_profile("any machine", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("any machine")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background, whose children ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that stand together run in one process, which makes their fixtures once; who has none left takes some."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are cores, up to four more: almost half of the time they wait for what is to come late."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + min(cores, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test comes first: at the end the other processes would wait for it."""
    items.sort(key=lambda item: item.path.name != "test_schemathesis.py")


def pytest_collection_finish() -> None:
    """What was collected stays to the end, and is much: no collection of garbage is to look through it."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for all that was skipped, by what was missing."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"{reasons.total()} skipped: {told}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Of a report that is about a skip: its `longrepr` is a path, a line and the reason."""
    return str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "no reason"


ROOT = Path(__file__).parents[1]
LEDGER_SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
LEDGER_DATA = ROOT / "fixtures" / "ledger" / "data.sql"


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The SQLAlchemy URL of a server where tests may make databases: skips without one, in CI fails."""
    import psycopg

    url = os.environ.get("APTIC_TEST_POSTGRES_URL")
    reason = "no PostgreSQL (APTIC_TEST_POSTGRES_URL)"
    if url:
        try:
            psycopg.connect(_conninfo(url), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            reason = f"PostgreSQL away (APTIC_TEST_POSTGRES_URL: {type(error).__name__})"
        else:
            return url
    missing(reason)
    return None


@pytest.fixture(scope="session")
def psqlodbc() -> None:
    """psqlODBC is installed, else the test is skipped; in CI it fails."""
    from psqlodbc.driver import open_any

    from engine import ConfigurationError

    try:
        open_any("postgresql+pyodbc://nobody@localhost/nothing", timeout=1).close()
    except ConfigurationError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error}; in CI it must be there")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def duckdb_ledger() -> str:
    """The SQLAlchemy URL of the fixture ledger, embedded; nobody writes to it."""
    from engine.testing import embedded_ledger

    return f"duckdb:///{embedded_ledger(LEDGER_SCHEMA, LEDGER_DATA, ROOT / '.cache')}"


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """What starts processes quickly; tests take `forked_loading`."""
    running = Forker()
    yield running
    running.close()


@pytest.fixture
def forked_loading(forker: Forker, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `ApartComposer` of this process loads by processes that are forked, not started anew."""
    from engine import apart

    monkeypatch.setattr(apart, "_run", forker.run)


@pytest.fixture(scope="session")
def postgres_ledger(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of the fixture ledger in a database of its own; nobody writes to it."""
    import psycopg
    from sqlalchemy import make_url

    from engine.sql.ddl import decode_script
    from engine.testing import build_postgresql

    name = f"fixtures_{uuid4().hex[:12]}"
    schema, data = decode_script(LEDGER_SCHEMA.read_bytes()), decode_script(LEDGER_DATA.read_bytes())
    with psycopg.connect(_conninfo(postgres_url), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        try:
            with psycopg.connect(_conninfo(url)) as connection, connection.cursor() as cursor:
                build_postgresql(schema, data, cursor)
            yield url
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _conninfo(url: str) -> str:
    return url.replace("+psycopg", "", 1)


@pytest.fixture(scope="session")
def sqlserver_drivers() -> Callable[[str], str]:
    """Gives the name of an ODBC driver for SQL Server that is there: skips where it is missing, in CI fails."""
    return _present


@pytest.fixture(scope="session", params=DRIVERS)
def sqlserver_driver(request: pytest.FixtureRequest) -> str:
    """The ODBC drivers for SQL Server, `FreeTDS` and `Microsoft`: skips where one is missing, in CI fails."""
    return _present(request.param)


@pytest.fixture(scope="session")
def standin_process() -> Iterator[Standin]:
    """The stand-in for SQL Server over the fixture ledger; tests take `standin`."""
    with start(LEDGER_SCHEMA, LEDGER_DATA) as running:
        yield running


@pytest.fixture
def standin(standin_process: Standin) -> Iterator[Standin]:
    """The stand-in for SQL Server, with nothing planned and nothing noted yet."""
    standin_process.reset()
    yield standin_process
    standin_process.reset()


@pytest.fixture(scope="session")
def sqlserver_url(request: pytest.FixtureRequest, sqlserver_driver: str) -> str:
    """The SQLAlchemy URL of the fixture ledger by each driver: on the stand-in, or on a real server if one is named."""
    return _sqlserver_url(request, sqlserver_driver)


@pytest.fixture(scope="session")
def freetds_ledger(request: pytest.FixtureRequest) -> str:
    """As `sqlserver_url`, by FreeTDS alone."""
    return _sqlserver_url(request, _present("FreeTDS"))


@pytest.fixture(scope="session")
def microsoft_ledger(request: pytest.FixtureRequest) -> str:
    """As `sqlserver_url`, by Microsoft's driver alone."""
    return _sqlserver_url(request, _present("Microsoft"))


@pytest.fixture(scope="session")
def sqlserver_database() -> Iterator[str]:
    """The fixture ledger in a database of its own on the server of `APTIC_TEST_SQLSERVER_URL`."""
    from engine.sql.ddl import decode_script

    scripts = [decode_script(path.read_bytes()) for path in (LEDGER_SCHEMA, LEDGER_DATA)]
    with scratch_database(os.environ["APTIC_TEST_SQLSERVER_URL"], *scripts) as url:
        yield url


def _present(driver: str) -> str:
    try:
        check_driver(driver)
    except MissingDriverError as error:
        missing(str(error))
    return driver


def _sqlserver_url(request: pytest.FixtureRequest, driver: str) -> str:
    if not os.environ.get("APTIC_TEST_SQLSERVER_URL"):
        standin: Standin = request.getfixturevalue("standin_process")
        return standin.url(driver)
    return with_driver(request.getfixturevalue("sqlserver_database"), driver)
