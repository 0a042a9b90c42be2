"""The service's own terms: who registers what, which events came in, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

KEY_NAME_BYTES: Final = 4
"""How many bytes of a hash or a ciphertext name the master key that it was made with."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its offset (RFC 3339)."""


class Scope(StrEnum):
    """What a client may do (service specification, section 1)."""

    WEBHOOKS = "webhooks"
    PUBLISH = "events:publish"
    SUPPORT = "support"
    ADMIN = "admin"


class Method(StrEnum):
    """The method of the requests that a registration asks for."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"


class DeliveryState(StrEnum):
    """Where a delivery stands. The last four are final."""

    PENDING = "pending"
    COMPOSING = "composing"
    SENDING = "sending"
    HELD = "held"
    DELIVERED = "delivered"
    DEAD = "dead"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


UNSENT: Final = (DeliveryState.PENDING, DeliveryState.COMPOSING, DeliveryState.HELD)
FINAL: Final = (DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.SKIPPED, DeliveryState.CANCELLED)


class EventState(StrEnum):
    """Where an event stands: `unsubscribed` where nobody was registered for it."""

    ACCEPTED = "accepted"
    UNSUBSCRIBED = "unsubscribed"


class Client(Struct, frozen=True, kw_only=True):
    """Another company's system, or the back end that publishes. `id` is the OAuth2 client id, an upper-case GUID.

    `only` limits it to events whose arguments have these values. `networks`, `ports` and `url_patterns` open what
    deliveries to its URLs may reach beyond the default.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    only: Mapping[str, str] = {}
    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    url_patterns: tuple[str, ...] = ()
    is_disabled: bool = False


class Registration(Struct, frozen=True, kw_only=True):
    """A client's URL and the events that are sent to it, in the order in which they were registered."""

    url: str
    events: tuple[str, ...]
    method: Method = Method.POST
    is_paused: bool = False
    disabled_reason: str | None = None


class PublishedEvent(Struct, frozen=True, kw_only=True):
    """An event as its publisher gave it, checked: values are text. `id` is None where the publisher gave none."""

    code: str
    arguments: Mapping[str, str]
    id: str | None = None


class StoredEvent(Struct, frozen=True, kw_only=True):
    """An event in the store. A later event has a higher `sequence`."""

    id: str
    code: str
    sequence: int
    time: datetime
    state: EventState


class Delivery(Struct, frozen=True, kw_only=True):
    """One event on its way to one URL. `id` is what the receiver sees as `webhook-id`.

    `replay_of` is the delivery that it replays with a body composed afresh.
    """

    id: str
    client_id: str
    event_id: str
    event: str
    url: str
    state: DeliveryState
    reason: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    replay_of: str | None = None


MOST_COUNTED: Final = 5000
"""Where there are more of something in the store, counting it takes too long for every look."""

MOST_COUNTED_BESIDE: Final = 1_000_000
"""What is counted beside the looks is counted so far: it takes a tenth of a second, and no more with ten million."""


class Depth(Struct, frozen=True, kw_only=True):
    """How much waits in the store: deliveries by state, compositions that are due, and parked compositions.

    Also for how many seconds the oldest of those that are due has been due.
    """

    deliveries: Mapping[DeliveryState, int]
    compositions: int
    parked: int
    oldest_delivery: float
    oldest_composition: float


class StoredAttempt(Struct, frozen=True, kw_only=True):
    """An attempt in the store. `duration` is in seconds; None while it is under way, or if its process died.

    `answer` is encrypted. `is_restricted` says that it came from an opened network, so only administrators may read it.
    """

    number: int
    time: datetime
    duration: float | None
    status: int | None
    error: str | None
    answer: bytes | None
    is_restricted: bool
