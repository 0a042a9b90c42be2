"""The calls on /v1/webhooks."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence
from http import HTTPMethod, HTTPStatus

from msgspec import UNSET, Struct, field
from msgspec.json import encode
from msgspec.structs import asdict, replace
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api.authentication import client_of, service_of
from webhooks.api.bodies import read_struct
from webhooks.api.calls import Call, Link, operation
from webhooks.api.service import Service
from webhooks.errors import ConflictError
from webhooks.json_text import convert
from webhooks.model import Method, Registration, Scope
from webhooks.registering import RegistrationRequest, RemovalQuery, RemovalRequest, UrlRequest, check
from webhooks.security.keys import Purpose
from webhooks.store import registrations
from webhooks.store.registrations import row_name

_SIGNING_KEY_BYTES = 32  # Standard Webhooks: 24 to 64


class ShownRegistration(Struct, frozen=True, omit_defaults=True):
    """A registration as the guide prints it; the two last members are there only where they say something."""

    events: Sequence[str]
    url: str
    method: Method
    paused: bool = False
    disabled: str | None = None


class RegistrationList(Struct, frozen=True):
    """The answer to GET, as the guide prints it."""

    count: int
    web_hooks: Sequence[ShownRegistration] = field(name="webHooks")


class SigningKey(Struct, frozen=True):
    """A new signing key, shown this once; its form is Standard Webhooks'."""

    key: str


_REGISTERED_URL = "$response.body#/url"
_EXAMPLE = ShownRegistration(["ledgerpayment"], "https://localhost:5510/webservice/webhook", Method.POST)
_ABOUT_URL = Call(
    tag="Registrations",
    scopes=(Scope.WEBHOOKS,),
    body=UrlRequest,
    body_example={"url": _EXAMPLE.url},
    answer=ShownRegistration,
    example=_EXAMPLE,
    problems=(HTTPStatus.NOT_FOUND,),
)
_REGISTER = replace(
    _ABOUT_URL,
    status=HTTPStatus.CREATED,
    links=(
        *(Link(name, body={"url": _REGISTERED_URL}) for name in ("pause", "resume", "make_signing_key", "remove")),
        Link("list_deliveries", {"url": _REGISTERED_URL}),
    ),
    body=RegistrationRequest,
    body_example={"events": _EXAMPLE.events, "url": _EXAMPLE.url, "secret": "mySecret", "method": "POST"},
    problems=(),
)
_LIST = Call(
    tag="Registrations",
    scopes=(Scope.WEBHOOKS,),
    answer=RegistrationList,
    example=RegistrationList(1, [_EXAMPLE]),
)
_REMOVE = replace(
    _ABOUT_URL,
    status=HTTPStatus.NO_CONTENT,
    body=RemovalRequest,
    query=RemovalQuery,
    body_example={"url": _EXAMPLE.url, "events": _EXAMPLE.events},
    answer=None,
    example=None,
    problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
_MAKE_KEY = replace(
    _ABOUT_URL, answer=SigningKey, example=SigningKey("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfEw7FvyGY=")
)


@operation(HTTPMethod.PUT, "/v1/webhooks", call=_REGISTER)
async def register(request: Request) -> Response:
    """Adds events to a URL, and answers with all the events that are registered for it.

    `secret` and `method` belong to the URL: without them they stay as they are, `null` removes the secret and makes the
    method POST again. URLs are compared byte for byte. The addresses behind a URL are judged when something is sent.
    """
    service, client = service_of(request), client_of(request)
    wanted = await read_struct(request, RegistrationRequest)
    check(wanted, service.catalogue, client, is_http_allowed=service.is_http_allowed)
    changes: dict[str, object] = {}
    if wanted.method is not UNSET:
        changes["method"] = wanted.method or Method.POST
    if wanted.secret is not UNSET:
        changes["secret"] = _encrypted(service, Purpose.SECRET, wanted.secret, row_name(client.id, wanted.url))
    stored = await service.store.write(
        lambda store: registrations.put(store, client.id, wanted.url, wanted.events, changes)
    )
    return _shown(stored, HTTPStatus.CREATED)


@operation(HTTPMethod.GET, "/v1/webhooks", call=_LIST)
async def list_registrations(request: Request) -> Response:
    """The caller's own registrations."""
    client = client_of(request)

    def query(store: Connection) -> bytes:
        """The answer, as it is sent."""
        shown = [_show(registration) for registration in registrations.every(store, client.id)]
        return encode(RegistrationList(len(shown), shown))

    found = await service_of(request).store.read_kept(("registrations", client.id), query)
    return Response(found, media_type="application/json")


@operation(HTTPMethod.DELETE, "/v1/webhooks", call=_REMOVE)
async def remove(request: Request) -> Response:
    """Removes a URL, or some of its events; what was not sent yet is cancelled.

    The last event that is removed removes the URL. Say what goes in the body or, since some proxies drop the body of a
    DELETE, in the query; what both say must agree. In the query `events` is repeated, or has commas. A request without
    a body is taken where its query has the URL, although a body is asked for here.
    """
    service, client = service_of(request), client_of(request)
    wanted = await _removal(request)
    await service.store.write(lambda store: registrations.remove(store, client.id, wanted.url, wanted.events))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@operation(HTTPMethod.POST, "/v1/webhooks/signing-key", call=_MAKE_KEY)
async def make_signing_key(request: Request) -> Response:
    """Makes the URL's signing key, or rotates it: the one before signs too for a day.

    The key is shown this once. Requests are signed as Standard Webhooks says, beside the secret in their body.
    """
    service, client = service_of(request), client_of(request)
    url = (await read_struct(request, UrlRequest)).url
    key = f"whsec_{b64encode(secrets.token_bytes(_SIGNING_KEY_BYTES)).decode()}"
    encrypted = service.keyring.encrypt(Purpose.SIGNING_KEY, key.encode(), row_name(client.id, url))
    await service.store.write(lambda store: registrations.rotate_signing_key(store, client.id, url, encrypted))
    return Response(encode(SigningKey(key)), media_type="application/json")


@operation(HTTPMethod.POST, "/v1/webhooks/pause", call=_ABOUT_URL)
async def pause(request: Request) -> Response:
    """Holds what would be sent to the URL."""
    return await _set_paused(request, is_paused=True)


@operation(HTTPMethod.POST, "/v1/webhooks/resume", call=_ABOUT_URL)
async def resume(request: Request) -> Response:
    """Sends what was held or waits for its next attempt, at once, and enables an endpoint that was disabled.

    For when the receiver has been mended: each call uses up an attempt of what waits. Time that the endpoint has asked
    for by `Retry-After` passes first.
    """
    return await _set_paused(request, is_paused=False)


async def _set_paused(request: Request, *, is_paused: bool) -> Response:
    service, client = service_of(request), client_of(request)
    url = (await read_struct(request, UrlRequest)).url
    stored = await service.store.write(
        lambda store: registrations.set_paused(store, client.id, url, is_paused=is_paused)
    )
    return _shown(stored, HTTPStatus.OK)


async def _removal(request: Request) -> RemovalRequest:
    """From the body or, since proxies may drop the body of a DELETE, from the query; what both say must agree."""
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    query: dict[str, object] = {name: values[0] if len(values) == 1 else values for name, values in given.items()}
    if "events" in given:
        query["events"] = [event for value in given["events"] for event in value.split(",")]
    convert(query, RemovalQuery)
    wanted = await read_struct(request, RemovalRequest, is_optional=True)
    if wanted is None:
        return convert(query, RemovalRequest)
    if convert({**asdict(wanted), **query}, RemovalRequest) != wanted:
        raise ConflictError("The body and the query say different things: send one of them.")
    return wanted


def _encrypted(service: Service, purpose: Purpose, value: str | None, row: str) -> bytes | None:
    return None if value is None else service.keyring.encrypt(purpose, value.encode(), row)


def _shown(registration: Registration, status: int) -> Response:
    return Response(encode(_show(registration)), status_code=status, media_type="application/json")


def _show(registration: Registration) -> ShownRegistration:
    return ShownRegistration(
        registration.events,
        registration.url,
        registration.method,
        registration.is_paused,
        registration.disabled_reason,
    )
