"""Reads a request's body, within bounds; as JSON. Who calls this knows already who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Literal, overload

from starlette.requests import Request

from webhooks import json_text
from webhooks.api.problems import ProblemError
from webhooks.json_text import S, convert

MOST_BYTES: Final = 64 * 1024
"""Of a body, where the call says nothing else."""

BODY_SECONDS: Final = 30.0
"""For the whole body: a client that drips it byte by byte is cut off."""

_FREE_BYTES = 16 * 1024  # of a stranger's body, which have come with the head
_LENGTH_DIGITS = 12  # of a Content-Length that is worth reading
_CLOSE = {"Connection": "close"}  # what is left of the body is not read


class Allowance:
    """What the bodies of strangers may have together, beyond the first 16 KiB of each."""

    def __init__(self, most_bytes: int) -> None:
        self._left_bytes = most_bytes

    def take(self, size_bytes: int) -> None:
        """Raises ProblemError 503 where there is not so much left. Give it back."""
        if size_bytes > self._left_bytes:
            detail = "The service reads as much of strangers' large bodies as it takes. Send a smaller one, or wait."
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, {**_CLOSE, "Retry-After": "5"})
        self._left_bytes -= size_bytes

    def give_back(self, size_bytes: int) -> None:
        """It is used no more."""
        self._left_bytes += size_bytes


async def read_strangers_body(request: Request, allowance: Allowance) -> bytes:
    """As `read_body`, for a call that is open to everybody; raises ProblemError 503 where others take too much."""
    taken = 0

    def grow(size_bytes: int) -> None:
        """Takes from the allowance what goes beyond the free bytes. Raises ProblemError 503."""
        nonlocal taken
        if (more := size_bytes - _FREE_BYTES - taken) > 0:
            allowance.take(more)
            taken += more

    try:
        return await read_body(request, grow=grow)
    finally:
        allowance.give_back(taken)


async def read_body(request: Request, most: int = MOST_BYTES, grow: Callable[[int], None] = lambda _: None) -> bytes:
    """The whole body, of at most `most` bytes; `grow` hears how many there are, and may raise.

    Raises ProblemError 413 for a larger one, before it is read where a header tells; ProblemError 408 for a slow one;
    Starlette's ClientDisconnect where the client has gone before it was sent, so that nothing is done by half of it.
    """
    length = request.headers.get("content-length", "")
    if len(length) > _LENGTH_DIGITS or int(length or 0) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                grow(len(body) + len(part))
                body += part
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        detail = f"The body did not arrive within {BODY_SECONDS:g} s. Send it again, whole and at once."
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, detail, _CLOSE) from None
    return bytes(body)


@overload
async def read_struct(request: Request, type_: type[S]) -> S: ...
@overload
async def read_struct(request: Request, type_: type[S], *, is_optional: Literal[True]) -> S | None: ...
async def read_struct(request: Request, type_: type[S], *, is_optional: bool = False) -> S | None:
    """The body as a struct; None where there is none, and `is_optional` says that it may be left out.

    Raises ProblemError as `read_body` and `check_media_type` do, and RefusedError where it is no JSON or does not fit.
    """
    if not is_optional:
        check_media_type(request, "application/json")
    body = await read_body(request)
    if is_optional:
        if not body:
            return None
        check_media_type(request, "application/json")
    return convert(json_text.read(body), type_)


def check_media_type(request: Request, expected: str) -> None:
    """Raises ProblemError 415 for another type than `expected`, another charset than UTF-8, and what is compressed."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")
    given = request.headers.getlist("content-type")
    media_type, _, parameters = (given[0] if len(given) == 1 else "").partition(";")
    if media_type.strip().lower() != expected:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body's Content-Type must be {expected}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body's charset must be UTF-8.")


def _too_large(most: int) -> ProblemError:
    detail = f"The body is larger than {most} bytes, which is the most that this call takes."
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, _CLOSE)
