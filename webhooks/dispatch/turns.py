"""Whose turn it is: each endpoint has a lane of its own, so that a slow or dead one never delays another.

A lane begins with one turn at a time, gets twice as many with each success, and one again after a failure.

Endpoints are good or doubtful. Doubtful ones have not answered yet, failed last, or cost much while they have little to
do. They share a part of all turns, and are looked at apart from the good ones, which therefore never wait for them.
Among the good ones, and among the doubtful ones, clients take turns, however many URLs each of them has.

To an endpoint that answers quickly, attempts are begun ahead of their turns: they are on disk when a turn gets free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from webhooks.dispatch.lanes import Lane, RoundRobin
from webhooks.store.jobs import Job

_IDLE_LANE_KEPT_SECONDS: Final = 60.0
_FORGET_EVERY_SECONDS: Final = 1.0
_SAVED_TURNS_SECONDS: Final = 0.06  # turns of doubtful endpoints are saved up for so long: a slow loop gives fewer

# How many jobs wait in memory.
_JOBS_FOR_EACH_TURN: Final = 4  # of an endpoint that fails, and of every one while memory is short
_JOBS_FOR_EACH_AHEAD: Final = (
    4  # of one that is quick: to park a delivery and to give it a job again takes transactions
)
_MUCH_MEMORY_JOBS: Final = 10_000  # of all endpoints: with so many of them memory counts as short

# How many turns one endpoint has.
_SHARE_OF_FREE_TURNS: Final = 16  # one endpoint gets at most the sixteenth part of the turns that are free
_BUSY_TURNS: Final = 4  # with so many under way, one that costs much counts as good: sharing turns would slow it down

# How many attempts are begun ahead.
_QUICK_SECONDS: Final = 0.05  # an endpoint that answers within this time is quick
_AHEAD_SECONDS: Final = 0.06  # as many as it takes in this time, which is that of a few transactions
_MOST_AHEAD_FOR_EACH_TURN: Final = 12
_MOST_AHEAD_BYTES: Final = 16 * 1024 * 1024  # of the bodies of one endpoint, which are in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many turns a process gives. Rates are turns a second."""

    endpoint: int
    """Turns of one endpoint at a time."""
    rate: float
    """Turns of one endpoint."""
    unproven_rate: float = 320.0
    """Turns of all doubtful endpoints together."""
    failing_rate: float = 100.0
    """Turns of all endpoints that failed last."""
    unproven: int = 512
    """Turns at a time of all endpoints that have not answered, or failed last."""
    total: int = 768
    """Turns at a time of all endpoints; each may have one more, of an attempt that was begun ahead."""
    kept: int = 4000
    """Jobs of one endpoint that wait in memory, where no other process can take them."""
    ahead: int = 512
    """Attempts that are begun ahead, of all endpoints."""


class Turn(Struct, frozen=True):
    """A job whose attempt may be begun now. One that is ahead is not sent before `EndpointTurns.promote` allows it."""

    registration_id: int
    job: Job
    is_ahead: bool


class EndpointTurns:
    """Gives the turns of a process to the lanes of its endpoints. Not shared by threads.

    `clock` is monotonic, in seconds. A lane with waiting jobs is in at least one of these places:

    * `_good` or `_doubtful`, where the next turns are looked for;
    * `_for_unproven_turn`, `_for_failing_turn` or `_for_time`, which name what it waits for;
    * nowhere while it has as many turns as it may: the end of one of them brings it back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lanes: dict[int, Lane] = {}  # by registration
        self._good, self._doubtful = RoundRobin(), RoundRobin()
        self._for_unproven_turn, self._for_failing_turn = RoundRobin(), RoundRobin()
        self._for_time: dict[Lane, None] = {}  # in their order
        self.under_way = 0
        """How many turns there are now; these three are of all lanes too."""
        self._unproven = self._ahead = self._waiting = 0
        self._unproven_turns = _saved_turns(limits.unproven_rate)
        self._failing_turns = _saved_turns(limits.failing_rate)
        self._counted_at = self._forgets_at = clock()
        self._parked: set[int] = set()  # endpoints with due deliveries that have no job
        self._just_served: set[int] = set()  # those of them that gave a job up for a turn, and have few left

    def enter(self, registration_id: int, client_id: str, job: Job, *, wait_seconds: float = 0.0) -> bool:
        """Lets a job wait for its turn. False where its delivery has to be parked instead.

        The lane gets no turn for `wait_seconds`.
        """
        lane = self._lane(registration_id)
        lane.client_id = client_id
        if wait_seconds > 0 or len(lane.waiting) >= self._room(lane):
            self.park(registration_id, wait_seconds=wait_seconds)
            return False
        lane.waiting.append(job)
        self._waiting += 1
        if lane.under_way < lane.width or lane.most_ahead:
            self._line_up(lane)
        return True

    def room(self, registration_id: int) -> int:
        """How many more of an endpoint's jobs may enter. Any thread may ask, and may get the number of just before."""
        lane = self._lanes.get(registration_id) or Lane(registration_id)
        return self._room(lane) - len(lane.waiting)

    def has_waiting(self, *, doubtful: bool) -> bool:
        """Whether `give` has any lane to look at."""
        return bool(self._doubtful or self._for_unproven_turn) if doubtful else bool(self._good)

    def give(self, *, doubtful: bool) -> Iterator[Turn]:
        """Gives the turns that there are now, to the doubtful endpoints or to the good ones."""
        at = self._clock()
        lanes = self._doubtful if doubtful else self._good
        if doubtful:
            self._look_first_at(self._for_unproven_turn, self._free_unproven_turns())
        while lanes and self.under_way < self._limits.total:
            lane = lanes.pop()
            is_ahead = lane.under_way >= self._width(lane)
            if not lane.waiting or (is_ahead and not self._may_go_ahead(lane)):
                continue
            if _is_doubtful(lane) is not doubtful:
                self._line_up(lane)
            elif self._may_begin(lane, at, doubtful=doubtful):
                self._begin(lane, is_ahead=is_ahead)
                self._line_up(lane)  # behind the others
                yield Turn(lane.registration_id, self._next_job(lane), is_ahead)

    def give_at_once(self, registration_id: int, client_id: str) -> bool:
        """Gives an endpoint a turn for a job that has not entered, where that delays no other. Whether it did.

        No job of the endpoint waits, and half of all turns are left for those that do. One that is doubtful comes after
        all other doubtful ones that wait.
        """
        lane = self._lane(registration_id)
        lane.client_id = client_id
        doubtful = _is_doubtful(lane)
        if lane.waiting or lane.ahead or registration_id in self._parked or lane.under_way >= self._width(lane):
            return False
        if 2 * self.under_way >= self._limits.total or (doubtful and self.has_waiting(doubtful=True)):
            return False
        if not self._may_begin(lane, self._clock(), doubtful=doubtful):
            return False
        self._begin(lane, is_ahead=False)
        return True

    def promote(self, registration_id: int) -> bool:
        """Gives an attempt that was begun ahead its turn. False where it has to wait for it."""
        lane = self._lanes[registration_id]
        if lane.is_failing or lane.under_way >= self._width(lane):
            return False
        self.leave_ahead(registration_id)
        self._begin(lane, is_ahead=False)
        return True

    def leave_ahead(self, registration_id: int) -> None:
        """An attempt is not ahead any more: it has its turn, or will not be sent."""
        self._lanes[registration_id].ahead -= 1
        self._ahead -= 1

    def leave(
        self,
        registration_id: int,
        *,
        is_success: bool | None,
        is_costly: bool = False,
        duration_seconds: float = math.inf,
        body_bytes: int = 1,
        wait_seconds: float | None = None,
    ) -> None:
        """A turn has ended. `is_success` is None where nothing was sent.

        The lane gets no turn for `wait_seconds`.
        """
        lane = self._lanes[registration_id]
        lane.under_way -= 1
        self.under_way -= 1
        self._unproven -= not lane.is_proven
        self._close(lane, wait_seconds or 0.0)
        if is_success is None:
            lane.allowance += 1
        else:
            self._prove(lane, is_success=is_success)
            lane.is_costly = is_costly
            is_quick = is_success and duration_seconds < _QUICK_SECONDS
            lane.most_ahead = _most_ahead(lane.width, duration_seconds, body_bytes) if is_quick else 0
        if lane.waiting:
            self._line_up(lane)

    def is_failing(self, registration_id: int) -> bool:
        """Whether the endpoint's last attempt failed."""
        return self._lanes[registration_id].is_failing

    def park(self, registration_id: int, *, wait_seconds: float = 0.0) -> None:
        """Remembers that an endpoint has parked deliveries. Its lane gets no turn for `wait_seconds`."""
        self._close(self._lane(registration_id), wait_seconds)
        self._parked.add(registration_id)

    def parked(self) -> frozenset[int]:
        """The endpoints with parked deliveries that `to_refill` and `to_refill_now` will give."""
        return frozenset(self._parked)

    def to_refill(self, most: int) -> list[tuple[int, int]]:
        """The endpoints whose parked deliveries should get jobs, and how many jobs each.

        These endpoints count as not parked from then on: who refills one parks it again where deliveries are left.
        So it is parked too if another delivery is, while the jobs are added.
        """
        at = self._clock()
        found = [id_ for id_ in self._parked if (lane := self._lanes[id_]).closed_until <= at and self._is_low(lane)]
        return [self._unpark(id_) for id_ in found[:most]]

    def to_refill_now(self) -> list[tuple[int, int]]:
        """As `to_refill`, of the endpoints that were given turns since the last call."""
        served, self._just_served = self._just_served & self._parked, set()
        return [self._unpark(id_) for id_ in served if self._is_low(self._lanes[id_])]

    def pass_time(self) -> None:
        """To be called some times a second: looks again at lanes that waited for time, and forgets idle ones."""
        for lane in self._for_time:
            self._line_up(lane)
        self._for_time.clear()
        at = self._clock()
        self._save_turns(at)
        if at >= self._forgets_at:
            self._forgets_at = at + _FORGET_EVERY_SECONDS
            for lane in [lane for lane in self._lanes.values() if self._is_forgettable(lane, at)]:
                del self._lanes[lane.registration_id]

    def drain(self) -> list[Job]:
        """Takes out the jobs that wait, for the queue."""
        found = [job for lane in self._lanes.values() for job in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
        self._waiting = 0
        self._good.clear()
        self._doubtful.clear()
        return found

    def _lane(self, registration_id: int) -> Lane:
        lane = self._lanes.get(registration_id)
        if lane is None:
            lane = self._lanes[registration_id] = Lane(registration_id)
        return lane

    def _line_up(self, lane: Lane) -> None:
        """Has a lane looked at, among the good or the doubtful ones. It keeps its place where it is there already."""
        right, wrong = (self._doubtful, self._good) if _is_doubtful(lane) else (self._good, self._doubtful)
        wrong.discard(lane)
        right.add(lane)

    def _look_first_at(self, lanes: RoundRobin, most: int) -> None:
        """Puts lanes before the other doubtful ones, since they have waited longer."""
        for lane in reversed([lanes.pop() for _ in range(most) if lanes]):
            self._doubtful.put_first(lane)

    def _may_begin(self, lane: Lane, at: float, *, doubtful: bool) -> bool:
        """Whether a lane that has a turn free may begin it now, which is counted. Else it waits for what is missing."""
        if not lane.is_proven and self._free_unproven_turns() < 1:
            self._for_unproven_turn.add(lane)
        elif lane.is_failing and self._failing_turns < 1:
            self._for_failing_turn.add(lane)
        elif (doubtful and self._unproven_turns < 1) or not self._spend_allowance(lane, at):
            self._for_time[lane] = None
        else:
            self._unproven_turns -= doubtful and lane.is_proven  # not in `promote`, which asks for none
            return True
        return False

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

    def _next_job(self, lane: Lane) -> Job:
        self._waiting -= 1
        job = lane.waiting.popleft()
        if lane.registration_id in self._parked and self._is_low(lane):
            self._just_served.add(lane.registration_id)
        return job

    def _width(self, lane: Lane) -> int:
        """How many turns it may have now: fewer where few are free, so that good endpoints that hang leave some."""
        return min(lane.width, max(1, (self._limits.total - self.under_way) // _SHARE_OF_FREE_TURNS))

    def _may_go_ahead(self, lane: Lane) -> bool:
        return lane.ahead < lane.most_ahead and self._ahead < self._limits.ahead

    def _free_unproven_turns(self) -> int:
        return min(int(self._unproven_turns), self._limits.unproven - self._unproven)

    def _save_turns(self, at: float) -> None:
        """Adds the turns of doubtful endpoints some times a second: what begins together is written together."""
        seconds, limits = at - self._counted_at, self._limits
        self._counted_at = at
        self._unproven_turns = _saved_turns(limits.unproven_rate, self._unproven_turns + seconds * limits.unproven_rate)
        self._failing_turns = _saved_turns(limits.failing_rate, self._failing_turns + seconds * limits.failing_rate)
        self._look_first_at(self._for_failing_turn, int(self._failing_turns))

    def _spend_allowance(self, lane: Lane, at: float) -> bool:
        """Takes a turn off what the endpoint's rate allows. False where there is none, or the lane is closed."""
        rate = self._limits.rate
        lane.allowance = min(max(1.0, rate), lane.allowance + (at - lane.counted_at) * rate)
        lane.counted_at = at
        if lane.closed_until > at or lane.allowance < 1:
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
        """How many of its jobs may wait in memory."""
        room = _JOBS_FOR_EACH_TURN * lane.width
        if lane.is_failing or self._waiting >= _MUCH_MEMORY_JOBS:
            return room
        return max(room, self._limits.kept, _JOBS_FOR_EACH_AHEAD * lane.most_ahead)

    def _close(self, lane: Lane, seconds: float) -> None:
        if seconds > 0:
            lane.closed_until = max(lane.closed_until, self._clock() + seconds)

    def _prove(self, lane: Lane, *, is_success: bool) -> None:
        if lane.is_proven != is_success:
            self._unproven += -lane.under_way if is_success else lane.under_way
            lane.is_proven = is_success
        lane.is_failing = not is_success
        lane.width = min(lane.width * 2, self._limits.endpoint) if is_success else 1

    def _is_forgettable(self, lane: Lane, at: float) -> bool:
        """Whether nothing is lost with it. It may still be looked at: then nothing is found that waits in it."""
        is_idle = not (lane.under_way or lane.ahead or lane.waiting or lane.registration_id in self._parked)
        return is_idle and lane.closed_until <= at and lane.counted_at < at - _IDLE_LANE_KEPT_SECONDS


def _is_doubtful(lane: Lane) -> bool:
    """Whether it may fail, or costs much and is not so busy that sharing turns would slow it down."""
    return not lane.is_proven or (lane.is_costly and lane.under_way < _BUSY_TURNS)


def _saved_turns(rate: float, turns: float = math.inf) -> float:
    """As many of these turns as are saved up; at least one, also at a rate of less than one a second."""
    return min(max(1.0, rate * _SAVED_TURNS_SECONDS), turns)


def _most_ahead(width: int, duration_seconds: float, body_bytes: int) -> int:
    """How many attempts are begun ahead of an endpoint's turns, by how long its last one took."""
    for_each_turn = min(_MOST_AHEAD_FOR_EACH_TURN, _AHEAD_SECONDS / max(duration_seconds, 1e-9))
    return min(int(width * for_each_turn), _MOST_AHEAD_BYTES // body_bytes)
