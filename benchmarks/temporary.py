"""PostgreSQL databases, dropped afterwards: empty, or with the fixture ledger and a login that only reads it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

import psycopg
import sqlalchemy

from benchmarks import guide
from engine.testing import build_postgresql

_LOGIN = guide.ROOT / "docs/how-to/postgresql-login.sql"


@contextlib.contextmanager
def postgresql_ledger(url: str) -> Iterator[str]:
    """Builds the ledger with the superuser's `url`, and gives the URL of a login made by the script of the docs."""
    name = f"bench_{os.getpid()}"
    superuser = sqlalchemy.make_url(url)
    with psycopg.connect(conninfo(superuser), autocommit=True) as server:
        server.execute(f"create database {name}")
        try:
            with psycopg.connect(conninfo(superuser.set(database=name)), autocommit=True) as connection:
                _build(connection, name)
            yield superuser.set(database=name, username=name, password=name).render_as_string(hide_password=False)
        finally:
            server.execute(f"drop database {name} with (force)")
            server.execute(f"drop role {name}")


@contextlib.contextmanager
def empty_database(url: str) -> Iterator[str]:
    """The URL of a database with nothing in it, whose statements are not logged as a server for tests may log them."""
    name, server = f"bench_store_{os.getpid()}_{time.monotonic_ns()}", sqlalchemy.make_url(url)
    with psycopg.connect(conninfo(server), autocommit=True) as connection:
        connection.execute(f"create database {name}")
        connection.execute(f"alter database {name} set log_statement = 'none'")
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"drop database {name} with (force)")


def conninfo(url: sqlalchemy.URL) -> str:
    """The URL as libpq takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _build(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    build_postgresql(guide.SCHEMA.read_text("utf-8"), guide.DATA.read_text("utf-8"), connection.cursor())
    connection.execute("create schema webhook_views")
    script = _LOGIN.read_text("utf-8").replace("ledger_reader", name).replace(":'password'", f"'{name}'")
    connection.execute(script.encode())
    connection.execute(f"grant select on all tables in schema public to {name}")
    connection.execute(f"alter role {name} in database {name} set search_path = public")
    connection.execute("analyze")
