"""The token endpoint: the client credentials grant (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
from http import HTTPMethod, HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import encode
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api.authentication import REALM, address_of, service_of
from webhooks.api.bodies import Allowance, check_media_type, read_strangers_body
from webhooks.api.calls import FORM, Call, operation
from webhooks.api.problems import ProblemError
from webhooks.api.service import Service
from webhooks.model import Client
from webhooks.security import credentials
from webhooks.security.tokens import LIFETIME_SECONDS
from webhooks.settings import AuthMethod

_FORMS_BYTES = 4 * 1024 * 1024  # of all large forms together: whoever asks is not known yet
_ALLOWANCE = Allowance(_FORMS_BYTES)
_LONGEST_ID_CHARACTERS = 64  # of what is remembered of an id that is nobody's
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


ErrorCode = Literal["invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "slow_down"]


class AccessToken(Struct, frozen=True):
    """The answer, member by member as the guide prints it."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  a name of RFC 6750
    expires_in: int = LIFETIME_SECONDS
    scope: str = ""


class TokenRequest(Struct, frozen=True):
    """The form of the client credentials grant; id and secret stand here or in a Basic header, never in both."""

    grant_type: Literal["client_credentials"]
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


class TokenError(Struct, frozen=True):
    """An error, as RFC 6749 has it in section 5.2."""

    error: ErrorCode


_CALL = Call(
    tag="Access tokens",
    scopes=None,
    body=TokenRequest,
    body_example={"grant_type": "client_credentials"},
    body_type=FORM,
    answer=AccessToken,
    example=AccessToken("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.…"),
    problems=(HTTPStatus.SERVICE_UNAVAILABLE,),
    error=TokenError,
    errors=(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
)


class _GrantError(Exception):
    """An error of RFC 6749, section 5.2."""

    def __init__(
        self, code: ErrorCode, status: int = HTTPStatus.BAD_REQUEST, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code: ErrorCode = code
        self.status = status
        self.headers = headers or {}


@operation(HTTPMethod.POST, "/login/oauth/access_token", "/login/oauth/access", call=_CALL)
async def issue_token(request: Request) -> Response:
    """Issues an access token to a client that shows its id and secret, by a Basic header or in the form.

    The token is good for an hour. What it may be used for is the client's, not the token's: `scope` stays empty.
    """
    service = service_of(request)
    try:
        client = await _authenticate(request, service)
        request.state.client = client  # so the server does not count the connection among strangers'
    except _GrantError as error:
        return _answer(encode(TokenError(error.code)), error.status, error.headers)
    return _answer(encode(AccessToken(service.tokens.issue(client.id))), HTTPStatus.OK)


def _answer(content: bytes, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        content, status_code=status, media_type="application/json", headers={**_UNCACHED, **(headers or {})}
    )


async def _authenticate(request: Request, service: Service) -> Client:
    if AuthMethod.OAUTH2 not in service.auth:
        raise _GrantError("unauthorized_client")
    form = await _form(request)
    client_id, secret = _credentials(request, form)
    if "grant_type" not in form:
        raise _GrantError("invalid_request")
    if form["grant_type"] != "client_credentials":
        raise _GrantError("unsupported_grant_type")
    address, throttle = address_of(request), service.throttle
    known_as = credentials.canonical(client_id) or client_id[:_LONGEST_ID_CHARACTERS]
    if wait := throttle.wait(address, known_as):
        raise _GrantError("slow_down", HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(int(wait) + 1)})
    client = await service.store.read(lambda store: credentials.by_secret(store, service.keyring, client_id, secret))
    if client is None:
        throttle.failed(address, known_as)
        raise _unknown_client()
    throttle.succeeded(address, known_as)
    return client


async def _form(request: Request) -> dict[str, str]:
    body = await read_strangers_body(request, _ALLOWANCE)
    try:
        if body:  # without one, what is missing is the grant
            check_media_type(request, FORM)
    except ProblemError as error:
        raise _GrantError("invalid_request", error.status) from None
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise _GrantError("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _GrantError("invalid_request")  # RFC 6749, section 3.2: no parameter more than once,
    return {name: value for name, value in form.items() if value}  # and one without a value counts as left out


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    # Only Basic shows a client here: some clients send the token that has expired with this request, too.
    given = request.headers.getlist("authorization")
    headers = [header for header in given if header.partition(" ")[0].lower() == "basic"]
    in_form = "client_secret" in form
    if not headers:
        if not in_form or "client_id" not in form:
            raise _unknown_client()
        return form["client_id"], form["client_secret"]
    if in_form or len(headers) > 1:
        raise _GrantError("invalid_request")
    client_id, secret = _basic(headers[0])
    if form.get("client_id", client_id) != client_id:
        raise _GrantError("invalid_request")
    return client_id, secret


def _basic(header: str) -> tuple[str, str]:
    """Id and secret, which are form-encoded inside the Basic header (RFC 6749, section 2.3.1)."""
    try:
        decoded = base64.b64decode(header.partition(" ")[2].strip(), validate=True).decode()
    except ValueError:  # no base64, no UTF-8, or no ASCII
        decoded = ""
    client_id, colon, secret = decoded.partition(":")
    if not colon:
        raise _unknown_client()
    return unquote_plus(client_id), unquote_plus(secret)


def _unknown_client() -> _GrantError:
    challenge = {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"'}
    return _GrantError("invalid_client", HTTPStatus.UNAUTHORIZED, challenge)
