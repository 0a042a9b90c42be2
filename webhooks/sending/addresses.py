"""Which addresses may be connected to.

The table of special ranges is our own: what `ipaddress` calls global differs among versions of Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from msgspec import Struct

from webhooks.proxies import parse_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_AT_THE_END = (
    _MAPPED,
    _NAT64,
    IPv6Network("::/96"),  # IPv4-compatible
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a site, mostly with a prefix of 96 bits in it
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_LOW_32 = 0xFFFF_FFFF


class AddressVerdict(Struct, frozen=True):
    """`refusal` says why it may not be connected to; `is_restricted` that only an opened network allows it."""

    refusal: str | None = None
    is_restricted: bool = False


@lru_cache(4096)
def judge_address(text: str, networks: tuple[str, ...]) -> AddressVerdict:
    """Judges what is about to be connected to, with each IPv4 address that an IPv6 one carries.

    `networks`, in CIDR notation, are opened beyond what is public. Raises SettingsError where one is no network.
    """
    address = _parse(text)
    if address is None:
        return AddressVerdict(f"{text} is no address")
    opened = tuple(map(parse_network, networks))
    is_restricted = False
    for part in _parts(address):
        kind = _special(part)
        if kind is None:
            continue
        if not any(part in network for network in opened):
            inside = "" if part == address else f" in {address}"
            return AddressVerdict(f"{part}{inside} is not public: {kind}")
        is_restricted = True
    return AddressVerdict(is_restricted=is_restricted)


def _parse(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _parts(address: Address) -> Iterator[Address]:
    """What has to be allowed: the address, and those in it. One that only wraps another stands for nothing itself."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address not in _MAPPED and address not in _NAT64:
        yield address
    yield from _carried(address)


def _carried(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if any(address in network for network in _AT_THE_END) and number > 1:
        yield IPv4Address(number & _LOW_32)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & _LOW_32)
    elif address in _TEREDO:
        yield IPv4Address(number >> 64 & _LOW_32)
        yield IPv4Address(~number & _LOW_32)


def _special(address: Address) -> str | None:
    """What kind of range it lies in, None for a public one. The narrowest range says it."""
    globals_, ranges = _table()
    found = [(network.prefixlen, kind) for network, kind in ranges if address in network]
    if found:
        return max(found)[1]
    return None if isinstance(address, IPv4Address) or address in globals_ else "not given out (IANA)"


@cache
def _table() -> tuple[Network, tuple[tuple[Network, str], ...]]:
    data = tomllib.loads((files("webhooks.sending") / "special_ranges.toml").read_text())
    return parse_network(data["global_unicast"]), tuple((parse_network(k), v) for k, v in data["networks"].items())
