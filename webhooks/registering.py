"""What a client may register: the request for it, read and judged (service specification, section 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.catalogue import Catalogue
from webhooks.errors import Fault, RefusedError, SettingsError
from webhooks.json_text import NO_NUL, pointer
from webhooks.model import Client, Method

MAX_URL_LENGTH = 2048
_MAX_EVENTS, _MAX_EVENTS_IN_QUERY = 1000, 100
_MAX_SECRET_LENGTH = 4096
_FAULTY = "The registration cannot be taken as it is."

_PORT = "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_NAME = "[A-Za-z0-9_-]{1,63}(?:[.][A-Za-z0-9_-]{1,63}){0,20}[.]?"
_REST = r"(?:[/?](?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})*)?"
_SCHEME = "[Hh][Tt][Tt][Pp][Ss]?://"
_HOST = rf"(?:(?P<name>{_NAME})|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])"
_URL = re.compile(rf"(?P<scheme>{_SCHEME}){_HOST}(?::(?P<port>{_PORT}))?{_REST}")
_NOT_IN_URLS = re.compile(r"[^!-~]|[\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")  # RFC 3986, section 2

URL = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_URL_LENGTH,
        description="An absolute https URL, or http where that is sent to, without user, password and fragment.",
        examples=["https://receiver.example/webhooks"],
        extra_json_schema={"pattern": f"^{_SCHEME}{_NAME}(?::{_PORT})?{_REST}$"},
    ),
]
EventCode = Annotated[
    str,
    Meta(title="EventCode", min_length=1, max_length=128, description="An event code of the catalogue."),
]
EventCodes = Annotated[list[EventCode], Meta(min_length=1, max_length=_MAX_EVENTS)]
Secret = Annotated[
    str,
    Meta(
        max_length=_MAX_SECRET_LENGTH,
        description="Sent back in every body, so that the receiver knows the sender. No answer ever shows it.",
        extra_json_schema={"pattern": NO_NUL},
    ),
]


class RegistrationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of PUT /v1/webhooks. An absent `secret` or `method` keeps what there is, null removes it."""

    url: URL
    events: EventCodes
    secret: Secret | UnsetType | None = UNSET
    method: Method | UnsetType | None = UNSET


class RemovalRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of DELETE /v1/webhooks. Without `events` the URL goes."""

    url: URL
    events: EventCodes | None = None


class RemovalQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The same in the query, which has less room."""

    url: URL | UnsetType = UNSET
    events: Annotated[list[EventCode], Meta(min_length=1, max_length=_MAX_EVENTS_IN_QUERY)] | UnsetType = UNSET


class UrlRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a call about one registered URL."""

    url: URL


def check(request: RegistrationRequest, catalogue: Catalogue, client: Client, *, is_http_allowed: bool) -> None:
    """Raises RefusedError with every fault of the URL and of the event codes.

    A URL is at fault if its syntax is wrong, the client may not register it, or it is http:// and that is not allowed.
    Whether its address may be reached is judged at each delivery, not here.
    """
    faults = [Fault("/url", fault) for fault in _url_faults(request.url, client, is_http_allowed=is_http_allowed)]
    faults += _unknown_events(request.events, catalogue)
    if faults:
        raise RefusedError(_FAULTY, tuple(faults))


def parse_url(text: str) -> re.Match[str] | None:
    """Matches a URL: groups `scheme` (with `://`), `name` or `ipv6`, and `port`. None if it cannot be called."""
    found = _URL.fullmatch(text) if len(text) <= MAX_URL_LENGTH else None
    return None if found is None or (found["ipv6"] is not None and not _is_ipv6(found["ipv6"])) else found


@lru_cache(1024)
def parse_url_pattern(text: str) -> re.Pattern[str]:
    """The regular expression for a pattern of a client's URLs.

    `*` stands for any text; before the path it does not go beyond the host. A pattern without a path allows every path.
    Raises SettingsError for a text without `://`.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        raise SettingsError(f"{text!r} is no pattern of URLs such as https://*.example.com/hooks/*")
    authority, slash, path = rest.partition("/")
    ending = _with_stars(slash + path, ".") if slash else "(?:[/?].*)?"
    return re.compile(_with_stars(scheme + mark + authority, "[^/?]") + ending)


def _with_stars(text: str, any_character: str) -> str:
    """The regular expression of a text with stars.

    Each star but the last is atomic, and takes as little as it can. With backtracking, a URL that does not match would
    take a time that grows with a power of its length.
    """
    first, *others = map(re.escape, text.split("*"))
    if not others:
        return first
    *between, last = others
    return first + "".join(f"(?>{any_character}*?{part})" for part in between) + f"{any_character}*{last}"


def _unknown_events(events: Sequence[str], catalogue: Catalogue) -> Iterator[Fault]:
    for index, event in enumerate(events):
        if event not in catalogue.events:
            yield Fault(pointer("events", index), f"There is no event {event!r}. GET /v1/events lists them.")


def _url_faults(url: str, client: Client, *, is_http_allowed: bool) -> Iterator[str]:
    found = parse_url(url)
    if found is None:
        yield _url_fault(url)
        return
    if found["scheme"].lower() == "http://" and not is_http_allowed:
        yield "Nothing is sent to http:// URLs here, for it could be read on the way: register an https:// one."
    if client.url_patterns and not any(parse_url_pattern(text).fullmatch(url) for text in client.url_patterns):
        yield f"This client may register only URLs like {' or '.join(client.url_patterns)}."


def _url_fault(url: str) -> str:
    """What is wrong with a URL that `parse_url` does not match."""
    if _NOT_IN_URLS.search(url):
        return (
            "A URL is ASCII without blanks, control characters, backslashes and the like: percent-encode what is not "
            "allowed, and write a host of other letters as xn--…."
        )
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return "The URL must be absolute and begin with https:// or http://."
    if "#" in rest:
        return "A URL with a fragment (#) is not taken, for it would never be sent: leave it out."
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    if "@" in authority:
        return "A URL with a user or password is not taken: leave it out, and use the registration's secret."
    if authority.startswith("["):
        return "The URL's host is no IPv6 address in brackets, or its port is not 1 to 65535."
    host, colon, port = authority.partition(":")
    if not re.fullmatch(_NAME, host):
        return "The URL names no host: after :// write its name, or its address."
    return f"The URL's port {port!r} is no number from 1 to 65535." if colon else "This is no URL that can be called."


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
