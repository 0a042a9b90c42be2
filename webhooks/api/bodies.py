"""Reads a request's body as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from litestar import Request

from webhooks import json_text
from webhooks.api.problems import ProblemError
from webhooks.json_text import Decoded, S, convert

AnyRequest = Request[Any, Any, Any]


async def decode_json(request: AnyRequest) -> Decoded:
    """The body's value, as `json_text.decode` gives it. Raises ProblemError 415, RefusedError."""
    check_media_type(request, "application/json")
    return json_text.decode(await request.body())


async def read_struct(request: AnyRequest, type_: type[S]) -> S:
    """The body as a struct. Raises ProblemError 415, and RefusedError where it is no JSON or does not fit."""
    check_media_type(request, "application/json")
    return convert(json_text.read(await request.body()), type_)


def check_media_type(request: AnyRequest, expected: str) -> None:
    """Raises ProblemError 415 for another type than `expected`, another charset than UTF-8, and what is compressed."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")
    given = request.headers.getall("content-type", [])
    media_type, _, parameters = (given[0] if len(given) == 1 else "").partition(";")
    if media_type.strip().lower() != expected:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body's Content-Type must be {expected}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body's charset must be UTF-8.")
