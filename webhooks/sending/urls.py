"""Whether a URL may be called at all: what can be said before its host is looked up."""

from __future__ import annotations

import socket
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

from webhooks.registering import parse_url, parse_url_pattern
from webhooks.sending.addresses import judge_address
from webhooks.sending.interface import Reach, SendError

_PORTS = {"http": 80, "https": 443}


class Target(Struct, frozen=True):
    """Where a URL leads. `name` is in lower case and still has to be looked up; None where the host is an address."""

    port: int
    name: str | None


class Refusal(Struct, frozen=True):
    """Why nothing is sent."""

    error: SendError
    detail: str


@lru_cache(4096)
def judge(url: str, reach: Reach) -> Target | Refusal:
    """Judges scheme, port, pattern and, where the host is an address in any form, that too."""
    found = parse_url(url)
    if found is None:
        return Refusal(SendError.REFUSED_URL, "It is no URL that can be called.")
    scheme = found["scheme"][:-3].lower()
    port = int(found["port"] or _PORTS[scheme])
    detail = _refusal_of_url(url, scheme, port, reach)
    if detail is not None:
        return Refusal(SendError.REFUSED_URL, detail)
    literal = found["ipv6"] or _literal_ipv4(found["name"])
    if literal is None:
        return Target(port, found["name"].lower())
    refusal = judge_address(literal, reach.networks).refusal
    return Target(port, None) if refusal is None else Refusal(SendError.REFUSED_ADDRESS, refusal_words(refusal))


def origin_of(url: str) -> str:
    """Where a URL leads, its path left out: what its receiver does is laid to that."""
    return urlsplit(url).netloc.lower()


def refusal_words(refusal: str) -> str:
    """The sentence on an address that is refused."""
    return f"Nothing was sent: {refusal}. An administrator can open its network."


def _refusal_of_url(url: str, scheme: str, port: int, reach: Reach) -> str | None:
    if scheme == "http" and not reach.is_http_allowed:
        return "Nothing was sent: http is not encrypted, and only https is allowed here."
    if port != _PORTS[scheme] and port not in reach.ports:
        return f"Nothing was sent: port {port} is not opened, only {_PORTS[scheme]} is without more ado."
    if reach.url_patterns and not any(parse_url_pattern(text).fullmatch(url) for text in reach.url_patterns):
        return f"Nothing was sent: only URLs like {' or '.join(reach.url_patterns)} may be called."
    return None


def _literal_ipv4(name: str) -> str | None:
    """The address that a name of digits stands for, as every resolver takes it: 127.1, 0x7f000001, 017700000001."""
    try:
        return socket.inet_ntoa(socket.inet_aton(name.removesuffix(".")))
    except OSError:
        return None
