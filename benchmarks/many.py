"""compose_many of 500 events against composing them one at a time: on loopback, and through a proxy that adds 1 ms."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence

import msgspec
import psycopg
import sqlalchemy

from benchmarks import guide
from benchmarks.pairs import Result, pair
from benchmarks.proxy import distant
from benchmarks.temporary import conninfo, postgresql_ledger
from engine import Composer

EVENTS = 500
DISTANCE = 0.001  # seconds in each direction
PAYMENTS = """
select distinct t.paymentid, la.ledgeraccountid
from dat_trans t inner join dat_ledgeraccount la on la.accountid = t.accountid
where t.paymentid is not null order by 1, 2
"""
_ONE = (guide.ARGUMENTS["paymentid"], guide.ARGUMENTS["ledgeraccountid"])
Message = dict[str, object]


def postgresql(url: str) -> Iterator[Result]:
    """Four rows: both forms, near and far."""
    with postgresql_ledger(url) as ledger:
        place = sqlalchemy.make_url(ledger)
        with psycopg.connect(conninfo(place)) as connection:
            rows = connection.execute(PAYMENTS).fetchall()
        messages = _messages(rows)
        yield from _postgresql(ledger, messages, "loopback", rounds=21, at_least=8)
        with distant(place.host or "127.0.0.1", place.port or 5432, DISTANCE) as port:
            far = place.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
            yield from _postgresql(far, messages, "1 ms away", rounds=3, at_least=40)


def _postgresql(
    ledger: str, messages: Sequence[Message], where: str, *, rounds: int, at_least: float
) -> Iterator[Result]:
    with Composer.load(guide.definitions(), ledger=ledger, ledger_schema=guide.SCHEMA) as composer:
        yield _row(composer, messages, f"PostgreSQL, {where}, one statement", rounds, at_least)
        _without_set(composer)
        yield _row(composer, messages, f"PostgreSQL, {where}, repeated in one round trip", rounds, 1)


def standin() -> Iterator[Result]:
    """One row: Microsoft's driver, far from the stand-in of the tests, which is no SQL Server."""
    sys.path.append(str(guide.ROOT / "tests"))
    from standin.client import start  # type: ignore[import-not-found]  # noqa: PLC0415  what tests have is no part of the package

    with start(guide.SCHEMA, guide.DATA, remember=True) as server:  # its own database is not what is measured
        place = sqlalchemy.make_url(server.url("Microsoft"))
        with distant(place.host or "127.0.0.1", place.port or 1433, DISTANCE) as port:
            far = place.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
            with Composer.load(guide.definitions(), ledger=far, ledger_schema=guide.SCHEMA) as composer:
                yield _row(composer, _messages([_ONE]), "stand-in for SQL Server, 1 ms away", 3, 20)


def _messages(payments: Sequence[tuple[object, ...]]) -> list[Message]:
    """As many events as wanted, of different payments: what is equal could be remembered by the server."""
    cycled = itertools.islice(itertools.cycle(payments), EVENTS)
    return [
        {"data": {**guide.ARGUMENTS, "paymentid": str(payment), "ledgeraccountid": str(account)}}
        for payment, account in cycled
    ]


def _without_set(composer: Composer) -> None:
    """Has the definition run as one that has no statement for many events."""
    plan = composer._serving.plans["ledgerpayment"]  # noqa: SLF001  no setting of the engine's
    plan.steps = tuple(
        msgspec.structs.replace(step, statement=msgspec.structs.replace(step.statement, many=None))
        for step in plan.steps
    )


def _row(composer: Composer, messages: Sequence[Message], name: str, rounds: int, at_least: float) -> Result:
    def ours() -> list[object]:
        return list(composer.compose_many("ledgerpayment", messages))

    def other() -> list[object]:
        return [composer.compose("ledgerpayment", message) for message in messages]

    assert ours() == other()
    return pair(f"{name}: 500 / compose_many of 500", ours, other, at_least=at_least, calls=1, rounds=rounds)
