"""Composing through ODBC: Microsoft's driver against the stand-in of the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import aiosql
import pyodbc  # type: ignore[import-not-found]  # its types are not found beside its binary
import sqlalchemy
from aiosql.adapters.generic import GenericAdapter

from benchmarks import guide
from benchmarks.pairs import Result, pair
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


class _QuestionMarks(GenericAdapter):
    """aiosql's generic adapter, which passes positional arguments on."""


def standin() -> Iterator[Result]:
    """Three rows, the server being the stand-in, which is no SQL Server."""
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
