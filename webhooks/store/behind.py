"""Deliveries that are due behind many of one endpoint, and need not wait until the queue has come past these."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from webhooks.store.bulk import NUMBER, Bulk
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("behind")

_ENDPOINTS_AT_ONCE: Final = 128
_DELIVERIES_AT_ONCE: Final = 256  # of all these endpoints
_LEAST_OF_EACH: Final = 8

_ENDPOINTS: Final = Prepared(_SQL["endpoints"])
_OLDEST: Final = {
    "sqlite": Bulk(_SQL["oldest_sqlite"], finds=1, id=NUMBER),
    "postgresql": Bulk(_SQL["oldest_postgresql"], id=NUMBER),
}


def oldest(connection: Connection, after: int, known: Collection[int], at: int) -> tuple[list[str], int]:
    """The ids of the next endpoints' oldest deliveries that are due at `at` (microseconds), or were interrupted.

    It looks at the endpoints after this number, except those in `known`, and gives after which one it goes on: 0 where
    it has come to the end. One call looks at no more than some endpoints and some deliveries of each, however many
    there are.
    """
    ids = [id_ for (id_,) in _ENDPOINTS.run(connection, after=after, most=_ENDPOINTS_AT_ONCE)]
    following = ids[-1] if len(ids) == _ENDPOINTS_AT_ONCE else 0
    wanted = [(id_,) for id_ in ids if id_ not in known]
    most = max(_LEAST_OF_EACH, _DELIVERIES_AT_ONCE // max(1, len(wanted)))
    rows = _OLDEST[connection.dialect.name].run(connection, wanted, at=at, most=most)
    return [id_ for (id_,) in rows], following
