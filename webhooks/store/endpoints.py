"""Endpoints: what requests to them need, and whether they fail, wait, or are disabled. Times are microseconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.json import decode
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import holding
from webhooks.store.bulk import FLAG, NUMBER, Bulk
from webhooks.store.clock import MICROSECONDS_PER_DAY, now
from webhooks.store.kept import tell_changed
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("endpoints")


class Endpoint(Struct, frozen=True, kw_only=True):
    """A registration, with what its client may reach. Secret and keys are still encrypted."""

    id: int
    client_id: str
    method: str
    secret: bytes | None
    signing_key: bytes | None
    previous_signing_key: bytes | None
    previous_key_until: int | None
    networks: tuple[str, ...]
    ports: tuple[int, ...]
    url_patterns: tuple[str, ...]
    failing_since: int | None
    held_because: str | None


class News(Struct, frozen=True, kw_only=True):
    """What an endpoint did with deliveries that were sent to it."""

    registration_id: int
    has_taken: bool
    """It took at least one."""
    failed_at: int | None
    """When it first failed after it last took one; None where it did not fail then."""
    waits_until: int | None
    """It asked for no attempt before."""


_FIND: Final = Bulk(_SQL["find"], finds=14, blobs=(3, 4, 5), id=NUMBER)

FAILS_FOR_MICROSECONDS: Final = 5 * MICROSECONDS_PER_DAY
"""After this time an endpoint that only fails is disabled."""

_TELL: Final = Bulk(_SQL["tell"], id=NUMBER, has_taken=FLAG, failed_at=NUMBER, waits_until=NUMBER)
_DISABLE: Final = Prepared(_SQL["disable"])


def find(connection: Connection, ids: Collection[int]) -> dict[int, Endpoint]:
    """The endpoints with these ids, as far as they are registered still."""
    return ask(connection, ids)()


def ask(connection: Connection, ids: Collection[int]) -> Callable[[], dict[int, Endpoint]]:
    """As `find`, but gives what returns them: until then other statements may be sent."""
    fetch = _FIND.ask(connection, [(id_,) for id_ in ids])
    return lambda: {row[0]: _endpoint(*row) for row in fetch()}


def standing(
    endpoint: Endpoint | None, *, is_registered: bool, disable_reason: str | None = None
) -> tuple[DeliveryState, str | None]:
    """What becomes of a delivery that would be sent, and why.

    `is_registered` is whether its event still is, `disable_reason` why the endpoint is about to be disabled.
    """
    if endpoint is None or not is_registered:
        return DeliveryState.CANCELLED, holding.REMOVED
    reason = holding.DISABLED if disable_reason is not None else endpoint.held_because
    return DeliveryState.PENDING if reason is None else DeliveryState.HELD, reason


def why_disabled(endpoint: Endpoint, at: int) -> str | None:
    """Why an endpoint that fails again is to be disabled; None where it has not failed for long."""
    failing_for = 0 if endpoint.failing_since is None else at - endpoint.failing_since
    return (
        f"every attempt failed for {failing_for // MICROSECONDS_PER_DAY} days"
        if failing_for > FAILS_FOR_MICROSECONDS
        else None
    )


def tell(connection: Connection, news: Sequence[News]) -> None:
    """Writes what endpoints did; each of them may be there once."""
    _TELL.run(connection, [(each.registration_id, each.has_taken, each.failed_at, each.waits_until) for each in news])


def disable(connection: Connection, registration_id: int, reason: str, since: int | None = None) -> bool:
    """Disables an endpoint until it is resumed: its deliveries are held.

    False where it is disabled already, or has not failed `since` then: it was resumed, or has taken a delivery.
    """
    is_disabled = bool(_DISABLE.run(connection, id=registration_id, reason=reason, since=since, at=now()))
    if is_disabled:
        tell_changed(connection)
    return is_disabled


def _endpoint(id_: int, client_id: str, method: str, secret: bytes | None, *rest: Any) -> Endpoint:
    signing_key, previous_key, previous_until, networks, ports, url_patterns, failing_since, *standing = rest
    is_paused, is_disabled, is_client_disabled = map(bool, standing)
    return Endpoint(
        id=id_,
        client_id=client_id,
        method=method,
        secret=secret,
        signing_key=signing_key,
        previous_signing_key=previous_key,
        previous_key_until=previous_until,
        networks=tuple(decode(networks)),
        ports=tuple(decode(ports)),
        url_patterns=tuple(decode(url_patterns)),
        failing_since=failing_since,
        held_because=holding.why_held(
            is_paused=is_paused, is_disabled=is_disabled, is_client_disabled=is_client_disabled
        ),
    )
