"""A PostgreSQL schema with the fixture ledger, dropped afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psycopg
import sqlalchemy

from benchmarks import guide
from engine.testing import build_postgresql


@contextlib.contextmanager
def postgresql_ledger(url: str) -> Iterator[str]:
    """Builds the fixture ledger in a schema of its own and gives a URL whose search_path finds it."""
    name = f"bench_{os.getpid()}"
    parts = sqlalchemy.make_url(url)
    plain = parts.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"create schema {name}")
        try:
            connection.execute(f"set search_path to {name}")
            build_postgresql(guide.SCHEMA.read_text("utf-8"), guide.DATA.read_text("utf-8"), connection.cursor())
            connection.execute("analyze")
            yield parts.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
        finally:
            connection.execute(f"drop schema {name} cascade")
