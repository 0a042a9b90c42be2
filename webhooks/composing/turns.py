"""Decides whose turn it is. The events of each code wait in their own lane, and a turn is a batch of one lane."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from webhooks.composing.pace import Pace
from webhooks.store.compositions import Waiting

_BATCH_GROWTH: Final = 4  # a batch of a quick code has so many times as many events as the one before


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one code that are composed together."""

    code: str
    items: Sequence[Waiting]


@dataclass(slots=True)
class _Lane:
    size: int
    """How many events the code's next batch has."""
    running: int = 0
    """How many batches of the code are running."""
    in_memory: int = 0
    """How many events of the code wait or are being composed."""
    waiting: deque[Waiting] = field(default_factory=deque)
    halves: deque[Sequence[Waiting]] = field(default_factory=deque)


class CodeTurns:
    """Gives turns to the lanes of event codes. Not shared by threads.

    At most `slots` batches run at a time, and at most `each` of one code. A code has at most `room` events in memory.
    """

    def __init__(self, pace: Pace, *, slots: int, each: int, room: int) -> None:
        self._pace = pace
        self._slots = slots
        self._each = each
        self._room = room
        self._running = 0
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    def room(self, code: str) -> int:
        """How many more events of a code there is room for."""
        lane = self._lanes.get(code)
        return self._room if lane is None else self._room - lane.in_memory

    def is_full(self) -> bool:
        """Whether a lane has no room for a large batch."""
        return any(lane.in_memory > self._room - self._pace.most_in_batch for lane in self._lanes.values())

    def add(self, code: str, item: Waiting) -> None:
        """Has an event wait for its turn."""
        lane = self._lanes.setdefault(code, _Lane(self._pace.first_batch))
        lane.waiting.append(item)
        lane.in_memory += 1

    def next(self) -> Batch | None:
        """The next batch, which takes a slot. None where no slot is free, or no lane may have another batch."""
        if self._running >= self._slots:
            return None
        for code, lane in self._lanes.items():
            if lane.running < self._each and (items := _taken(lane)):
                self._lanes.move_to_end(code)
                lane.running += 1
                self._running += 1
                return Batch(code, items)
        return None

    def free(self, code: str) -> None:
        """A batch gives its slot back."""
        self._lanes[code].running -= 1
        self._running -= 1

    def measured(self, batch: Batch, seconds: float) -> None:
        """A batch took so many seconds. The code's next ones are larger after a quick one, smaller after a slow one."""
        lane = self._lanes[batch.code]
        if seconds > self._pace.short_batch * _BATCH_GROWTH:
            lane.size = max(1, min(lane.size, len(batch.items)) // 2)
        elif seconds < self._pace.short_batch and len(batch.items) >= lane.size:
            lane.size = min(self._pace.most_in_batch, lane.size * _BATCH_GROWTH)

    def halve(self, code: str, items: Sequence[Waiting]) -> None:
        """Has events composed again in two batches, before the others of their code."""
        middle = (len(items) + 1) // 2
        self._lanes[code].halves.extend(filter(None, (items[:middle], items[middle:])))

    def leave(self, code: str, count: int) -> None:
        """Counts so many events of a code less in memory."""
        self._lanes[code].in_memory -= count

    def drain(self, code: str | None = None) -> list[Waiting]:
        """Takes out the waiting events of one code, or of all codes. Call `leave` for each afterwards."""
        found: list[Waiting] = []
        for lane in [self._lanes[known] for known in self._lanes if code in (None, known)]:
            for half in lane.halves:
                found += half
            found += lane.waiting
            lane.halves.clear()
            lane.waiting.clear()
        return found


def _taken(lane: _Lane) -> Sequence[Waiting]:
    if lane.halves:
        return lane.halves.popleft()
    return [lane.waiting.popleft() for _ in range(min(lane.size, len(lane.waiting)))]
