"""The calls on /v1/deliveries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from msgspec import Meta, Struct, field
from msgspec.json import encode
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api.authentication import client_of, forbidden, sees_everything, service_of
from webhooks.api.bodies import read_struct
from webhooks.api.calls import FIRST_DELIVERY, Call, Link, Text, operation
from webhooks.delivery_log import Attempt, DeliveryDetails, ShownDelivery, sees_of, show, show_details
from webhooks.errors import Fault, RefusedError
from webhooks.json_text import convert, pointer
from webhooks.model import Client, Delivery, DeliveryState, Moment, Scope, StoredAttempt
from webhooks.reasons import for_client
from webhooks.store import deliveries, pages
from webhooks.store.clock import microseconds
from webhooks.store.pages import Filter

_PAGE = 100
_OFFSET = re.compile(r" (?=\d{2}:\d{2}\Z)")
"""The plus before an offset, where a client has written it as it is: in a query that means a blank."""


class DeliveryList(Struct, frozen=True):
    """A page, newest first; `next` is the URL of the page after it, null on the last one.

    A page may have fewer deliveries than asked for, or none, though there are more: the service looks at a limited
    number of them for each. So go on while `next` is there.
    """

    deliveries: Sequence[ShownDelivery]
    next: str | None


class ReplayRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a replay, which may be left out."""

    recompose: bool = False


DeliveryId = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Where the page before ended: ask for the URL in next, as it is.",
    ),
]

Limit = Annotated[
    str,
    Meta(
        pattern=f"^([1-9][0-9]?|{_PAGE})$",
        description=f"At most so many deliveries are on a page: a number from 1 to {_PAGE}.",
    ),
]


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a list of deliveries; times are RFC 3339."""

    url: Text | None = None
    event: Text | None = None
    state: DeliveryState | None = None
    since: Moment | None = field(default=None, name="from")
    until: Moment | None = field(default=None, name="to")
    before: DeliveryId | None = None
    limit: Limit = str(_PAGE)


_EXAMPLE = ShownDelivery(
    "019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37",
    "payment-18142-1",
    "ledgerpayment",
    "https://localhost:5510/webservice/webhook",
    DeliveryState.PENDING,
    None,
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
)
_ATTEMPT = Attempt(datetime(2026, 11, 24, 9, 59, 55, tzinfo=UTC), 503, 0.042, None, "busy")
_LIST = Call(
    tag="Deliveries",
    scopes=(Scope.WEBHOOKS, Scope.SUPPORT),
    query=Query,
    answer=DeliveryList,
    example=DeliveryList([_EXAMPLE], None),
    links=(Link("show_delivery", FIRST_DELIVERY), Link("replay", FIRST_DELIVERY)),
)
_SHOW = Call(
    tag="Deliveries",
    scopes=(Scope.WEBHOOKS, Scope.SUPPORT),
    answer=DeliveryDetails,
    example=DeliveryDetails(**asdict(_EXAMPLE), attempts=[_ATTEMPT]),
    problems=(HTTPStatus.NOT_FOUND,),
)
_REPLAY = Call(
    tag="Deliveries",
    scopes=(Scope.WEBHOOKS,),
    body=ReplayRequest,
    body_example={"recompose": False},
    is_body_optional=True,
    answer=ShownDelivery,
    example=_EXAMPLE,
    problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)


@operation(HTTPMethod.GET, "/v1/deliveries", call=_LIST)
async def list_deliveries(request: Request) -> Response:
    """The caller's deliveries, newest first; support and administrators see everybody's."""
    query = _query(request)
    wanted = Filter(
        client_id=_owner(client_of(request)),
        url=query.url,
        event=query.event,
        state=query.state,
        since=None if query.since is None else microseconds(query.since),
        until=None if query.until is None else microseconds(query.until),
        before=query.before,
        limit=int(query.limit),
    )
    page = await service_of(request).store.search(lambda store: pages.find(store, wanted))
    following = None if page.next is None else _next(request, page.next)
    client = client_of(request)
    content = encode(DeliveryList([show(_seen(client, delivery)) for delivery in page.deliveries], following))
    return Response(content, media_type="application/json")


@operation(HTTPMethod.GET, "/v1/deliveries/{delivery_id}", call=_SHOW)
async def show_delivery(request: Request) -> Response:
    """One delivery with its attempts.

    The beginning of what the receiver answered is for the delivery's client and administrators; where the receiver is
    in a network that was opened for it, for administrators.
    """
    service, client = service_of(request), client_of(request)
    delivery_id = request.path_params["delivery_id"]

    def query(store: Any) -> tuple[Delivery, list[StoredAttempt]]:
        """The delivery and its attempts. Raises NotFoundError."""
        return deliveries.by_id(store, _owner(client), delivery_id), deliveries.attempts_of(store, delivery_id)

    found, attempts = await service.store.read(query)
    shown = show_details(_seen(client, found), attempts, service.keyring, sees_of(client, found))
    return Response(encode(shown), media_type="application/json")


@operation(HTTPMethod.POST, "/v1/deliveries/{delivery_id}/replay", call=_REPLAY)
async def replay(request: Request) -> Response:
    """Sends a delivery that has ended again: the same body, with the same `webhook-id`.

    With `recompose`, for administrators, the body is composed afresh and sent under a new id.
    """
    client, delivery_id = client_of(request), request.path_params["delivery_id"]
    wanted = await read_struct(request, ReplayRequest, is_optional=True) or ReplayRequest()
    if wanted.recompose and Scope.ADMIN not in client.scopes:
        raise forbidden(service_of(request), "To compose a body afresh, the scope admin is needed.", (Scope.ADMIN,))
    owner = None if Scope.ADMIN in client.scopes else client.id
    again = await service_of(request).store.write(
        lambda store: deliveries.replay(store, owner, delivery_id, recompose=wanted.recompose)
    )
    return Response(encode(show(_seen(client, again))), media_type="application/json")


def _seen(client: Client, delivery: Delivery) -> Delivery:
    """Why it stands where it stands is told whole to those who run the service."""
    return delivery if sees_everything(client) else for_client(delivery)


def _owner(client: Client) -> str | None:
    return None if sees_everything(client) else client.id


def _query(request: Request) -> Query:
    pairs = list(request.query_params.multi_items())
    repeated = sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1})
    if repeated:
        faults = tuple(Fault(pointer(name), "The parameter is there more than once.") for name in repeated)
        raise RefusedError("The query cannot be taken as it is.", faults)
    given = {name: value for name, value in pairs if value}  # without a value is left out
    for name in given.keys() & {"from", "to"}:
        given[name] = _OFFSET.sub("+", given[name])
    return convert(given, Query)


def _next(request: Request, before: str) -> str:
    query = {**dict(request.query_params.multi_items()), "before": before}
    return f"/v1/deliveries?{urlencode(query)}"
