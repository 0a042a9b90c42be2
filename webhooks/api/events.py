"""The calls on /v1/events: the catalogue, and the intake for the back end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct, field
from msgspec.json import encode

from engine.catalogue import Catalogue
from engine.model import Event
from webhooks.api import problems
from webhooks.api.authentication import SCOPES, client_of, sees_everything, service_of
from webhooks.api.bodies import decode_json
from webhooks.errors import Fault, RefusedError
from webhooks.intake import MAX_EVENTS, read_event
from webhooks.json_text import check
from webhooks.model import Delivery, DeliveryState, EventState, PublishedEvent, Scope, StoredEvent
from webhooks.store import deliveries, events


class ShownArgument(Struct, frozen=True):
    """An argument of an event in the catalogue."""

    name: str
    required: bool
    description: str
    example: str | None


class ShownEvent(Struct, frozen=True):
    """An event of the catalogue. `example` is a body as it will be sent, without the secret."""

    event: str
    description: str
    arguments: Sequence[ShownArgument]
    example: object


class EventList(Struct, frozen=True):
    """The answer to GET /v1/events."""

    events: Sequence[ShownEvent]


class Accepted(Struct, frozen=True):
    """An event that is stored."""

    id: str


class Results(Struct, frozen=True):
    """For each event of an array, in its order: its id, or the problem that keeps it from being taken."""

    results: Sequence[Accepted | dict[str, dict[str, object]]]


class EventDelivery(Struct, frozen=True):
    """What became of an event on its way to one receiver."""

    id: str
    state: DeliveryState


class PublishedState(Struct, frozen=True):
    """The answer to GET /v1/events/{id}."""

    id: str
    event: str
    time: datetime
    sequence: int
    state: EventState
    deliveries: Sequence[EventDelivery] = field(default_factory=list)


@get("/v1/events")
async def list_events(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The catalogue."""
    catalogue = service_of(request).catalogue
    shown = EventList([_show(event) for event in sorted(catalogue.events.values(), key=lambda event: event.code)])
    return Response(encode(shown), media_type="application/json")


@post("/v1/events", status_code=HTTPStatus.ACCEPTED, opt={SCOPES: (Scope.PUBLISH,)})
async def publish(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Takes an event or an array of them; 202 once they are durable."""
    service, client = service_of(request), client_of(request)
    decoded = await decode_json(request)
    is_many = isinstance(decoded.value, list)
    items = decoded.value if isinstance(decoded.value, list) else [decoded.value]
    if not 1 <= len(items) <= MAX_EVENTS:
        fault = Fault("", f"This array has {len(items)} events; 1 to {MAX_EVENTS} are allowed.")
        raise RefusedError("The events cannot be taken: send at least one, and many in several requests.", (fault,))
    read = [_read(item, service.catalogue, is_doubtful=decoded.is_doubtful) for item in items]
    good = [event for event in read if isinstance(event, PublishedEvent)]
    stored = iter(await service.store.write(lambda store: events.publish(store, client.id, good)) if good else ())
    results = [next(stored) if isinstance(event, PublishedEvent) else event for event in read]
    if is_many:
        content: Struct = Results([_result(result) for result in results])
    elif isinstance(results[0], RefusedError):
        raise results[0]
    else:
        content = Accepted(results[0])
    return Response(encode(content), status_code=HTTPStatus.ACCEPTED, media_type="application/json")


@get("/v1/events/{event_id:str}", opt={SCOPES: (Scope.PUBLISH, Scope.SUPPORT)})
async def show_event(request: Request[Any, Any, Any], event_id: str) -> Response[bytes]:
    """What became of an event, to its publisher."""
    client = client_of(request)
    publisher = None if sees_everything(client) else client.id

    def query(store: Any) -> tuple[StoredEvent, list[Delivery]]:
        event = events.by_id(store, publisher, event_id)
        return event, deliveries.of_event(store, event.sequence)

    event, found = await service_of(request).store.read(query)
    shown = PublishedState(
        event.id,
        event.code,
        event.time,
        event.sequence,
        event.state,
        [EventDelivery(delivery.id, delivery.state) for delivery in found],
    )
    return Response(encode(shown), media_type="application/json")


def _read(item: object, catalogue: Catalogue, *, is_doubtful: bool) -> PublishedEvent | RefusedError:
    try:
        if is_doubtful:
            check(item)
        return read_event(item, catalogue)
    except RefusedError as error:
        return error


def _result(result: str | RefusedError) -> Accepted | dict[str, dict[str, object]]:
    return Accepted(result) if isinstance(result, str) else {"error": problems.of_error(result)}


def _show(event: Event) -> ShownEvent:
    arguments = [
        ShownArgument(argument.name, argument.required, argument.description, argument.example)
        for argument in event.arguments
    ]
    return ShownEvent(event.code, event.description, arguments, None)
