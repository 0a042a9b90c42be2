"""Endpoints: how each is, and what of one arrived in the last two weeks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from pages.charts import bars
from webhooks.delivery_log import ShownPage, look
from webhooks.errors import NotFoundError
from webhooks.store import browsing, tallies
from webhooks.store.browsing import SeenEndpoint
from webhooks.store.clock import MICROSECONDS_PER_DAY, moment, now
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tallies import Series, What
from webhooks.window.desk import MOST_SHOWN, Desk, has, sought

_DAYS: Final = 14
_LONGEST_ID: Final = 18  # digits: the store's numbers have 64 bits
_STEP: Final = MICROSECONDS_PER_DAY // 4
_ARRIVED, _FAILED = "arrived", "failed"
_KINDS: Final = {_ARRIVED: "k2", _FAILED: "k5"}
_GROUPS: Final = {
    "active": ("active",),
    "failing": ("failing", "waiting"),
    "held": ("paused", "disabled", "client disabled"),
}


class Health(Struct, frozen=True):
    """One endpoint with its last attempts by outcome, in the last day and the last two weeks."""

    endpoint: SeenEndpoint
    day: Mapping[str, int]
    all: Mapping[str, int]


async def show_list(desk: Desk, request: Request) -> Response:
    """The page of all."""
    group = request.query_params.get("state", "")
    found = await desk.browse(read)
    find = sought(request)
    known = [each for each in found if has(find, each.client, each.url)]
    shown = [each for each in known if group not in _GROUPS or each.state in _GROUPS[group]]
    counts = {name: sum(each.state in states for each in known) for name, states in _GROUPS.items()}
    values = {"found": shown[:MOST_SHOWN], "count": len(shown), "group": group, "find": find, "counts": counts}
    values |= {"known": len(known), "total": len(found)}
    return desk.page(request, "endpoints", values, here="/endpoints")


def read(store: Store) -> list[SeenEndpoint]:
    """The endpoints of every client. Raises StoreError."""
    return store.read_now(partial(browsing.endpoints, at=now()))


async def show_one(desk: Desk, request: Request) -> Response:
    """The page of one."""
    health, last = await desk.browse(lambda store: _one(store, request.query_params.get("id", "")))
    until = now() // _STEP * _STEP + _STEP
    since = until - _DAYS * 4 * _STEP
    query = partial(
        tallies.read,
        series=Series.ENDPOINT_HOURS,
        what=What.ATTEMPT,
        since=since,
        until=until,
        step=_STEP,
        endpoint=health.endpoint.id,
    )
    ended = await desk.browse(lambda store: store.read_now(query))
    starts = list(range(since, until, _STEP))
    series = {
        _ARRIVED: [sum(each.count for each in ended if each.at == at and each.outcome == "2xx") for at in starts],
        _FAILED: [sum(each.count for each in ended if each.at == at and each.outcome != "2xx") for at in starts],
    }
    values = {
        "health": health,
        "last": last,
        "chart": bars([moment(at) for at in starts], series, _KINDS, "%d %b %H:%M"),
        "kinds": _KINDS,
        "series": series,
        "times": [moment(at) for at in starts],
        "examples": sorted(health.endpoint.events),
    }
    return desk.page(request, "endpoint", values, here="/endpoints")


def existing(store: Store, id_: str) -> SeenEndpoint:
    """The endpoint with that id, as a page or a form says it. Raises NotFoundError."""
    number = int(id_) if id_.isascii() and id_.isdecimal() and len(id_) <= _LONGEST_ID else 0
    found = store.read_now(partial(browsing.endpoint, id_=number, at=now()))
    if found is None:
        raise NotFoundError("There is no such endpoint; it may have been removed.")
    return found


def _one(store: Store, id_: str) -> tuple[Health, ShownPage]:
    endpoint, at = existing(store, id_), now()
    day, all_ = (
        store.read_now(partial(tallies.by_endpoint, id_=endpoint.id, since=at - days * MICROSECONDS_PER_DAY))
        for days in (1, _DAYS)
    )
    last = look(store, Filter(client_id=endpoint.client_id, registration_id=endpoint.id, limit=10))
    return Health(endpoint, day, all_), last
