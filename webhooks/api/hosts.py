"""By which names the administering port may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from pages.guard import canonical, host_of, is_known
from webhooks.api.problems import problem

_DETAIL = (
    "This port is asked by a loopback name or address, by the address that it listens on, or by a name that "
    "--window-host allows."
)


class KnownHosts:
    """ASGI middleware that answers requests for known hosts only.

    A page of somebody else's can have its own name lead to loopback (DNS rebinding). A browser lets it read what it is
    answered, but sends that name as the Host.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(map(canonical, hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 421."""
        if scope["type"] != "http" or self._knows(scope):
            await self._app(scope, receive, send)
        else:
            await problem(HTTPStatus.MISDIRECTED_REQUEST, _DETAIL)(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if not values:
            return True  # HTTP/1.0, and so no browser
        host = host_of(values[0])
        return host is not None and is_known(host, scope["server"][0] if scope.get("server") else None, self._hosts)
