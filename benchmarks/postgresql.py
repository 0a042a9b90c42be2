"""Composing over PostgreSQL against loops that a programmer would write by hand."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import sqlalchemy

from benchmarks import guide
from benchmarks.pairs import Result, pair
from benchmarks.temporary import postgresql_ledger
from engine import Composer

HAND_SQL = """
select la.uniqueid, dh.debtref, sum(-t.transamount)
from dat_ledgeraccount la
inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
inner join dat_trans t on t.accountid = la.accountid and t.paymentid = %s
where la.ledgeraccountid = %s
group by la.uniqueid, dh.debtref
"""


def run(url: str) -> Iterator[Result]:
    """Two rows: the prepared psycopg loop, and SQLAlchemy's connect() + exec_driver_sql for each call."""
    data = guide.ARGUMENTS
    with (
        postgresql_ledger(url) as ledger,
        Composer.load(guide.definitions(), ledger=ledger, ledger_schema=guide.SCHEMA) as composer,
    ):

        def ours() -> bytes:
            return composer.compose("ledgerpayment", guide.MESSAGE).fill(guide.SECRET)

        parts = sqlalchemy.make_url(ledger)
        connection = psycopg.connect(
            parts.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
        cursor = connection.cursor()

        def loop() -> bytes:
            cursor.execute(HAND_SQL, (int(data["paymentid"]), int(data["ledgeraccountid"])), prepare=True)
            row = cursor.fetchone()
            assert row is not None
            return guide.by_hand(row)

        engine = sqlalchemy.create_engine(ledger)

        def ordinary() -> bytes:
            with engine.connect() as connected:
                found = connected.exec_driver_sql(HAND_SQL, (int(data["paymentid"]), int(data["ledgeraccountid"])))
                return guide.by_hand(tuple(found.one()))

        assert ours() == loop() == ordinary() == guide.BODY
        yield pair(
            "PostgreSQL: compose / a prepared psycopg loop by hand", ours, loop, at_most=1.25, calls=100, rounds=75
        )
        yield pair("PostgreSQL: compose / connect() + exec_driver_sql", ours, ordinary, at_most=1, calls=100, rounds=75)
        connection.close()
        engine.dispose()
