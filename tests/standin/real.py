"""Ledgers on a real SQL Server, the one that `APTIC_TEST_SQLSERVER_URL` names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from sqlalchemy import create_engine, make_url
from standin.drivers import DRIVERS, MissingDriverError, check_driver, with_driver

_GO = re.compile(r"^GO\s*$", re.IGNORECASE | re.MULTILINE)


@contextmanager
def scratch_database(url: str, *scripts: str) -> Iterator[str]:
    """A database of its own made of T-SQL scripts; the login of `url` must be allowed to make and drop databases."""
    name = f"aptic_test_{uuid4().hex[:12]}"
    url = _driven(url)
    server = create_engine(make_url(url).set(database="master"), isolation_level="AUTOCOMMIT")
    ledger = make_url(url).set(database=name)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET ALLOW_SNAPSHOT_ISOLATION ON")
            _run(ledger.render_as_string(hide_password=False), scripts)
            yield ledger.render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
            connection.exec_driver_sql(f"DROP DATABASE {name}")
    server.dispose()


def _driven(url: str) -> str:
    """The URL with the first driver that is there, if it names none."""
    if "driver" in make_url(url).query:
        return url
    for driver in DRIVERS:
        with suppress(MissingDriverError):
            check_driver(driver)
            return with_driver(url, driver)
    raise MissingDriverError("there is no ODBC driver for SQL Server on this machine")


def _run(url: str, scripts: tuple[str, ...]) -> None:
    target = create_engine(url, isolation_level="AUTOCOMMIT")
    with target.connect() as connection:
        for script in scripts:
            for batch in _GO.split(script):
                if batch.strip():
                    connection.exec_driver_sql(batch)
    target.dispose()
