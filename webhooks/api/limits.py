"""What a request's URL may be. What its body may be is in `bodies`, what its head may be in `request_parser`."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.api.problems import problem

_LONGEST_PATH_CHARACTERS = 1024


class UrlLimits:
    """ASGI middleware that answers requests for URLs which nothing here has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http" or (fault := _fault(scope)) is None:
            await self._app(scope, receive, send)
            return
        answer = problem(*fault, headers={"Connection": "close"})
        await answer(scope, receive, send)


def _fault(scope: Scope) -> tuple[HTTPStatus, str] | None:
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return HTTPStatus.BAD_REQUEST, "The request's URL holds NUL, which nothing here has."
    # Paths are remembered, and memory is to stay small. An encoded slash parts a path for some servers and not for
    # others, so that one before this one may take it for another path.
    if len(scope["path"]) > _LONGEST_PATH_CHARACTERS or b"%2f" in scope["raw_path"].lower():
        return HTTPStatus.NOT_FOUND, "There is no such path. /docs has those that there are."
    return None
