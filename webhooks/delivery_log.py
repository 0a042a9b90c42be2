"""Deliveries and their attempts, as the API and the command line show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import asdict, replace

from engine.body import Body
from webhooks.errors import ServiceError
from webhooks.model import Client, Delivery, DeliveryState, Moment, Scope, StoredAttempt
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.redaction import REPLACEMENT
from webhooks.store import browsing, clients, deliveries, events
from webhooks.store.attempts import answer_row
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter, find
from webhooks.store.store import Store

_LOOKS_FOR_SECONDS: Final = 0.15
_SEARCHES_FOR_SECONDS: Final = 0.9  # an argument, which no index has


class ShownDelivery(Struct, frozen=True, rename="camel"):
    """A delivery. `reason` says in words why it stands where it stands; to a client with a class and a sentence, to
    those with the scope support or admin also with names.

    `replayOf` is there where it was composed afresh: the id of the delivery that it was made for.
    """

    id: str
    event_id: str
    event: str
    url: str
    state: DeliveryState
    reason: str | None
    created_at: Moment
    next_attempt_at: Moment | None
    replay_of: str | UnsetType = UNSET


class Attempt(Struct, frozen=True):
    """One attempt to send. `duration` is in seconds; it is null where the attempt is under way or was interrupted.

    `answer` is the beginning of what the receiver answered, in which the secret is replaced; null where there is none
    or it is not for the caller.
    """

    time: Moment
    status: int | None
    duration: float | None
    error: str | None
    answer: str | None


class DeliveryDetails(ShownDelivery, frozen=True, rename="camel"):
    """A delivery with its attempts, the first one first."""

    attempts: Sequence[Attempt] = field(default_factory=list)


Sees = Callable[[StoredAttempt], bool]
"""Whether somebody may read an attempt's answer."""

EVERYTHING: Final[Sees] = lambda _: True  # noqa: E731  for commands: whoever has the store's keys can read all


def _nothing(_attempt: StoredAttempt) -> bool:
    return False


def sees_of(client: Client, delivery: Delivery) -> Sees:
    """Administrators read every answer. A client reads answers to its own deliveries, unless they are restricted."""
    if Scope.ADMIN in client.scopes:
        return EVERYTHING
    is_own = Scope.WEBHOOKS in client.scopes and delivery.client_id == client.id
    return lambda attempt: is_own and not attempt.is_restricted


def show(delivery: Delivery) -> ShownDelivery:
    """The delivery without its attempts."""
    return ShownDelivery(
        delivery.id,
        delivery.event_id,
        delivery.event,
        delivery.url,
        delivery.state,
        delivery.reason,
        delivery.created_at,
        delivery.next_attempt_at,
        UNSET if delivery.replay_of is None else delivery.replay_of,
    )


class ShownPage(Struct, frozen=True):
    """Deliveries, newest first; `next` is what `Filter.before` takes for the ones after them."""

    deliveries: list[ShownDelivery]
    next: str | None


def look(store: Store, wanted: Filter) -> ShownPage:
    """As many deliveries as wanted, or those that were found in 0.15 s, by an argument in 0.9 s. Raises StoreError."""
    shown: list[ShownDelivery] = []
    seconds = _LOOKS_FOR_SECONDS if wanted.argument is None else _SEARCHES_FOR_SECONDS
    until, limit = time.monotonic() + seconds, wanted.limit
    while True:
        page = store.read_now(partial(find, wanted=wanted))
        shown += map(show, page.deliveries)
        wanted = replace(wanted, before=page.next, limit=limit - len(shown))
        if page.next is None or not wanted.limit or time.monotonic() > until:
            return ShownPage(shown, page.next)


def show_details(
    delivery: Delivery, attempts: Sequence[StoredAttempt], keyring: Keyring, sees: Sees
) -> DeliveryDetails:
    """The delivery with its attempts. Answers that may not be seen are left out."""
    shown = [
        Attempt(
            attempt.time,
            attempt.status,
            attempt.duration,
            attempt.error,
            _answer(keyring, attempt, delivery.id) if sees(attempt) else None,
        )
        for attempt in attempts
    ]
    return DeliveryDetails(**asdict(show(delivery)), attempts=shown)


class Other(Struct, frozen=True):
    """Another delivery of the same event."""

    id: str
    client: str
    state: DeliveryState


class Way(Struct, frozen=True, kw_only=True):
    """A delivery with all that is known of it. What somebody may not see, or was erased, is None."""

    delivery: DeliveryDetails
    client_id: str
    client: str
    arguments: Mapping[str, str] | None
    body: str | None
    others: Sequence[Other]
    """The same event's other deliveries."""


def way_of(store: Store, keyring: Keyring, delivery_id: str, *, may_see: bool) -> Way:
    """All that is known of a delivery; without `may_see` no body, argument or answer. Raises NotFoundError."""
    delivery = store.read_now(lambda connection: deliveries.by_id(connection, None, delivery_id))
    attempts = store.read_now(lambda connection: deliveries.attempts_of(connection, delivery_id))
    sequences = store.read_now(lambda connection: events.with_id(connection, delivery.event_id))
    others = [
        Other(each.id, _name_of(store, each.client_id), each.state)
        for sequence in sequences
        for each in store.read_now(lambda connection, of=sequence: deliveries.of_event(connection, of))  # type: ignore[misc]
        if each.id != delivery_id
    ]
    return Way(
        delivery=show_details(delivery, attempts, keyring, EVERYTHING if may_see else _nothing),
        client_id=delivery.client_id,
        client=_name_of(store, delivery.client_id),
        arguments=store.read_now(lambda connection: events.arguments_of(connection, delivery_id)) if may_see else None,
        body=_body(store, keyring, delivery_id) if may_see else None,
        others=others,
    )


def _name_of(store: Store, client_id: str) -> str:
    found = store.read_now(lambda connection: clients.by_id(connection, client_id))
    return client_id if found is None else found.name


def _body(store: Store, keyring: Keyring, delivery_id: str) -> str | None:
    """What is sent, with `[secret]` where the endpoint's secret stands."""
    stored = store.read_now(lambda connection: browsing.body_of(connection, delivery_id))
    if stored is None:
        return None
    try:
        dump = keyring.decrypt(Purpose.BODY, stored.sealed, row_name(stored.sequence, stored.version))
    except ServiceError:  # its key is missing, which `doctor` reports
        return None
    body = Body.load(dump)
    if body.skip_reason is not None:
        return None
    return body.fill(REPLACEMENT).decode("utf-8", "replace")


def _answer(keyring: Keyring, attempt: StoredAttempt, delivery_id: str) -> str | None:
    if attempt.answer is None:
        return None
    try:
        answer = keyring.decrypt(Purpose.ANSWER, attempt.answer, answer_row(delivery_id, attempt.number))
    except ServiceError:  # its key is missing, which `doctor` reports
        return None
    return answer.decode(errors="replace")
