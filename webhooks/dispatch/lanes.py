"""Whose turn it is: each endpoint has a lane of its own, so that a slow or dead one never delays another.

A lane starts narrow, widens with each success and is narrow again after a failure. Those that have not proved
themselves share a part of all turns, so the good ones always find some left, and those that cost much join them until
they are busy: many of them at once would keep the others waiting. To a quick one attempts are begun ahead:
they are on disk by the time that a turn ends.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from webhooks.dispatch.lane import Lane, Limits, Turn
from webhooks.store.jobs import Job

_REMEMBERED: Final = 60.0  # seconds for which an idle lane is kept
_BUFFERED: Final = 4  # jobs in memory for each that may be under way, where it fails or memory is short
_PLENTY: Final = 10_000  # jobs of all endpoints, from where on memory counts as short
_LEFT: Final = 16  # the part of the turns which are left that one endpoint may get
_FEW: Final = 4  # under way, below which one that costs much needs a turn that is shared
_QUICK: Final = 0.05  # seconds within which a quick endpoint has answered
_AHEAD: Final = 0.06  # seconds for which a quick one has attempts begun ahead: a few transactions
_MOST_AHEAD: Final = 12  # of them for each that may be under way
_BYTES_AHEAD: Final = 16 * 1024 * 1024  # of their bodies, which are in memory
_SAVED: Final = 0.06  # seconds for which turns of unproven and failing endpoints are saved up: a slow loop gives fewer


class EndpointLanes:
    """The lanes of a process, by registration. `clock` is monotonic, in seconds. Not shared by threads.

    A lane with waiting jobs is in at least one of these places: `_open` to be looked at; `_timed` until some time has
    passed; `_crowded` until there is a turn for an unproven one, `_failing` until there is one for those that failed
    last; nowhere only while it is full, for its own turns' ends bring it back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lanes: dict[int, Lane] = {}
        self._unproven = self._buffered = self._ahead = self.under_way = 0
        self._open: OrderedDict[int, None] = OrderedDict()
        self._crowded: OrderedDict[int, None] = OrderedDict()
        self._failing: OrderedDict[int, None] = OrderedDict()
        self._unproven_turns, self._failing_turns = _saved(limits.unproven_rate), _saved(limits.failing_rate)
        self._counted_at = clock()
        self._timed: dict[int, None] = {}  # in their order
        self._parked: set[int] = set()  # with deliveries that are due and that no job points to
        self._low: set[int] = set()  # of those the ones that have just given turns, and hold few jobs

    def enter(self, registration_id: int, job: Job, *, waits: float = 0.0) -> bool:
        """Lets a job wait for its turn; False where it has to be parked. The lane is closed for `waits` seconds."""
        lane = self._lanes.setdefault(registration_id, Lane())
        if waits > 0 or len(lane.waiting) >= self._room(lane):
            self.park(registration_id, waits=waits)
            return False
        lane.waiting.append(job)
        self._buffered += 1
        if lane.under_way < lane.width or lane.lead:
            self._open.setdefault(registration_id)
        return True

    def starting(self) -> Iterator[Turn]:
        """Gives turns, as many as there are now."""
        at = self._clock()
        self._look_again(self._crowded, self._room_for_unproven())
        while self._open and self.under_way < self._limits.total:
            registration_id, _ = self._open.popitem(last=False)
            lane = self._lanes[registration_id]
            is_ahead = lane.under_way >= self._width(lane)
            if not lane.waiting or (is_ahead and not self._may_go_ahead(lane)):
                continue
            if not lane.is_proven and self._room_for_unproven() < 1:
                self._crowded[registration_id] = None
            elif lane.is_failing and self._failing_turns < 1:
                self._failing[registration_id] = None
            elif (_is_extra(lane) and self._unproven_turns < 1) or not self._is_due(lane, at):
                self._timed[registration_id] = None
            else:
                self._open[registration_id] = None  # behind the others
                self._unproven_turns -= lane.is_proven and _is_extra(lane)  # not in `promote`, which asks for none
                self._begin(lane, is_ahead=is_ahead)
                self._buffered -= 1
                job = lane.waiting.popleft()
                if registration_id in self._parked and self._is_low(lane):
                    self._low.add(registration_id)
                yield Turn(registration_id, job, is_ahead)

    def promote(self, registration_id: int) -> bool:
        """Whether an attempt that was begun ahead may be sent now: it has a turn of its own then."""
        lane = self._lanes[registration_id]
        if lane.is_failing or lane.under_way >= self._width(lane):
            return False
        self.leave_ahead(registration_id)
        self._begin(lane, is_ahead=False)
        return True

    def leave_ahead(self, registration_id: int) -> None:
        """A turn that was ahead has ended without anything sent."""
        self._lanes[registration_id].ahead -= 1
        self._ahead -= 1

    def is_failing(self, registration_id: int) -> bool:
        """Whether its last attempt has failed."""
        return self._lanes[registration_id].is_failing

    def leave(
        self,
        registration_id: int,
        *,
        is_success: bool | None,
        is_costly: bool = False,
        seconds: float = math.inf,
        size: int = 1,
        waits: float | None = None,
    ) -> None:
        """A turn has ended after so many seconds; None where nothing was sent. Its body had `size` bytes.

        The lane is closed for `waits` seconds.
        """
        lane = self._lanes[registration_id]
        lane.under_way -= 1
        self.under_way -= 1
        self._unproven -= not lane.is_proven
        self._close(lane, waits or 0.0)
        if is_success is not None:
            self._prove(lane, is_success=is_success)
            lane.is_costly = is_costly
            lane.lead = _lead(lane.width, seconds, size) if is_success and seconds < _QUICK else 0
        if lane.waiting:
            self._open.setdefault(registration_id)

    def to_refill(self, most: int) -> list[tuple[int, int]]:
        """The endpoints of which parked deliveries should get jobs now, and how many; nothing is parked any more then.

        It is to be parked again where there are more: so is what is parked while the jobs are added.
        """
        at = self._clock()
        found = [id_ for id_ in self._parked if (lane := self._lanes[id_]).opens_at <= at and self._is_low(lane)][:most]
        return [self._unpark(id_) for id_ in found]

    def running_low(self) -> list[tuple[int, int]]:
        """As `to_refill`, of those that gave turns since it was last called."""
        low, self._low = self._low & self._parked, set()
        return [self._unpark(id_) for id_ in low if self._is_low(self._lanes[id_])]

    def park(self, registration_id: int, *, waits: float = 0.0) -> None:
        """Remembers that an endpoint has parked deliveries. The lane is closed for `waits` seconds."""
        self._close(self._lanes.setdefault(registration_id, Lane()), waits)
        self._parked.add(registration_id)

    def pass_time(self) -> None:
        """To be called some times a second: what waited for time is looked at again, what has rested is forgotten."""
        self._open.update(self._timed)
        self._timed.clear()
        at = self._clock()
        self._save_turns(at)
        for id_ in [id_ for id_, lane in self._lanes.items() if self._is_forgettable(id_, lane, at)]:
            del self._lanes[id_]

    def drain(self) -> list[Job]:
        """The jobs that still wait: they are given back."""
        found = [job for lane in self._lanes.values() for job in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
        self._buffered = 0
        self._open.clear()
        return found

    def _width(self, lane: Lane) -> int:
        """As wide as it has grown, and less where few turns are left: good ones that hang leave some to the others."""
        return min(lane.width, max(1, (self._limits.total - self.under_way) // _LEFT))

    def _begin(self, lane: Lane, *, is_ahead: bool) -> None:
        if is_ahead:
            lane.ahead += 1
            self._ahead += 1
        else:
            lane.under_way += 1
            self.under_way += 1
            self._unproven += not lane.is_proven
            self._unproven_turns -= not lane.is_proven
            self._failing_turns -= lane.is_failing

    def _may_go_ahead(self, lane: Lane) -> bool:
        return lane.ahead < lane.lead and self._ahead < self._limits.ahead

    def _room_for_unproven(self) -> int:
        return min(int(self._unproven_turns), self._limits.unproven - self._unproven)

    def _save_turns(self, at: float) -> None:
        """Some times a second, not one by one: what begins together is written together."""
        seconds, limits = at - self._counted_at, self._limits
        self._counted_at = at
        self._unproven_turns = _saved(limits.unproven_rate, self._unproven_turns + seconds * limits.unproven_rate)
        self._failing_turns = _saved(limits.failing_rate, self._failing_turns + seconds * limits.failing_rate)
        self._look_again(self._failing, int(self._failing_turns))

    def _look_again(self, lanes: OrderedDict[int, None], most: int) -> None:
        """These have waited longer than those that are to be looked at anyway, and come before them."""
        for registration_id in reversed(list(islice(lanes, max(0, most)))):
            del lanes[registration_id]
            self._open[registration_id] = None
            self._open.move_to_end(registration_id, last=False)

    def _is_due(self, lane: Lane, at: float) -> bool:
        rate = self._limits.rate
        lane.allowance = min(max(1.0, rate), lane.allowance + (at - lane.counted_at) * rate)
        lane.counted_at = at
        if lane.opens_at > at or lane.allowance < 1:
            return False
        lane.allowance -= 1
        return True

    def _unpark(self, registration_id: int) -> tuple[int, int]:
        self._parked.discard(registration_id)
        lane = self._lanes[registration_id]
        return registration_id, self._room(lane) - len(lane.waiting)

    def _is_low(self, lane: Lane) -> bool:
        return 2 * len(lane.waiting) <= self._room(lane)

    def _room(self, lane: Lane) -> int:
        room = _BUFFERED * lane.width
        return room if lane.is_failing or self._buffered >= _PLENTY else max(room, self._limits.kept)

    def _close(self, lane: Lane, seconds: float) -> None:
        if seconds > 0:
            lane.opens_at = max(lane.opens_at, self._clock() + seconds)

    def _prove(self, lane: Lane, *, is_success: bool) -> None:
        if lane.is_proven != is_success:
            self._unproven += -lane.under_way if is_success else lane.under_way
            lane.is_proven = is_success
        lane.is_failing = not is_success
        lane.width = min(lane.width * 2, self._limits.endpoint) if is_success else 1

    def _is_forgettable(self, registration_id: int, lane: Lane, at: float) -> bool:
        is_idle = not (
            lane.under_way
            or lane.ahead
            or lane.waiting
            or any(registration_id in those for those in (self._parked, self._open, self._crowded, self._failing))
        )
        return is_idle and lane.opens_at <= at and lane.counted_at < at - _REMEMBERED


def _is_extra(lane: Lane) -> bool:
    """Whether its next attempt costs more than most, and it is not so busy that it would be slowed down."""
    return lane.is_costly and lane.under_way < _FEW


def _saved(rate: float, turns: float = math.inf) -> float:
    """Of these turns the ones that may be kept for later; one at least, also at a rate of less than one a second."""
    return min(max(1.0, rate * _SAVED), turns)


def _lead(width: int, seconds: float, size: int) -> int:
    """How many attempts are begun ahead where each takes so many seconds, with bodies of that size."""
    return min(int(width * min(_MOST_AHEAD, _AHEAD / max(seconds, 1e-9))), _BYTES_AHEAD // size)
