"""The window as an application: its routes, and who may ask for each."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPMethod, HTTPStatus

from msgspec import Struct
from msgspec.json import encode
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pages.guard import HEADERS, is_own
from pages.rendering import static
from webhooks.api.problems import ProblemError
from webhooks.api.service import Service
from webhooks.composing.definitions import Definitions
from webhooks.errors import ConflictError, CredentialsError, NotFoundError, ServiceError, StoreError
from webhooks.settings import Settings
from webhooks.window import actions, clients, dead, definitions, deliveries, endpoints, overview
from webhooks.window.desk import Desk, read_form, see_other
from webhooks.window.entrance import COOKIES, LONGEST_SECONDS

View = Callable[[Desk, Request], Awaitable[Response]]
_ENDED = "A session ends half an hour after the last click, after eight hours, and with the service."
_ONLY_BY_LINK = "Whoever looks comes by a link, which can be used once."
_FOREIGN = "This did not come from a page of this service. Load the page again, and try once more."
_ONLY_ADMIN = "Actions are for the scope admin; your link has the scope support."
_STATUSES = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_log = logging.getLogger(__name__)


class Place(Struct, frozen=True):
    """Something of the window. `is_action` says that it is for administrators, and changes something."""

    method: HTTPMethod
    path: str
    view: View
    is_action: bool = False


PLACES: tuple[Place, ...] = (
    Place(HTTPMethod.GET, "/", overview.show),
    Place(HTTPMethod.GET, "/deliveries", deliveries.show_list),
    Place(HTTPMethod.GET, "/deliveries/{id}", deliveries.show_one),
    Place(HTTPMethod.GET, "/dead", dead.show),
    Place(HTTPMethod.GET, "/endpoints", endpoints.show_list),
    Place(HTTPMethod.GET, "/endpoint", endpoints.show_one),
    Place(HTTPMethod.GET, "/definitions", definitions.show),
    Place(HTTPMethod.GET, "/clients", clients.show),
    Place(HTTPMethod.POST, "/deliveries/{id}/replay", actions.replay, is_action=True),
    Place(HTTPMethod.POST, "/deliveries/{id}/recompose", actions.recompose, is_action=True),
    Place(HTTPMethod.POST, "/dead/replay", actions.replay_group, is_action=True),
    Place(HTTPMethod.POST, "/endpoint/pause", actions.pause, is_action=True),
    Place(HTTPMethod.POST, "/endpoint/resume", actions.resume, is_action=True),
    Place(HTTPMethod.POST, "/endpoint/test", actions.test, is_action=True),
    Place(HTTPMethod.POST, "/clients/disable", actions.disable, is_action=True),
    Place(HTTPMethod.POST, "/clients/enable", actions.enable, is_action=True),
    Place(HTTPMethod.POST, "/definitions/accept", actions.accept, is_action=True),
)
"""All that is inside."""


def build_window(service: Service, settings: Settings, definitions: Definitions) -> ASGIApp:
    """The application of a process' window; `definitions` are those that it composes by."""
    desk = Desk(service, settings, definitions)
    outside = (
        Route("/static/{name}", _static, methods=["GET"]),
        Route("/entrance", partial(_entrance, desk), methods=["GET"]),
        Route("/enter", partial(_show_enter, desk), methods=["GET"]),
        Route("/enter", partial(_answered, _enter, desk), methods=["POST"]),
        Route("/leave", partial(_answered, _leave, desk), methods=["POST"]),
    )
    inside = [Route(place.path, _guarded(desk, place), methods=[place.method.value]) for place in PLACES]
    app = Starlette(routes=[*outside, *inside])
    app.router.redirect_slashes = False
    app.router.default = _Nowhere(desk)
    return app


def _guarded(desk: Desk, place: Place) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """Answers who may ask, and says to everybody else why not."""
        visitor = desk.entrance.visitor(
            request.cookies.get(desk.entrance.cookie), is_refresh=request.headers.get("x-live") is not None
        )
        if visitor is None:
            heading, message = "You are not signed in", _ONLY_BY_LINK
            if any(name.startswith(COOKIES) for name in request.cookies):
                heading, message = "Your session has ended", _ENDED
            return _closed(desk, request, HTTPStatus.UNAUTHORIZED, heading, message)
        request.state.visitor = visitor
        if place.is_action and not is_own(request.headers):
            return _fault(desk, request, HTTPStatus.FORBIDDEN, _FOREIGN)
        if place.is_action and not visitor.may_act:
            return _fault(desk, request, HTTPStatus.FORBIDDEN, _ONLY_ADMIN)
        return await _answered(place.view, desk, request)

    return answer


async def _answered(view: View, desk: Desk, request: Request) -> Response:
    """What a view answers, or a page that says why it cannot."""
    try:
        return await view(desk, request)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    except ProblemError as error:
        return _fault(desk, request, HTTPStatus(error.status), error.detail)
    except ServiceError as error:
        status = next((each for kind, each in _STATUSES.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
        return _fault(desk, request, status, error.message)
    except Exception:
        _log.exception("a view of the window failed: %s %s", request.method, request.url.path)
        return _fault(desk, request, HTTPStatus.INTERNAL_SERVER_ERROR, "This view has failed; the log says why.")


def _fault(desk: Desk, request: Request, status: HTTPStatus, message: str) -> Response:
    values = {"heading": status.phrase, "message": message}
    return desk.page(request, "fault", values, status=status, is_live=False)


def _closed(desk: Desk, request: Request, status: HTTPStatus, heading: str, message: str) -> Response:
    found = {"heading": heading, "message": message, "is_outside": status != HTTPStatus.NOT_FOUND}
    return desk.page(request, "closed", found, status=status, is_live=False)


async def _static(request: Request) -> Response:
    """A file that all pages share."""
    found = static(request.path_params["name"])
    if found is None:
        return Response("There is no such file.", HTTPStatus.NOT_FOUND, HEADERS, "text/plain")
    return Response(found[0], headers={**HEADERS, "Cache-Control": "no-cache"}, media_type=found[1])


async def _entrance(desk: Desk, _request: Request) -> Response:
    """For whom `aptic-webhooks window` makes a link: this process."""
    return Response(encode({"process": desk.entrance.process}), headers=HEADERS, media_type="application/json")


async def _show_enter(desk: Desk, request: Request) -> Response:
    """A page with a button: a link that a program has looked at is not used by that."""
    token = request.query_params.get("token", "")
    try:
        link = desk.entrance.read(token)
    except CredentialsError as error:
        return _closed(desk, request, HTTPStatus.FORBIDDEN, "This link cannot be used", error.message)
    return desk.page(request, "enter", {"link": link, "token": token}, is_live=False)


async def _enter(desk: Desk, request: Request) -> Response:
    """Uses a link, and has the browser remembered."""
    if not is_own(request.headers):
        return _closed(desk, request, HTTPStatus.FORBIDDEN, "Not from here", _FOREIGN)
    token = (await read_form(request)).get("token", "")
    try:
        value, link = desk.entrance.enter(token)
    except CredentialsError as error:
        return _closed(desk, request, HTTPStatus.FORBIDDEN, "This link cannot be used", error.message)
    _log.info("the window: %s enters with the scope %s", link.who, link.scope.value)
    answer = see_other("/")
    answer.set_cookie(desk.entrance.cookie, value, max_age=LONGEST_SECONDS, httponly=True, samesite="strict")
    return answer


async def _leave(desk: Desk, request: Request) -> Response:
    """Forgets who is looking."""
    if not is_own(request.headers):
        return _closed(desk, request, HTTPStatus.FORBIDDEN, "Not from here", _FOREIGN)
    desk.entrance.leave(request.cookies.get(desk.entrance.cookie))
    answer = _closed(desk, request, HTTPStatus.OK, "You have signed out", _ONLY_BY_LINK)
    answer.delete_cookie(desk.entrance.cookie)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


class _Nowhere:
    """Answers for paths that nothing has."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Says so."""
        request = Request(scope)  # type: ignore[arg-type]
        answer = _closed(self._desk, request, HTTPStatus.NOT_FOUND, "There is nothing here", "The overview is at /.")
        await answer(scope, receive, send)  # type: ignore[arg-type]
