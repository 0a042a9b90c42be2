"""Dead letters: by endpoint and reason, and the replay of all of a group."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from webhooks.errors import ConflictError
from webhooks.store import browsing, deliveries
from webhooks.store.browsing import MOST_DEAD, DeadGroup
from webhooks.store.clock import now
from webhooks.store.store import Store
from webhooks.window.desk import Desk

_AT_ONCE: Final = 100  # in one transaction
_LONGEST_SECONDS: Final = 20.0  # for which one replay goes on


async def show(desk: Desk, request: Request) -> Response:
    """The page."""
    groups = await desk.browse(read)
    values = {"groups": groups, "most": MOST_DEAD, "total": sum(group.count for group in groups), "now": now()}
    return desk.page(request, "dead", values, here="/dead")


def read(store: Store) -> Sequence[DeadGroup]:
    """The groups of dead deliveries. Raises StoreError."""
    return store.read_now(browsing.dead)


class Replayed(Struct, frozen=True):
    """What became of a replay of many."""

    count: int
    refused: str | None
    """Why some could not be sent again."""
    is_whole: bool
    """None of the group is left that was not looked at."""


async def replay_all(store: Store, client_id: str, url: str, reason: str, until: int) -> Replayed:
    """Sends again what has died for this reason by then, in steps that others fit between. Raises StoreError."""
    ends, count, refused = time.monotonic() + _LONGEST_SECONDS, 0, None
    while time.monotonic() < ends:
        find = partial(browsing.dead_ids, client_id=client_id, url=url, reason=reason, until=until, most=_AT_ONCE)
        ids = await store.search(find)
        if not ids:
            return Replayed(count, refused, is_whole=True)
        try:
            await store.write(partial(_replay, ids=ids), can_wait=True)
        except ConflictError as error:  # the same for all: they are for one endpoint
            return Replayed(count, error.message, is_whole=False)
        count += len(ids)
    return Replayed(count, refused, is_whole=False)


def _replay(connection: Connection, ids: Sequence[str]) -> None:
    for id_ in ids:
        deliveries.replay(connection, None, id_, recompose=False)
