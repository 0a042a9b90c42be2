"""Composing through ODBC: psqlODBC against PostgreSQL, Microsoft's driver against the stand-in of the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import aiosql
import pyodbc  # type: ignore[import-not-found]  # its types are not found beside its binary
import sqlalchemy
from aiosql.adapters.generic import GenericAdapter
from sqlalchemy.connectors.pyodbc import PyODBCConnector
from sqlalchemy.dialects.postgresql.base import PGDialect

from benchmarks import guide
from benchmarks.pairs import Result, pair
from benchmarks.temporary import postgresql_ledger
from engine import Composer

VALUES = (int(guide.ARGUMENTS["paymentid"]), int(guide.ARGUMENTS["ledgeraccountid"]))
HAND_SQL = """
select la.uniqueid, dh.debtref, sum(-t.transamount)
from dat_ledgeraccount la
inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ?
where la.ledgeraccountid = ?
group by la.uniqueid, dh.debtref
"""


class _PsqlODBC(PyODBCConnector, PGDialect):
    """SQLAlchemy has no dialect for psqlODBC; this is what exec_driver_sql needs of one."""

    supports_statement_cache = True
    default_paramstyle = "qmark"

    def _get_server_version_info(self, _connection: object) -> tuple[int, ...]:
        return (14,)

    def initialize(self, connection: object) -> None:
        """Asks the server nothing."""


class _QuestionMarks(GenericAdapter):
    """aiosql's generic adapter, which passes positional arguments on."""


def psqlodbc(url: str) -> Iterator[Result]:
    """Three rows."""
    with postgresql_ledger(url) as ledger:
        odbc = sqlalchemy.make_url(ledger).set(drivername="postgresql+pyodbc")
        options = f"DRIVER={{PostgreSQL Unicode}};SERVER={odbc.host};PORT={odbc.port};DATABASE={odbc.database}"
        login = f"{options};UID={odbc.username};PWD={odbc.password};UseServerSidePrepare=1"
        sqlalchemy.dialects.registry.register("postgresql.plainodbc", __name__, "_PsqlODBC")
        ordinary = sqlalchemy.create_engine("postgresql+plainodbc://", creator=lambda: pyodbc.connect(login))
        yield from _rows("psqlODBC", odbc.render_as_string(hide_password=False), login, ordinary, 1 / 3)


def standin() -> Iterator[Result]:
    """Three rows: the same through Microsoft's driver, the server being the stand-in, which is no SQL Server."""
    sys.path.append(str(guide.ROOT / "tests"))
    from standin.client import start  # type: ignore[import-not-found]  # noqa: PLC0415  what tests have is no part of the package

    with start(guide.SCHEMA, guide.DATA, remember=True) as server:  # its own database is not what is measured
        login = server.connection_string("Microsoft")
        ordinary = sqlalchemy.create_engine(server.url("Microsoft"))
        yield from _rows("stand-in", server.url("Microsoft"), login, ordinary, 1)


def _rows(name: str, ledger: str, login: str, engine: sqlalchemy.Engine, at_most: float) -> Iterator[Result]:
    """The loop by hand, then the two ordinary ways, of whose time ours may take `at_most`.

    Microsoft's driver under pyodbc keeps no statement prepared, so there the ordinary ways do not prepare more often.
    """
    with Composer.load(guide.definitions(), ledger=ledger, ledger_schema=guide.SCHEMA) as composer:

        def ours() -> bytes:
            return composer.compose("ledgerpayment", guide.MESSAGE).fill(guide.SECRET)

        connection = pyodbc.connect(login, autocommit=True)
        cursor = connection.cursor()

        def loop() -> bytes:
            return guide.by_hand(_tuple(cursor.execute(HAND_SQL, VALUES).fetchall()))

        transacted = pyodbc.connect(login)
        text = f"-- name: payment\n{HAND_SQL}"
        queries: Any = aiosql.from_str(text, _QuestionMarks, mandatory_parameters=False, kwargs_only=False)

        def aiosql_call() -> bytes:
            try:
                return guide.by_hand(_tuple(list(queries.payment(transacted, *VALUES))))
            finally:
                transacted.rollback()

        def ordinary() -> bytes:
            with engine.connect() as connected:
                return guide.by_hand(_tuple(connected.exec_driver_sql(HAND_SQL, VALUES).all()))

        assert ours() == loop() == aiosql_call() == ordinary() == guide.BODY
        for other, words, limit in (
            (loop, "a loop by hand, prepared", 1.25),
            (aiosql_call, "aiosql", at_most),
            (ordinary, "connect() + exec_driver_sql", at_most),
        ):
            yield pair(f"{name}: compose / {words}", ours, other, at_most=limit, calls=50, rounds=45)
        connection.close()
        transacted.close()
        engine.dispose()


def _tuple(rows: Sequence[Any]) -> tuple[object, ...]:
    (row,) = rows
    return tuple(row)
