"""Deliveries: the list with its filters, and the way of one from its event to the last answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from engine.body import Body
from webhooks.delivery_log import EVERYTHING, DeliveryDetails, Sees, ShownPage, look, show_details
from webhooks.errors import NotFoundError, ServiceError
from webhooks.model import DeliveryState
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.redaction import REPLACEMENT
from webhooks.store import browsing, clients, deliveries, events
from webhooks.store.clock import microseconds
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.window.desk import Desk, note, see_other, visitor_of

_ON_A_PAGE: Final = 50
_FIELDS: Final = ("id", "state", "url", "event", "client", "argument", "from", "to")
_MOST_SHOWN: Final = 100_000  # characters of a body
_NOTHING: Final[Sees] = lambda _: False  # noqa: E731


class Way(Struct, frozen=True, kw_only=True):
    """A delivery with all that is known of it. What somebody may not see, or was erased, is None."""

    delivery: DeliveryDetails
    client: str
    arguments: Mapping[str, str] | None
    body: str | None
    others: Sequence[str]
    """The ids of the same event's other deliveries."""


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
    values = {"way": found, "is_ended": is_ended and found.delivery.state is not DeliveryState.HELD}
    return desk.page(request, "delivery", values, here="/deliveries")


def way_of(store: Store, keyring: Keyring, delivery_id: str, *, may_see: bool) -> Way:
    """All that is known of a delivery; without `may_see` no body, argument or answer. Raises NotFoundError."""
    delivery = store.read_now(lambda connection: deliveries.by_id(connection, None, delivery_id))
    attempts = store.read_now(lambda connection: deliveries.attempts_of(connection, delivery_id))
    sequences = store.read_now(lambda connection: events.with_id(connection, delivery.event_id))
    others = [
        each.id
        for sequence in sequences
        for each in store.read_now(lambda connection, of=sequence: deliveries.of_event(connection, of))  # type: ignore[misc]
        if each.id != delivery_id
    ]
    owner = store.read_now(lambda connection: clients.by_id(connection, delivery.client_id))
    return Way(
        delivery=show_details(delivery, attempts, keyring, EVERYTHING if may_see else _NOTHING),
        client=delivery.client_id if owner is None else owner.name,
        arguments=store.read_now(lambda connection: events.arguments_of(connection, delivery_id)) if may_see else None,
        body=_body(store, keyring, delivery_id) if may_see else None,
        others=others,
    )


def _body(store: Store, keyring: Keyring, delivery_id: str) -> str | None:
    """What is sent, with `[secret]` where the endpoint's secret stands."""
    stored = store.read_now(lambda connection: browsing.body_of(connection, delivery_id))
    if stored is None:
        return None
    try:
        dump = keyring.decrypt(Purpose.BODY, stored.sealed, row_name(stored.sequence, stored.version))
    except ServiceError:  # its key is missing, which `doctor` reports
        return None
    body = Body.load(dump)
    if body.skip_reason is not None:
        return None
    text = body.fill(REPLACEMENT).decode("utf-8", "replace")
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}\n… {len(text) - _MOST_SHOWN:,} characters more"


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
        raise _FaultyError("Write an argument as name=value, for example ledgerid=765.")
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
