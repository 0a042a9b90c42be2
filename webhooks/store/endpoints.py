"""What the service remembers of an endpoint: whether it fails, waits, or is disabled. Times are microseconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from webhooks.store import deliveries
from webhooks.store.statement import Prepared

_SUCCEEDED: Final = Prepared(
    "UPDATE registration SET failing_since = NULL, waits_until = NULL"
    " WHERE id = :id AND (failing_since IS NOT NULL OR waits_until IS NOT NULL)"
)
_FAILED: Final = Prepared("UPDATE registration SET failing_since = :at WHERE id = :id AND failing_since IS NULL")
_WAIT: Final = Prepared("UPDATE registration SET waits_until = :until WHERE id = :id")
_DISABLE: Final = Prepared(
    "UPDATE registration SET disabled_reason = :reason WHERE id = :id AND disabled_reason IS NULL"
)


def succeeded(connection: Connection, registration_id: int) -> None:
    """It took a delivery."""
    _SUCCEEDED.run(connection, id=registration_id)


def failed(connection: Connection, registration_id: int, at: int) -> None:
    """It did not."""
    _FAILED.run(connection, id=registration_id, at=at)


def wait(connection: Connection, registration_id: int, until: int) -> None:
    """It asked for time."""
    _WAIT.run(connection, id=registration_id, until=until)


def disable(connection: Connection, registration_id: int, reason: str) -> None:
    """Nothing is sent to it any more until it is resumed; what is not under way is held."""
    _DISABLE.run(connection, id=registration_id, reason=reason)
    deliveries.hold(connection, registration_id)
