"""What is sent, where it may go, what became of it: the terms of every sender."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

MAX_ANSWER = 65_536
"""Bytes of an answer's body that are read; the rest is never asked for."""


class SendError(StrEnum):
    """Why a request failed, beside an answer's status of 4xx or 5xx."""

    REFUSED_URL = "refused-url"
    """Nothing was looked up: scheme, port or URL is not opened, or no URL at all."""
    REFUSED_ADDRESS = "refused-address"
    """The host's addresses are not public and not opened. Nothing was sent."""
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    """The deadline was over before the answer's last byte."""
    TOO_LARGE = "too-large"
    """The answer's headers have no end."""
    PROTOCOL = "protocol"
    """What came is no HTTP, or breaks its rules."""
    REDIRECT = "redirect"
    """The answer was whole and points elsewhere: redirects are never followed."""
    RESET = "reset"
    """The connection was closed before the answer was whole."""
    INTERRUPTED = "interrupted"
    """The sender itself ended meanwhile: whether the request arrived is not known."""


class Reach(Struct, frozen=True, array_like=True):
    """What is opened beyond public addresses, https and port 443: a client's and the service's own, joined.

    `networks` are in CIDR notation. With `url_patterns` a URL must match one of them.
    """

    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    url_patterns: tuple[str, ...] = ()
    is_http_allowed: bool = False


class OutgoingRequest(Struct, frozen=True, array_like=True):
    """One request. The sender adds Content-Type, User-Agent and what HTTP itself needs to `headers`."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    reach: Reach = Reach()


class Outcome(Struct, frozen=True, kw_only=True, array_like=True):
    """What became of one request.

    `status` is set once the answer's head was read, also where an `error` came after it. `duration` is in seconds.
    `detail` is a sentence on the error, without secrets. `answer` holds at most the first MAX_ANSWER bytes: a longer
    one is no error. `retry_after` is the seconds that a valid Retry-After of a 429 or 503 asked for, not clamped.
    `is_restricted` says that the address lay in an opened network: then only admins may see the answer. `is_cheap` says
    that it took a connection which an earlier request had opened. `is_by_chance` says that the error tells nothing of
    the receiver: the sender ended, or a connection that earlier requests had used was closed just then.
    """

    status: int | None = None
    duration: float
    error: SendError | None = None
    detail: str | None = None
    answer: bytes = b""
    retry_after: float | None = None
    is_restricted: bool = False
    is_cheap: bool = False
    is_by_chance: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it: a whole answer with a status of 2xx."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    @property
    def is_answer_whole(self) -> bool:
        """Whether `answer` is all that the receiver answered."""
        return self.error is None and len(self.answer) < MAX_ANSWER


class Sender(Protocol):
    """Sends requests."""

    async def send(self, request: OutgoingRequest) -> Outcome:
        """Never raises for what a receiver does."""
        ...

    async def close(self) -> None:
        """Ends what is under way."""
        ...
