"""Errors as clients see them: problem details (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import encode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from webhooks.errors import BusyError, ConflictError, Fault, NotFoundError, RefusedError, StoreError

MEDIA_TYPE = "application/problem+json"
_MOST_FAULTS = 50  # of a request that has thousands, the answer shows so many
_log = logging.getLogger(__name__)


_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """The status in words, by RFC 9110: Python's own words depend on its version."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


class Problem(Struct, frozen=True):
    """What is wrong, as RFC 9457 has it. `errors` is there where members of the request are at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: Sequence[Fault] | UnsetType = UNSET


class ProblemError(Exception):
    """An answer with a status of its own, for what the service's errors do not tell."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def problem(
    status: int, detail: str, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer that a problem is told by."""
    return Response(encode(members(status, detail, faults)), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def members(status: int, detail: str, faults: tuple[Fault, ...] = ()) -> Problem:
    """The problem; what clients sent is quoted without what UTF-8 cannot hold."""
    errors = [Fault(_clean(fault.pointer), _clean(fault.detail)) for fault in faults[:_MOST_FAULTS]]
    return Problem("about:blank", phrase(status), int(status), _clean(detail), errors or UNSET)


def of_error(error: RefusedError) -> Problem:
    """The problem for a refusal."""
    return members(_status(error), error.message, error.faults)


def _status(error: RefusedError) -> int:
    match error:
        case NotFoundError():
            return HTTPStatus.NOT_FOUND
        case ConflictError():
            return HTTPStatus.CONFLICT
        case _:
            return HTTPStatus.BAD_REQUEST


def _clean(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


async def _refused(_request: Request, error: RefusedError) -> Response:
    return problem(_status(error), error.message, error.faults)


async def _away(_request: Request, error: StoreError) -> Response:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, headers={"Retry-After": "5"})


async def _busy(_request: Request, error: BusyError) -> Response:
    return problem(HTTPStatus.TOO_MANY_REQUESTS, error.message, headers={"Retry-After": "1"})


async def _told(_request: Request, error: ProblemError) -> Response:
    return problem(error.status, error.detail, headers=error.headers)


async def _http(_request: Request, error: HTTPException) -> Response:
    """Of the router's own: 404."""
    return problem(error.status_code, "There is no such path. /docs has those that there are.")


async def answer_bug(request: Request, error: Exception) -> Response:
    """What nobody has foreseen, which only the log tells of."""
    _log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The service met an error of its own; its log tells more.")


HANDLERS: Mapping[Any, Callable[[Request, Any], Awaitable[Response]]] = {
    RefusedError: _refused,
    StoreError: _away,
    BusyError: _busy,
    ProblemError: _told,
    HTTPException: _http,
}
"""Starlette's exception handlers, by class."""
