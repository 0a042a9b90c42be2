"""POST /v1/webhooks/test: whether a receiver would take an event."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api.authentication import client_of, sees_everything, service_of
from webhooks.api.bodies import read_struct
from webhooks.api.calls import Call, operation
from webhooks.errors import Fault, RefusedError
from webhooks.example_sends import TestOutcome
from webhooks.model import Scope
from webhooks.reasons import detail_for_client
from webhooks.registering import URL, EventCode


class TestRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a test."""

    url: URL
    event: EventCode


_TEST = Call(
    tag="Registrations",
    scopes=(Scope.WEBHOOKS,),
    body=TestRequest,
    body_example={"url": "https://localhost:5510/webservice/webhook", "event": "ledgerpayment"},
    answer=TestOutcome,
    example=TestOutcome("019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37", True, 200, 0.042, None, None, "ok"),
    problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
)


@operation(HTTPMethod.POST, "/v1/webhooks/test", call=_TEST)
async def send_test(request: Request) -> Response:
    """Sends the event's example to the URL, with its secret and signature like any delivery, and tells the outcome.

    The request has the header `webhook-test: true`. It is made once, also to a URL that is paused, and no delivery
    comes of it. Few tests of a client, and of all, are under way at a time; one too many is answered 429.
    """
    service, client = service_of(request), client_of(request)
    wanted = await read_struct(request, TestRequest)
    if wanted.event not in service.catalogue.events:
        fault = Fault("/event", f"There is no event {wanted.event!r}. GET /v1/events lists them.")
        raise RefusedError("The test cannot be sent as it is.", (fault,))
    outcome = await service.tests.send(
        client,
        wanted.url,
        wanted.event,
        service.examples.current.get(wanted.event),
        sees_restricted=Scope.ADMIN in client.scopes,
    )
    if not sees_everything(client):
        outcome = replace(outcome, detail=detail_for_client(outcome.error))
    return Response(encode(outcome), media_type="application/json")
