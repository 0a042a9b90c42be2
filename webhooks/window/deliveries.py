"""Deliveries: the list with its filters, and the way of one from its event to the last answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from webhooks.delivery_log import ShownPage, look, way_of
from webhooks.errors import NotFoundError
from webhooks.model import DeliveryState
from webhooks.store import clients, deliveries, events
from webhooks.store.clock import microseconds
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.window.desk import Desk, note, see_other, visitor_of

_ON_A_PAGE: Final = 50
_FIELDS: Final = ("id", "state", "url", "event", "client", "argument", "from", "to")
_MOST_SHOWN: Final = 100_000  # characters of a body


async def show_list(desk: Desk, request: Request) -> Response:
    """The page of a list."""
    given = {name: value.strip() for name in _FIELDS if (value := request.query_params.get(name, "").strip())}
    if not visitor_of(request).may_act:
        given.pop("argument", None)  # whoever may not see arguments may not try them either
    before = request.query_params.get("before")
    id_ = given.get("id", "")
    is_one = await desk.browse(lambda store: _is_delivery(store, id_))
    if is_one:
        return see_other(f"/deliveries/{quote(id_)}")
    found, fault = await desk.browse(lambda store: _find(store, given, before))
    status = HTTPStatus.OK if fault is None else HTTPStatus.BAD_REQUEST
    older = None if found.next is None else f"/deliveries?{urlencode({**given, 'before': found.next})}"
    names = await desk.browse(lambda store: [client.name for client in store.read_now(clients.every)])
    values = {
        "found": found,
        "given": given,
        "fault": fault,
        "older": older,
        "newest": f"/deliveries?{urlencode(given)}" if before else None,
        "states": list(DeliveryState),
        "codes": sorted(desk.service.catalogue.events),
        "clients": names,
    }
    return desk.page(request, "deliveries", values, here="/deliveries", status=status, is_live=before is None)


async def show_one(desk: Desk, request: Request) -> Response:
    """The page of one delivery."""
    may_see = visitor_of(request).may_act
    found = await desk.browse(
        lambda store: way_of(store, desk.service.keyring, request.path_params["id"], may_see=may_see)
    )
    if may_see and request.headers.get("x-live") is None:
        note(request, "looks at a delivery with its body", delivery=found.delivery.id)
    is_ended = found.delivery.state not in (DeliveryState.PENDING, DeliveryState.COMPOSING, DeliveryState.SENDING)
    values = {
        "way": found,
        "body": _cut(found.body),
        "is_ended": is_ended and found.delivery.state is not DeliveryState.HELD,
    }
    return desk.page(request, "delivery", values, here="/deliveries")


def _cut(body: str | None) -> str | None:
    if body is None or len(body) <= _MOST_SHOWN:
        return body
    return f"{body[:_MOST_SHOWN]}\n… {len(body) - _MOST_SHOWN:,} characters more"


def _find(store: Store, given: Mapping[str, str], before: str | None) -> tuple[ShownPage, str | None]:
    empty = ShownPage([], None)
    try:
        return look(store, _filter(store, given, before)), None
    except (_FaultyError, NotFoundError) as error:
        return empty, error.message if isinstance(error, NotFoundError) else str(error)


class _FaultyError(Exception):
    """A filter that cannot be taken, and why."""


def _filter(store: Store, given: Mapping[str, str], before: str | None) -> Filter:
    state, argument = given.get("state"), given.get("argument")
    name, equals, value = (argument or "=").partition("=")
    if argument and not (name.strip() and equals):
        raise _FaultyError("Write an argument as name=value, for example ledgeraccountid=111927.")
    if state and state not in list(DeliveryState):
        raise _FaultyError(f"There is no state {state!r}.")
    sequences = None
    if id_ := given.get("id"):
        sequences = store.read_now(lambda connection: events.with_id(connection, id_))
    client = given.get("client")
    return Filter(
        client_id=None if not client else store.read_now(lambda connection: clients.named(connection, client)).id,
        url=given.get("url"),
        event=given.get("event"),
        state=DeliveryState(state) if state else None,
        since=_moment(given.get("from")),
        until=_moment(given.get("to")),
        before=before,
        sequences=sequences,
        argument=(name.strip(), value.strip()) if argument else None,
        limit=_ON_A_PAGE,
    )


def _is_delivery(store: Store, id_: str) -> bool:
    try:
        store.read_now(lambda connection: deliveries.by_id(connection, None, id_))
    except NotFoundError:
        return False
    return True


def _moment(text: str | None) -> int | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _FaultyError(f"{text!r} is no time such as 2026-11-24T10:00.") from None
    return microseconds(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
