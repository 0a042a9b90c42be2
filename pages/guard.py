"""What keeps other people's pages away from ours: headers of every answer, and the origin of what changes something."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every page: nothing but our own is loaded, nobody frames it, and nothing of it is kept."""

_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::[0-9]*)?")


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from a page of our own; `headers` have lower-case names.

    A browser sends a cookie that is SameSite=Strict with the forms of a page on another port of the same host too: it
    takes both for one site. Sec-Fetch-Site tells them apart; where there is none, Origin does (Fetch Metadata, W3C).
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    scheme, separator, place = headers.get("origin", "").partition("://")
    return bool(separator) and scheme in ("http", "https") and place == headers.get("host")


def host_of(header: str) -> str | None:
    """The name or address in a Host header as it is compared; None where it is neither."""
    found = _HOST.fullmatch(header)
    return None if found is None else canonical(found[1] or found[2])


def is_known(host: str, own: str | None, further: Sequence[str] | frozenset[str] = ()) -> bool:
    """Whether a page may be asked by that name: a loopback one, the address `own` that it listens on, or a further one.

    A page of somebody else's can have its own name lead to loopback (DNS rebinding). A browser lets it read what it is
    answered, but sends that name as the Host.
    """
    address = _address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost") or host in further
    return address.is_loopback or (own is not None and address == _address(own)) or host in further


def canonical(host: str) -> str:
    """The one spelling of a name or address."""
    name = host.lower().removesuffix(".")
    return str(_address(name) or name)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
