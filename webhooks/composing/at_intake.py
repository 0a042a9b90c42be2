"""What this process does for an event at its intake: makes its default body, or composes it as soon as it is stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.body import Body
from webhooks.composing import making
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions
from webhooks.metrics import Metrics
from webhooks.model import PublishedEvent
from webhooks.security.keys import Keyring
from webhooks.store.compositions import Sendable
from webhooks.store.events import Publish


class Sending(Protocol):
    """Sends what was stored with its body."""

    def offer(self, found: Sequence[Sendable]) -> None:
        """Has deliveries wait for their turns. To be called in the event loop."""
        ...

    def park(self, registration_ids: Collection[int]) -> None:
        """Hears of endpoints that have deliveries without a job. To be called in the event loop."""
        ...

    def room(self, registration_id: int) -> int:
        """As Bodies says. Any thread may call it."""
        ...


class BodiesAtIntake:
    """Implements Bodies, once `sending` is set. Threads may share it.

    An event whose definition is faulty, missing or still being read gets no body, and neither does one whose default
    body cannot be sent: they are composed, or refused, like all others.
    """

    def __init__(self, definitions: Definitions, keyring: Keyring, metrics: Metrics) -> None:
        self._definitions = definitions
        self._keyring = keyring
        self._metrics = metrics
        self.sending: Sending | None = None
        self.composing: Composing | None = None
        """Composes the others; to be called in the event loop."""

    def make(self, event: PublishedEvent, sequence: int, *, is_defined: bool) -> bytes | None:
        """As Bodies says."""
        if self.sending is None or not self._is_by_default(event.code, is_defined=is_defined):
            return None
        (body,) = self._definitions.default_bodies(event.code, [{"data": event.arguments}])
        if not isinstance(body, Body) or making.why_not_sent(body) is not None:
            return None
        self._metrics.composed(event.code, "composed")
        return making.encrypted(self._keyring, sequence, 0, body)

    def are_composed_here(self, code: str) -> bool:
        """As Bodies says."""
        return self.composing is not None and code in self._definitions.good and self.composing.has_room(code)

    def room(self, registration_id: int) -> int:
        """As Bodies says."""
        return 0 if self.sending is None else self.sending.room(registration_id)

    def stored(self, command: Publish) -> None:
        """Has deliveries sent whose events were stored with a body, and other events composed."""
        if command.sendable and self.sending is not None:
            self.sending.offer(command.sendable)
        if command.parked and self.sending is not None:
            self.sending.park(command.parked)
        if command.waiting and self.composing is not None:
            self.composing.offer(command.waiting)

    def _is_by_default(self, code: str, *, is_defined: bool) -> bool:
        definitions = self._definitions
        return code not in definitions.good and definitions.fault(code, is_remembered=is_defined) is None
