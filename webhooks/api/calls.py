"""What the API's description says of a call beyond its handler's path, method and docstring."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from webhooks.api.authentication import SCOPES
from webhooks.json_text import NO_NUL
from webhooks.model import Scope

CALL = "call"
"""The key of a handler's `opt` that holds its Call."""

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Text = Annotated[str, Meta(extra_json_schema={"pattern": NO_NUL})]
"""Text of a query: `RequestLimits` refuses NUL in it."""


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

    def __deepcopy__(self, _memo: object) -> Self:
        """Itself: Litestar copies handlers as deep as it goes, and msgspec's annotations cannot be copied."""
        return self


def described(call: Call) -> Mapping[str, object]:
    """The `opt` of a handler: its description, and the scopes that its guard demands."""
    return {CALL: call, SCOPES: call.scopes or ()}
