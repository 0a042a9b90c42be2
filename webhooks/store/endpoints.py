"""Endpoints: what requests to them need, and whether they fail, wait, or are disabled. Times are microseconds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct
from msgspec.json import decode
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import holding
from webhooks.store.bulk import NUMBER, Bulk
from webhooks.store.statement import Prepared


class Endpoint(Struct, frozen=True, kw_only=True):
    """A registration with what its client has opened; what is encrypted is so still."""

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


_FIND: Final = Bulk(
    "SELECT registration.id, registration.client_id, registration.method, registration.secret,"
    " registration.signing_key, registration.previous_signing_key, registration.previous_key_until,"
    " client.networks, client.ports, client.url_patterns, registration.failing_since,"
    " registration.is_paused, registration.disabled_reason IS NOT NULL, client.is_disabled"
    " FROM GIVEN CROSS JOIN registration JOIN client ON client.id = registration.client_id"
    " WHERE registration.id = given.id",
    id=NUMBER,
)

_DAY: Final = 86_400_000_000
FAILS_FOR: Final = 5 * _DAY
"""Microseconds after which an endpoint that only fails is disabled."""

_SUCCEEDED: Final = Prepared(
    "UPDATE registration SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL"
)
_FAILED: Final = Prepared("UPDATE registration SET failing_since = :at WHERE id = :id AND failing_since IS NULL")
# What was under way when it asked for time, and ends after that, makes it no shorter.
_WAIT: Final = Prepared(
    "UPDATE registration SET waits_until = :until WHERE id = :id AND coalesce(waits_until, 0) < :until"
)
_DISABLE: Final = Prepared(
    "UPDATE registration SET disabled_reason = :reason WHERE id = :id AND disabled_reason IS NULL"
    " AND (CAST(:since AS bigint) IS NULL OR failing_since = :since) RETURNING id"
)


def find(connection: Connection, ids: Collection[int]) -> dict[int, Endpoint]:
    """The endpoints with these ids, as far as they are registered still."""
    return {row[0]: _endpoint(*row) for row in _FIND.run(connection, [(id_,) for id_ in ids])}


def standing(
    endpoint: Endpoint | None, *, is_registered: bool, disables: str | None = None
) -> tuple[DeliveryState, str | None]:
    """What becomes of a delivery that would be sent, and why.

    `is_registered` is whether its event still is, `disables` why the endpoint is about to be disabled.
    """
    if endpoint is None or not is_registered:
        return DeliveryState.CANCELLED, "the registration was removed"
    reason = holding.DISABLED if disables is not None else endpoint.held_because
    return DeliveryState.PENDING if reason is None else DeliveryState.HELD, reason


def why_disabled(endpoint: Endpoint, at: int) -> str | None:
    """Why an endpoint that fails again is to be disabled; None where it has not failed for long."""
    failing_for = 0 if endpoint.failing_since is None else at - endpoint.failing_since
    return f"every attempt failed for {failing_for // _DAY} days" if failing_for > FAILS_FOR else None


def succeeded(connection: Connection, registration_id: int) -> None:
    """It took a delivery."""
    _SUCCEEDED.run(connection, id=registration_id)


def failed(connection: Connection, registration_id: int, at: int) -> None:
    """It did not."""
    _FAILED.run(connection, id=registration_id, at=at)


def wait(connection: Connection, registration_id: int, until: int) -> None:
    """It asked for time."""
    _WAIT.run(connection, id=registration_id, until=until)


def disable(connection: Connection, registration_id: int, reason: str, since: int | None = None) -> bool:
    """Nothing is sent to it any more until it is resumed; what is not under way is held, a part of it at once.

    False where it was disabled already, or has not failed since then any more: it was resumed, or took a delivery.
    """
    is_disabled = bool(_DISABLE.run(connection, id=registration_id, reason=reason, since=since))
    if is_disabled:
        holding.hold(connection, registration_id, holding.DISABLED)
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
