"""What this process does for an event at its intake: makes its default body, or composes it as soon as it is stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from engine.body import Body
from webhooks.composing import making
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions
from webhooks.errors import ConflictError
from webhooks.metrics import Metrics
from webhooks.model import PublishedEvent
from webhooks.security.keys import Keyring
from webhooks.store.clock import now, sortable_id
from webhooks.store.compositions import Addressed
from webhooks.store.events import Publish
from webhooks.store.jobs import Job, Kind, RoomFor
from webhooks.store.results import Write, Written
from webhooks.store.store import Store


class Sending(Protocol):
    """Sends what was stored with its body."""

    async def write_and_send(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        """Calls `write` once, with the ids of those deliveries in `to` whose attempts may begin with their bodies.

        Sends these, and has the other deliveries that `write` gives wait for their turns, or for a refill. The jobs of
        those in `to` are due at `at`. To be called in the event loop. Raises what `write` raises.
        """
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
        self._last_takers: Final[dict[str, Sequence[tuple[int, str]]]] = {}

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

    async def publish(self, store: Store, command: Publish, size: int = 0) -> list[str | ConflictError]:
        """What the command gives, once it is on disk. Has its deliveries sent, and its other events composed.

        To be called in the event loop. Raises StoreError.
        """
        if self.sending is None:
            return await store.write(command, size)
        results: list[str | ConflictError] = []
        to, at = self._likely(command), now()

        async def write(begin: Collection[str], room: RoomFor) -> Written:
            """As Sending needs it."""
            command.begin = {each.registration_id: Job(Kind.DELIVER, each.id, at) for each in to if each.id in begin}
            command.room = room
            results.extend(await store.write(command, size))
            self._note(command)
            return Written(command.sendable, command.begun, command.parked)

        await self.sending.write_and_send(to, at, write)
        return results

    def _likely(self, command: Publish) -> list[Addressed]:
        """Deliveries of an event that comes alone, to the endpoints that the last one of its code went to.

        Where these are idle, their attempts are stored with the event: it needs no further transaction to be sent.
        """
        if len(command.events) > 1:
            return []
        at, known = now(), self._last_takers.get(command.events[0].code, ())
        return [
            Addressed(sortable_id(at, index), registration_id, client_id)
            for index, (registration_id, client_id) in enumerate(known)
        ]

    def _note(self, command: Publish) -> None:
        if len(command.events) == 1:
            takers = tuple((each.registration_id, each.client_id) for each in command.sendable)
            self._last_takers[command.events[0].code] = takers
        if command.waiting and self.composing is not None:
            self.composing.offer(command.waiting)

    def _is_by_default(self, code: str, *, is_defined: bool) -> bool:
        definitions = self._definitions
        return code not in definitions.good and definitions.fault(code, is_remembered=is_defined) is None
