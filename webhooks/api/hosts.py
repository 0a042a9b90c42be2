"""By which names the administering port may be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.api.problems import problem

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::[0-9]*)?")
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
        self._hosts = frozenset(map(_canonical, hosts))

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
        found = _HOST.fullmatch(values[0])
        if found is None:
            return False
        host = _canonical(found[1] or found[2])
        address = _address(host)
        if address is None:
            return host == "localhost" or host.endswith(".localhost") or host in self._hosts
        own = _address(scope["server"][0]) if scope.get("server") else None
        return address.is_loopback or address == own or host in self._hosts


def _canonical(host: str) -> str:
    name = host.lower().removesuffix(".")
    return str(_address(name) or name)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
