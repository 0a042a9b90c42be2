"""What every view needs: the store, the templates, and who is looking."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from pages.guard import HEADERS
from pages.rendering import Renderer, tag_of
from webhooks.api.bodies import read_body
from webhooks.api.service import Service
from webhooks.composing.definitions import Definitions
from webhooks.errors import RefusedError
from webhooks.settings import Settings
from webhooks.store.store import Store
from webhooks.window.entrance import Entrance, Visitor

T = TypeVar("T")

VIEWS: Final = (
    ("/", "Overview"),
    ("/deliveries", "Deliveries"),
    ("/dead", "Dead letters"),
    ("/endpoints", "Endpoints"),
    ("/definitions", "Definitions"),
    ("/clients", "Clients"),
)
MOST_SHOWN: Final = 200
"""So many endpoints, clients or groups are on a page, and so many names in a list to choose from."""

_EVERY_MILLISECONDS: Final = 5000
_LARGEST_FORM: Final = 64 * 1024
_MOST_FIELDS: Final = 20
_log = logging.getLogger(__name__)


class Desk:
    """The window of one process."""

    def __init__(self, service: Service, settings: Settings, definitions: Definitions) -> None:
        self.service = service
        self.settings = settings
        self.definitions = definitions
        self.entrance = Entrance(service.keyring.window_key())
        self._renderer = Renderer(
            Path(__file__).parent / "templates",
            program="Aptic webhooks",
            views=VIEWS,
            every=_EVERY_MILLISECONDS,
            most_shown=MOST_SHOWN,
        )

    async def browse(self, look: Callable[[Store], T]) -> T:
        """What a look at the store finds; it keeps none of the API's readers. Raises StoreError."""
        return await self.service.store.browse(lambda: look(self.service.store))

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, object],
        *,
        here: str = "",
        status: int = HTTPStatus.OK,
        is_live: bool = True,
    ) -> Response:
        """A page, or 304 where the one who asks has it as it is. `here` is the view that it belongs to."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        told = ""
        if visitor is not None and request.headers.get("x-live") is None:
            told, visitor.told = visitor.told, ""
        shared = {"visitor": visitor, "told": told, "here": here, "is_live": is_live and visitor is not None}
        content = self._renderer.render(template, {**shared, **values})
        headers = {**HEADERS, "ETag": tag_of(content)}
        if status == HTTPStatus.OK and request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(content, status, headers, "text/html")


def sought(request: Request) -> str:
    """A part of the names that are to be shown; empty for all."""
    return request.query_params.get("find", "").strip()


def has(find: str, *names: str) -> bool:
    """Whether what is sought is in one of the names, in capitals or not."""
    return any(find.casefold() in name.casefold() for name in names)


def visitor_of(request: Request) -> Visitor:
    """Who is looking."""
    found: Visitor = request.state.visitor
    return found


def note(request: Request, what: str, **ids: str) -> None:
    """Writes to the log who looked at what, or did it."""
    _log.info("the window: %s %s", visitor_of(request).who, what, extra={"ids": ids} if ids else {})


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last one of each name. Raises ProblemError as `read_body` does, and RefusedError."""
    content = await read_body(request, _LARGEST_FORM)
    try:
        return dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise RefusedError("The form is not one of these pages: load the page again.") from None


def see_other(path: str) -> Response:
    """Sends a browser on by GET, so that a reload repeats nothing."""
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": path})
