"""Finds out who asks, before anything of the request's body is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request

from webhooks.api.problems import ProblemError
from webhooks.api.service import Service
from webhooks.errors import CredentialsError, ExpiredError
from webhooks.model import Client, Scope
from webhooks.security import credentials
from webhooks.settings import AuthMethod
from webhooks.store import clients

REALM = "aptic-webhooks"
_HEADERS = {b"authorization": AuthMethod.OAUTH2, b"x-api-key": AuthMethod.API_KEY}
_LONGEST_DELAY_SECONDS = 2.0  # clients' own timeouts begin at 5


def service_of(request: Request) -> Service:
    """The service that the application was built for."""
    found: Service = request.app.state.service
    return found


def client_of(request: Request) -> Client:
    """Who asks; known once `authenticate` has run."""
    found: Client = request.state.client
    return found


def sees_everything(client: Client) -> bool:
    """Whether the client may look at other clients' events and deliveries."""
    return bool(client.scopes & {Scope.SUPPORT, Scope.ADMIN})


def address_of(request: Request) -> str:
    """Where the request is from, past the proxies that are trusted."""
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    return service_of(request).proxies.client_address(peer, forwarded)


async def authenticate(request: Request, needed: Sequence[Scope]) -> None:
    """Sets `request.state.client`, or raises ProblemError: 401, or 403 for who has none of the needed scopes."""
    service = service_of(request)
    client = await _client(request, service)
    request.state.client = client  # the server knows by this whose connection it is
    if needed and not client.scopes & {*needed, Scope.ADMIN}:
        names = " or ".join(needed)
        raise forbidden(
            service, f"This call needs the scope {names}, which the client {client.name!r} has not.", needed
        )


def forbidden(service: Service, detail: str, needed: Sequence[Scope]) -> ProblemError:
    """403, with the scopes of which one is needed."""
    error = f', error="insufficient_scope", scope="{" ".join(needed)}"'
    return ProblemError(HTTPStatus.FORBIDDEN, detail, _challenge(service, error))


async def _client(request: Request, service: Service) -> Client:
    """Who shows a token, a key or both; where both are shown, both must be right. A way that is off does not count."""
    shown = [header for header in request.scope["headers"] if header[0] in _HEADERS]
    if len(shown) > len(dict(shown)):
        detail = "Authenticate once: this request has several Authorization or several X-API-Key headers."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail, _challenge(service, ', error="invalid_request"'))
    texts = {_HEADERS[name]: value.decode("latin-1") for name, value in shown if _HEADERS[name] in service.auth}
    found: Client | None = None
    if (authorization := texts.get(AuthMethod.OAUTH2)) is not None:
        found = await _by_token(request, service, authorization)
    if (api_key := texts.get(AuthMethod.API_KEY)) is not None:
        found = await _by_api_key(request, service, api_key, found)
    if found is None:
        raise _unauthorized(service, f"Authenticate by {' or '.join(_ways(service))}.")
    return found


async def _by_token(request: Request, service: Service, authorization: str) -> Client:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorized(service, "The scheme of the Authorization header must be Bearer.")
    try:
        client_id = service.tokens.client_of(token.strip())
    except CredentialsError as error:
        if not isinstance(error, ExpiredError):
            await _slow_down(request, service)
        raise _unauthorized(service, error.message, is_token=True) from None
    client = await service.store.read_kept(("client", client_id), lambda store: clients.by_id(store, client_id))
    if client is None or client.is_disabled:
        raise _unauthorized(service, "The client of this access token is disabled.", is_token=True)
    return client


async def _by_api_key(request: Request, service: Service, api_key: str, by_token: Client | None) -> Client:
    hashes = credentials.hashes_of(service.keyring, api_key)
    client = await service.store.read_kept(("api key", hashes), lambda store: credentials.by_api_key(store, hashes))
    if client is None:
        if by_token is None:  # whoever is known already does not guess
            await _slow_down(request, service)
        raise _unauthorized(service, "The API key is not known, or its client is disabled.")
    if by_token is not None and by_token.id != client.id:
        raise _unauthorized(service, "The access token and the API key are of two clients: send one of them.")
    return client


async def _slow_down(request: Request, service: Service) -> None:
    """Keeps who guesses waiting. Keys and tokens cannot be guessed, so a right one never waits."""
    address = address_of(request)
    service.throttle.failed(address, None)
    await asyncio.sleep(min(_LONGEST_DELAY_SECONDS, service.throttle.wait(address, None)))


def _unauthorized(service: Service, detail: str, *, is_token: bool = False) -> ProblemError:
    error = ', error="invalid_token"' if is_token else ""
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, _challenge(service, error))


def _challenge(service: Service, error: str) -> dict[str, str]:
    """The ways to authenticate that are on; the error codes are those of RFC 6750, section 3.1."""
    challenges = []
    if AuthMethod.OAUTH2 in service.auth:
        challenges.append(f'Bearer realm="{REALM}"{error}')
    if AuthMethod.API_KEY in service.auth:
        challenges.append(f'ApiKey realm="{REALM}", header="X-API-Key"')
    return {"WWW-Authenticate": ", ".join(challenges)}


def _ways(service: Service) -> list[str]:
    ways = []
    if AuthMethod.OAUTH2 in service.auth:
        ways.append("an access token from /login/oauth/access_token (Authorization: Bearer)")
    if AuthMethod.API_KEY in service.auth:
        ways.append("an API key (X-API-Key)")
    return ways
