"""Makes the result that is written for an event, from the engine's body or error."""

from __future__ import annotations

from typing import Final

from msgspec.json import decode

from engine.body import Body
from engine.errors import EmptyResultError, EngineError
from webhooks.composing.pace import Pace
from webhooks.security.keys import Keyring, Purpose
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.compositions import CompositionState, Waiting, row_name
from webhooks.store.results import Composed, Deferred, Ended, Result

MOST_BODY_BYTES: Final = 1_048_576
"""How many bytes a body may have. A larger one is not sent."""


def message_of(item: Waiting) -> dict[str, object]:
    """The event message for the definitions."""
    return {"event": item.code, "data": decode(item.arguments or "{}")}


def sealed(keyring: Keyring, item: Waiting, body: Body) -> Result:
    """The result with the body, encrypted for its row. It ends the event if the body is too large or skipped."""
    if body.skip_reason is not None:
        return _ended(item, CompositionState.SKIPPED, body.skip_reason)
    if (reason := why_not_sent(body)) is not None:
        return _failed(item, reason)
    return Composed(
        sequence=item.sequence,
        version=item.version,
        body=encrypted(keyring, item.sequence, item.version, body),
        code=item.code if body.definition is not None else None,
    )


def why_not_sent(body: Body) -> str | None:
    """Why a body is not sent. None if it is."""
    size = sum(map(len, body.parts))
    return f"the body has {size:,} bytes; at most {MOST_BODY_BYTES:,} are sent" if size > MOST_BODY_BYTES else None


def encrypted(keyring: Keyring, sequence: int, version: int, body: Body) -> bytes:
    """The body as it is kept in its row."""
    return keyring.encrypt(Purpose.BODY, body.dump().encode(), row_name(sequence, version))


def refused(pace: Pace, item: Waiting, error: EngineError) -> Result:
    """The result for an error of the engine: another try by composing's schedule, or the end of the event."""
    return (
        after_failure(pace, item, error.message, is_empty=isinstance(error, EmptyResultError))
        if error.retryable
        else _failed(item, error.message)
    )


def after_failure(pace: Pace, item: Waiting, reason: str, *, is_empty: bool = False) -> Result:
    """The result for a failure of an event that may succeed later: another try, or the end of the event."""
    failures = item.failures + 1
    delay = pace.after(failures)
    if delay is None:
        return _failed(item, f"empty-result: {reason}" if is_empty else reason)
    return Deferred(
        sequence=item.sequence,
        version=item.version,
        failures=failures,
        reason=reason,
        due_at=now() + int(delay * MICROSECONDS_PER_SECOND),
    )


def erased(item: Waiting) -> Result:
    """The result for an event whose data was erased."""
    return _failed(item, "the event's data was erased before its body was composed")


def _failed(item: Waiting, reason: str) -> Ended:
    return _ended(item, CompositionState.FAILED, reason)


def _ended(item: Waiting, state: CompositionState, reason: str) -> Ended:
    return Ended(sequence=item.sequence, version=item.version, state=state, reason=reason)
