"""Finds out which address a request is from if it came through proxies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from webhooks.errors import SettingsError

_MAPPED = 96  # the length of the prefix ::ffff:0:0, before an IPv4 address in an IPv6 one
_WITH_PORT = re.compile(r"^(?:\[([0-9A-Fa-f:.]+)\]|([^:]+))(?::[0-9]+)?$")  # as some proxies write an address


class Proxies:
    """The trusted proxies, whose X-Forwarded-For is believed."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(map(parse_network, networks))

    def client_address(self, peer: str, forwarded: str | None) -> str:
        """The nearest address that is no trusted proxy. `forwarded` is the request's X-Forwarded-For."""
        chain = [part.strip() for part in (forwarded or "").split(",") if part.strip()]
        address = peer
        while chain and self._trusts(address):
            address = _WITH_PORT.sub(r"\1\2", chain.pop())
        return address

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
        return any((mapped or parsed) in network for network in self._networks)


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Parses CIDR notation. A network of IPv4 addresses mapped into IPv6 becomes one of IPv4. Raises SettingsError."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no network in CIDR notation such as 10.0.0.0/8: {error}") from None
    if "%" in text:
        raise SettingsError(f"{text!r} names an interface, and a network of all of them is meant: leave the % out")
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if mapped is None else IPv4Network((mapped, network.prefixlen - _MAPPED))
