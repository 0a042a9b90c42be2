"""What a client may register: the request for it, read and judged (service specification, section 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.catalogue import Catalogue
from webhooks.errors import Fault, RefusedError
from webhooks.json_text import pointer
from webhooks.model import Method

MAX_URL = 2048
_MAX_EVENTS = 1000
_MAX_SECRET = 4096
_FAULTY = "The registration cannot be taken as it is."
_ALLOWED = re.compile(r"[!-~]+")  # RFC 3986 knows nothing outside ASCII, no blank and no control character
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+")

URL = Annotated[str, Meta(min_length=1, max_length=MAX_URL, description="An absolute http or https URL.")]
EventCode = Annotated[str, Meta(min_length=1, max_length=128, description="An event code of the catalogue.")]
EventCodes = Annotated[list[EventCode], Meta(min_length=1, max_length=_MAX_EVENTS)]


class RegistrationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of PUT /v1/webhooks. An absent `secret` or `method` keeps what there is, null removes it."""

    url: URL
    events: EventCodes
    secret: Annotated[str, Meta(max_length=_MAX_SECRET)] | UnsetType | None = UNSET
    method: Method | UnsetType | None = UNSET


class RemovalRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of DELETE /v1/webhooks. Without `events` the URL goes."""

    url: URL
    events: EventCodes | None = None


class UrlRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a call about one registered URL."""

    url: URL


def check(request: RegistrationRequest, catalogue: Catalogue) -> None:
    """Raises RefusedError with every fault of the URL's syntax and of the event codes.

    Whether the address may be reached is judged when something is delivered to it, not here.
    """
    faults = [Fault("/url", fault) for fault in _url_faults(request.url)]
    faults += _unknown_events(request.events, catalogue)
    if faults:
        raise RefusedError(_FAULTY, tuple(faults))


def _unknown_events(events: Sequence[str], catalogue: Catalogue) -> Iterator[Fault]:
    for index, event in enumerate(events):
        if event not in catalogue.events:
            yield Fault(pointer("events", index), f"There is no event {event!r}. GET /v1/events lists them.")


def _url_faults(url: str) -> Iterable[str]:
    if not _ALLOWED.fullmatch(url):
        return ["A URL is plain ASCII without blanks and control characters: percent-encode what is not."]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return [f"This is no URL: {error}."]
    if parts.scheme not in ("http", "https"):
        return ["The URL must be absolute and begin with https:// or http://."]
    if "@" in parts.netloc:
        return ["A URL with a user or password is not taken; use the registration's secret."]
    host = parts.netloc.removesuffix(f":{port}" if port is not None else ":")
    if not _HOST.fullmatch(host):
        return ["The URL names no host."]
    if parts.fragment or "#" in url:
        return ["A URL with a fragment (#) is not taken: it would not be sent."]
    if port == 0 or "\\" in url:
        return ["This is no URL that can be called."]
    return []
