"""The calls on /v1/events: the catalogue, and the intake for the back end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.json import encode
from starlette.requests import Request
from starlette.responses import Response

from engine.body import Body
from engine.catalogue import Catalogue
from engine.model import Event
from webhooks.api import problems
from webhooks.api.authentication import client_of, sees_everything, service_of
from webhooks.api.bodies import check_media_type, read_body
from webhooks.api.calls import FIRST_DELIVERY, JSON, Call, Link, operation
from webhooks.api.problems import Problem
from webhooks.api.service import Service
from webhooks.errors import Fault, RefusedError
from webhooks.examples import shown_body
from webhooks.intake import MAX_EVENTS, EventRequest, read_event
from webhooks.json_text import check, decode
from webhooks.model import Client, Delivery, DeliveryState, EventState, Moment, PublishedEvent, Scope, StoredEvent
from webhooks.store import deliveries, events
from webhooks.wording import counted

_MOST_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)


class ShownArgument(Struct, frozen=True):
    """An argument of an event in the catalogue."""

    name: str
    required: bool
    description: str
    example: str | None


class ShownEvent(Struct, frozen=True):
    """An event of the catalogue. `example` is the body that is sent for its example, where no secret is registered.

    It is null where none was recorded, or where the definition says that the example is not sent.
    """

    code: str
    description: str
    arguments: Sequence[ShownArgument]
    example: Any


class EventList(Struct, frozen=True):
    """The answer to GET /v1/events."""

    events: Sequence[ShownEvent]


class Accepted(Struct, frozen=True):
    """An event that is stored."""

    id: str


class Result(Struct, frozen=True):
    """What became of an event of an array: the id of one that is stored, or why one cannot be taken."""

    id: str | UnsetType = UNSET
    error: Problem | UnsetType = UNSET


class Results(Struct, frozen=True):
    """For each event of an array, in its order: its id, or the problem that keeps it from being taken."""

    results: Sequence[Result]


class EventDelivery(Struct, frozen=True):
    """What became of an event on its way to one receiver."""

    id: str
    state: DeliveryState


class PublishedState(Struct, frozen=True):
    """The answer to GET /v1/events/{id}."""

    id: str
    event: str
    time: Moment
    sequence: int
    state: EventState
    deliveries: Sequence[EventDelivery] = field(default_factory=list)


_LIST = Call(
    tag="Events", answer=EventList, links=(Link("register", body={"events": ["$response.body#/events/0/code"]}),)
)
_Events = Annotated[
    list[Any],
    Meta(
        min_length=1,
        max_length=MAX_EVENTS,
        description="Such events; one that is none has its problem in the answer.",
        extra_json_schema={"items": {}},  # some generators cannot do without
    ),
]
_PUBLISH = Call(
    tag="Events",
    scopes=(Scope.PUBLISH,),
    status=HTTPStatus.ACCEPTED,
    body=(EventRequest, _Events),
    body_example={"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}, "id": "status-7"},
    answer=(Accepted, Results),
    example=Accepted("status-7"),
    links=(Link("show_event", {"event_id": "$response.body#/id"}),),
    problems=(HTTPStatus.CONFLICT,),
)
_SHOW = Call(
    tag="Events",
    scopes=(Scope.PUBLISH, Scope.SUPPORT),
    answer=PublishedState,
    example=PublishedState(
        "status-7",
        "statuschange",
        datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        12,
        EventState.ACCEPTED,
        [EventDelivery("019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37", DeliveryState.PENDING)],
    ),
    links=(Link("show_delivery", FIRST_DELIVERY),),
    problems=(HTTPStatus.NOT_FOUND,),
)


@operation(HTTPMethod.GET, "/v1/events", call=_LIST)
async def list_events(request: Request) -> Response:
    """The catalogue: each event with its arguments, and the body that is sent for it, as far as it was recorded."""
    service = service_of(request)
    examples = service.examples.current
    found = sorted(service.catalogue.events.values(), key=lambda event: event.code)
    shown = EventList([_show(event, examples.get(event.code)) for event in found])
    return Response(encode(shown), media_type="application/json")


@operation(HTTPMethod.POST, "/v1/events", call=_PUBLISH)
async def publish(request: Request) -> Response:
    """Takes an event, or an array of at most 1,000; answers once they are durable.

    Scalars become text as they are written; arguments beyond the catalogue's are kept. An event with the `id` and the
    content of one that is there already is that one. In an array each event is judged by itself.
    """
    service, client = service_of(request), client_of(request)
    check_media_type(request, JSON)
    body = await read_body(request, _MOST_BYTES)
    decoded = decode(body)
    is_many = isinstance(decoded.value, list)
    items = decoded.value if isinstance(decoded.value, list) else [decoded.value]
    if not 1 <= len(items) <= MAX_EVENTS:
        fault = Fault("", f"This array has {len(items)} events; 1 to {MAX_EVENTS} are allowed.")
        raise RefusedError("The events cannot be taken: send at least one, and many in several requests.", (fault,))
    read = [_read(item, service.catalogue, is_doubtful=decoded.is_doubtful) for item in items]
    good = [event for event in read if isinstance(event, PublishedEvent)]
    stored: Iterator[str | RefusedError] = iter(())
    if good:
        command = events.Publish(client.id, good, service.bodies)
        if service.bodies is None:
            stored = iter(await service.store.write(command, len(body)))
        else:
            stored = iter(await service.bodies.publish(service.store, command, len(body)))
    results = [next(stored) if isinstance(event, PublishedEvent) else event for event in read]
    _tell(service, client, results)
    if is_many:
        content: Struct = Results([_result(result) for result in results])
    elif isinstance(results[0], RefusedError):
        raise results[0]
    else:
        content = Accepted(results[0])
    return Response(encode(content), status_code=HTTPStatus.ACCEPTED, media_type="application/json")


@operation(HTTPMethod.GET, "/v1/events/{event_id}", call=_SHOW)
async def show_event(request: Request) -> Response:
    """What became of an event that the caller published."""
    client, event_id = client_of(request), request.path_params["event_id"]
    publisher = None if sees_everything(client) else client.id

    def query(store: Any) -> tuple[StoredEvent, list[Delivery]]:
        """The event and its deliveries. Raises NotFoundError."""
        event = events.by_id(store, publisher, event_id, first=client.id)
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


def _tell(service: Service, client: Client, results: Sequence[str | RefusedError]) -> None:
    """Counts what was published, and logs it by its ids."""
    accepted = [result for result in results if isinstance(result, str)]
    refused = len(results) - len(accepted)
    service.metrics.published("accepted", len(accepted))
    service.metrics.published("refused", refused)
    ids = {"client": client.id, "events": accepted}
    told = counted(len(accepted), "event is", "events are")
    _log.info("%s accepted, %d refused", told, refused, extra={"ids": ids})


def _read(item: object, catalogue: Catalogue, *, is_doubtful: bool) -> PublishedEvent | RefusedError:
    try:
        if is_doubtful:
            check(item)
        return read_event(item, catalogue)
    except RefusedError as error:
        return error


def _result(result: str | RefusedError) -> Result:
    return Result(id=result) if isinstance(result, str) else Result(error=problems.of_error(result))


def _show(event: Event, example: Body | None) -> ShownEvent:
    arguments = [
        ShownArgument(argument.name, argument.required, argument.description, argument.example)
        for argument in event.arguments
    ]
    return ShownEvent(event.code, event.description, arguments, shown_body(example))
