"""The calls of the API: what each is asked by, who answers it, and what the API's description says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from webhooks.json_text import NO_NUL
from webhooks.model import Scope

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Text = Annotated[str, Meta(extra_json_schema={"pattern": NO_NUL})]
"""Text of a query: `UrlLimits` refuses NUL in it."""


FIRST_DELIVERY = {"delivery_id": "$response.body#/deliveries/0/id"}
"""The parameter of a Link to a call about one delivery."""


class Link(Struct, frozen=True):
    """A call that may follow, by its operation's id, and what it takes from this one: OpenAPI's runtime expressions."""

    to: str
    parameters: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None


class Call(Struct, frozen=True, kw_only=True):
    """A call as it is described. A type is a struct, or a tuple of those that may be there.

    `problems` are statuses with a problem body, beyond those of every call; `errors` are those that the call answers in
    a way of its own, with the struct `error`. `scopes` are those of which one is needed; None stands for a call that is
    open to everybody.
    """

    tag: str
    status: int = HTTPStatus.OK
    answer: Any = None
    example: object = None
    media_type: str = JSON
    body: Any = None
    body_example: object = None
    body_type: str = JSON
    is_body_optional: bool = False
    query: type[Struct] | None = None
    scopes: tuple[Scope, ...] | None = ()
    problems: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    error: Any = None
    links: tuple[Link, ...] = ()


Handler = Callable[[Request], Awaitable[Response]]


class Operation(Struct, frozen=True):
    """A method of one path or of several spellings of it, with what answers it; the name is OpenAPI's."""

    method: HTTPMethod
    paths: tuple[str, ...]
    call: Call
    handler: Handler


def operation(method: HTTPMethod, *paths: str, call: Call) -> Callable[[Handler], Operation]:
    """Makes an Operation of the function that it decorates, whose name and docstring the description shows."""
    return lambda handler: Operation(method, paths, call, handler)
