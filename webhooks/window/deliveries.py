"""Deliveries: the list with its filters, and the way of one from its event to the last answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from webhooks.body_search import Sought, search
from webhooks.delivery_log import ShownDelivery, ShownPage, Way, look, way_of
from webhooks.errors import NotFoundError
from webhooks.model import DeliveryState
from webhooks.security.keys import Keyring
from webhooks.store import clients, deliveries, events, registrations
from webhooks.store.clock import MICROSECONDS_PER_SECOND, microseconds
from webhooks.store.pages import Filter, find
from webhooks.store.store import Store
from webhooks.window.desk import Desk, note, see_other, visitor_of

_ON_A_PAGE: Final = 50
_AS_JSON: Final = re.compile(r'"([^"]+)" *: *(?:"([^"]*)"|([^",]+)),?')  # as a member stands in a body
_NAMED_SECONDS: Final = (3600, 60, 1)  # by how many colons a time of day has
_FIELDS: Final = ("id", "state", "url", "event", "client", "argument", "body", "reason", "from", "to")
_MOST_SHOWN: Final = 100_000  # characters of a body
_MOST_ARGUMENTS: Final = 3  # of an event, in a list
_SOON_SECONDS: Final = 5
_LONGEST_ARGUMENT: Final = 60  # characters of one, in a list


async def show_list(desk: Desk, request: Request) -> Response:
    """The page of a list."""
    given = _given(request)
    if "body" in given:
        note(request, "searches the bodies of deliveries")
    before = request.query_params.get("before")
    id_ = given.get("id", "").lower()  # as those of deliveries are
    is_one = await desk.browse(lambda store: _is_delivery(store, id_))
    if is_one:
        return see_other(f"/deliveries/{quote(id_)}")  # it is the only one that matches
    found, fault = await desk.browse(lambda store: _find(store, desk.service.keyring, given, before))
    status = HTTPStatus.OK if fault is None else HTTPStatus.BAD_REQUEST
    older = None if found.next is None else f"/deliveries?{urlencode({**given, 'before': found.next})}"
    names = await desk.browse(lambda store: [client.name for client in store.read_now(clients.every)])
    arguments = await _arguments(desk, request, found.deliveries, _argument(given.get("argument")))
    values = {
        "query": urlencode(given),
        "found": found,
        "arguments": arguments,
        "given": given,
        "fault": fault,
        "older": older,
        "newest": f"/deliveries?{urlencode(given)}" if before else None,
        "states": list(DeliveryState),
        "codes": sorted(desk.service.catalogue.events),
        "clients": names,
    }
    return desk.page(
        request, "deliveries", values, here="/deliveries", status=status, is_live=before is None and "body" not in given
    )


async def show_one(desk: Desk, request: Request) -> Response:
    """The page of one delivery."""
    may_see = visitor_of(request).may_act
    found = await desk.browse(
        lambda store: way_of(store, desk.service.keyring, request.path_params["id"], may_see=may_see)
    )
    if may_see and request.headers.get("x-live") is None:
        note(request, "looks at a delivery with its body", delivery=found.delivery.id)
    is_ended = found.delivery.state not in (DeliveryState.PENDING, DeliveryState.COMPOSING, DeliveryState.SENDING)
    given = _given(request)
    values = {
        "query": urlencode(given),
        "next": await desk.browse(lambda store: _next(store, given, found.delivery.id)),
        "way": found,
        "endpoint": await desk.browse(lambda store: _endpoint_id(store, found)),
        "body": None if found.body is None else _shown(found.body),
        "arguments": found.arguments and {name: _shown(value) for name, value in found.arguments.items()},
        "is_soon_over": _is_soon_over(found.delivery),
        "is_ended": is_ended and found.delivery.state is not DeliveryState.HELD,
    }
    return desk.page(request, "delivery", values, here="/deliveries")


def query_of(request: Request) -> str:
    """The filter of the list that somebody came from, with its question mark; empty where there is none."""
    given = _given(request)
    return f"?{urlencode(given)}" if given else ""


def _given(request: Request) -> dict[str, str]:
    """The filter that somebody may use: whoever may not see arguments and bodies may not try them either."""
    secret = () if visitor_of(request).may_act else ("argument", "body")
    found = {name: request.query_params.get(name, "").strip() for name in _FIELDS if name not in secret}
    return {name: value for name, value in found.items() if value}


def _is_soon_over(delivery: ShownDelivery) -> bool:
    """Whether somebody who waits for it should see it at once."""
    if delivery.state in (DeliveryState.SENDING, DeliveryState.COMPOSING):
        return True
    soon = datetime.now(UTC) + timedelta(seconds=_SOON_SECONDS)
    return delivery.state is DeliveryState.PENDING and (delivery.next_attempt_at or soon) <= soon


def _endpoint_id(store: Store, way: Way) -> int | None:
    """The endpoint that a delivery is for; None where it is not registered any more."""
    try:
        row = store.read_now(lambda connection: registrations.existing(connection, way.client_id, way.delivery.url))
    except NotFoundError:
        return None
    return int(row.id)


def _next(store: Store, given: Mapping[str, str], before: str) -> str | None:
    """The next older delivery of a filter, where it is found quickly."""
    if not given or "argument" in given or "body" in given:
        return None
    try:
        found = store.read_now(partial(find, wanted=replace(_filter(store, given, before), limit=1))).deliveries
    except (_FaultyError, NotFoundError):
        return None
    return found[0].id if found else None


class SeenArgument(Struct, frozen=True):
    """An argument of a delivery's event in a list, cut where it is long, and whether it is what was looked for."""

    text: str
    is_sought: bool


async def _arguments(
    desk: Desk, request: Request, shown: Sequence[ShownDelivery], sought: tuple[str | None, str] | None
) -> Mapping[str, Sequence[SeenArgument]] | None:
    """By delivery the first arguments of its event, those that were looked for before; None to who may see none."""
    if not visitor_of(request).may_act:
        return None
    ids = [each.id for each in shown]
    given = await desk.browse(lambda store: store.read_now(lambda reader: events.arguments_of_many(reader, ids)))
    return {id_: _first(arguments, sought) for id_, arguments in given.items()}


def _first(arguments: Mapping[str, str], sought: tuple[str | None, str] | None) -> list[SeenArgument]:
    found = [
        SeenArgument(
            text if len(text := f"{name}={value}") <= _LONGEST_ARGUMENT else f"{text[:_LONGEST_ARGUMENT]}…",
            sought in ((name, value), (None, value)),
        )
        for name, value in arguments.items()
    ]
    return sorted(found, key=lambda argument: not argument.is_sought)[:_MOST_ARGUMENTS]


def _shown(text: str) -> str:
    """What is JSON with a line for each member, else as it is; in either case its beginning."""
    if text[:1] in ("{", "["):  # a number would be one too, and is left as it was written
        with suppress(msgspec.DecodeError):
            text = msgspec.json.format(text.encode(), indent=2).decode()
    if len(text) <= _MOST_SHOWN:
        return text
    return f"{text[:_MOST_SHOWN]}\n… {len(text) - _MOST_SHOWN:,} characters more"


def _find(store: Store, keyring: Keyring, given: Mapping[str, str], before: str | None) -> tuple[ShownPage, str | None]:
    empty = ShownPage([], None)
    try:
        wanted, sought = _filter(store, given, before), _argument(given.get("body"))
        return look(store, wanted) if sought is None else search(store, keyring, wanted, Sought(*sought)), None
    except (_FaultyError, NotFoundError) as error:
        return empty, error.message if isinstance(error, NotFoundError) else str(error)


class _FaultyError(Exception):
    """A filter that cannot be taken, and why."""


def _filter(store: Store, given: Mapping[str, str], before: str | None) -> Filter:
    state = given.get("state")
    if state and state not in list(DeliveryState):
        raise _FaultyError(f"There is no state {state!r}.")
    sequences = None
    if id_ := given.get("id"):
        sequences = store.read_now(
            lambda connection: events.with_id(connection, id_) or events.with_id(connection, id_.lower())
        )
    client = given.get("client")
    since, until = _moment(given.get("from")), _moment(given.get("to"), is_end=True)
    if since is not None and until is not None and until <= since:
        raise _FaultyError("“To” is before “From”.")
    return Filter(
        client_id=None if not client else store.read_now(lambda connection: clients.named(connection, client)).id,
        url=given.get("url"),
        event=given.get("event"),
        state=DeliveryState(state) if state else None,
        reason=given.get("reason"),
        since=since,
        until=until,
        before=before,
        sequences=sequences,
        argument=_argument(given.get("argument")),
        limit=_ON_A_PAGE,
    )


def _argument(given: str | None) -> tuple[str | None, str] | None:
    """The argument, or member of a body, of a filter: a name and a value, or a value by itself."""
    if not given:
        return None
    if member := _AS_JSON.fullmatch(given):
        return member[1], member[3] if member[2] is None else member[2]
    name, equals, value = given.partition("=")
    return (name.strip() or None, value.strip()) if equals else (None, given)


def _is_delivery(store: Store, id_: str) -> bool:
    try:
        store.read_now(lambda connection: deliveries.by_id(connection, None, id_))
    except NotFoundError:
        return False
    return True


def _moment(text: str | None, *, is_end: bool = False) -> int | None:
    """A time's beginning, or its end: the day, the minute or the second that was named is over then."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _FaultyError(f"{text!r} is no time such as 2026-11-24T10:00.") from None
    at = microseconds(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
    if not is_end or found.microsecond:
        return at
    time_of_day = re.split("[-+Zz]", text[len("2026-11-24") + 1 :])[0]  # without its offset
    named = _NAMED_SECONDS[min(time_of_day.count(":"), 2)] if time_of_day else 86400
    return at + named * MICROSECONDS_PER_SECOND
