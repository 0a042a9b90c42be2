"""From a request to the function that answers it, and to the answer where there is none or it fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPMethod, HTTPStatus

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.api.authentication import authenticate
from webhooks.api.calls import Operation
from webhooks.api.problems import HANDLERS, ProblemError, answer_bug


def build_router(operations: Iterable[Operation], **state: object) -> Starlette:
    """The application of these operations; `state` is what they find in `request.app.state`."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        for path in operation.paths:
            by_path.setdefault(path, {})[operation.method] = operation
    app = Starlette(
        routes=[Route(path, Resource(found)) for path, found in by_path.items()],
        exception_handlers=HANDLERS,
        middleware=[Middleware(ExceptionMiddleware, handlers={Exception: answer_bug})],  # Starlette's raises it again
    )
    app.router.redirect_slashes = False  # paths have their one spelling before they come here
    for name, value in state.items():
        setattr(app.state, name, value)
    return app


class Resource:
    """What is at a path, with a method or more. Who asks has to be known first, unless all of it is open."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        self.methods = {*operations, HTTPMethod.OPTIONS, *([HTTPMethod.HEAD] if HTTPMethod.GET in operations else [])}
        self._allowed = ", ".join(sorted(self.methods))
        self._is_open = all(operation.call.scopes is None for operation in operations.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or raises what `problems.HANDLERS` answer."""
        request = Request(scope, receive, send)
        operation = self._operations.get(scope["method"])
        if operation is None and scope["method"] != HTTPMethod.OPTIONS:
            detail = f"This path has no such method; it has {self._allowed}."
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, {"Allow": self._allowed})
        if not self._is_open:
            await authenticate(request, (operation.call.scopes if operation else None) or ())
        try:
            answer = await operation.handler(request) if operation else self._options()
        except ClientDisconnect:
            return  # it has gone before its request was whole
        await answer(scope, receive, send)

    def _options(self) -> Response:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": self._allowed})


class Uncached:
    """ASGI middleware that lets nobody on the way keep an answer, unless the answer itself says what may be kept.

    Caches know that answers to Authorization are for one client; that answers to X-API-Key are, they cannot know.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def send_uncached(message: Message) -> None:
            """Sends a part of the answer; its head says that nobody keeps it."""
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_uncached)
