"""Whose turn it is: each endpoint has a lane of its own, so that a slow or dead one never delays another.

A lane starts narrow, widens with each success and is narrow again after a failure. Those that have not proved
themselves share a part of all turns, so the good ones always find some left, and those that cost much join them until
they are busy: many of them at once would keep the others waiting. These doubtful ones stand in a line of their own. In
each line the clients have their turns one after the other, whatever number of URLs they have. To a quick endpoint
attempts are begun ahead: they are on disk by the time that a turn ends.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from webhooks.store.jobs import Job

_REMEMBERED: Final = 60.0  # seconds for which an idle lane is kept
_FORGETTING: Final = 1.0  # seconds between two looks for those
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

    A lane with waiting jobs is in at least one of these places: a line, to be looked at; `_timed` until some time has
    passed; `_crowded` until there is a turn for an unproven one, `_failing` until there is one for those that failed
    last; nowhere only while it is full, for its own turns' ends bring it back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lanes: dict[int, Lane] = {}
        self._unproven = self._buffered = self._ahead = self.under_way = 0
        self._cheap, self._doubtful, self._crowded, self._failing = Line(), Line(), Line(), Line()
        self._unproven_turns, self._failing_turns = _saved(limits.unproven_rate), _saved(limits.failing_rate)
        self._counted_at = self._forgets_at = clock()
        self._timed: dict[Lane, None] = {}  # in their order
        self._parked: set[int] = set()  # with deliveries that are due and that no job points to
        self._low: set[int] = set()  # of those the ones that have just given turns, and hold few jobs

    def enter(self, registration_id: int, client_id: str, job: Job, *, waits: float = 0.0) -> bool:
        """Lets a job wait for its turn; False where it has to be parked. The lane is closed for `waits` seconds."""
        lane = self._lane(registration_id)
        lane.client_id = client_id
        if waits > 0 or len(lane.waiting) >= self._room(lane):
            self.park(registration_id, waits=waits)
            return False
        lane.waiting.append(job)
        self._buffered += 1
        if lane.under_way < lane.width or lane.lead:
            self._line_up(lane)
        return True

    def has_waiting(self, *, doubtful: bool) -> bool:
        """Whether `starting` has anything to look at."""
        return bool(self._doubtful or self._crowded) if doubtful else bool(self._cheap)

    def starting(self, *, doubtful: bool) -> Iterator[Turn]:
        """Gives turns, as many as there are now, to those that are doubtful or to the others."""
        at = self._clock()
        line = self._doubtful if doubtful else self._cheap
        if doubtful:
            self._look_again(self._crowded, self._room_for_unproven())
        while line and self.under_way < self._limits.total:
            lane = line.pop()
            is_ahead = lane.under_way >= self._width(lane)
            if not lane.waiting or (is_ahead and not self._may_go_ahead(lane)):
                continue
            if _is_doubtful(lane) is not doubtful:
                self._line_up(lane)
            elif not lane.is_proven and self._room_for_unproven() < 1:
                self._crowded.add(lane)
            elif lane.is_failing and self._failing_turns < 1:
                self._failing.add(lane)
            elif (doubtful and self._unproven_turns < 1) or not self._is_due(lane, at):
                self._timed[lane] = None
            else:
                self._unproven_turns -= doubtful and lane.is_proven  # not in `promote`, which asks for none
                self._begin(lane, is_ahead=is_ahead)
                self._line_up(lane)  # behind the others
                self._buffered -= 1
                job = lane.waiting.popleft()
                if lane.registration_id in self._parked and self._is_low(lane):
                    self._low.add(lane.registration_id)
                yield Turn(lane.registration_id, job, is_ahead)

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
            self._line_up(lane)

    def to_refill(self, most: int) -> list[tuple[int, int]]:
        """The endpoints of which parked deliveries should get jobs now, and how many; nothing is parked any more then.

        It is to be parked again where there are more: so is what is parked while the jobs are added.
        """
        at = self._clock()
        found = [id_ for id_ in self._parked if (lane := self._lanes[id_]).opens_at <= at and self._is_low(lane)][:most]
        return [self._unpark(id_) for id_ in found]

    def parked(self) -> frozenset[int]:
        """The endpoints whose parked deliveries `to_refill` or `running_low` will find without being told."""
        return frozenset(self._parked)

    def running_low(self) -> list[tuple[int, int]]:
        """As `to_refill`, of those that gave turns since it was last called."""
        low, self._low = self._low & self._parked, set()
        return [self._unpark(id_) for id_ in low if self._is_low(self._lanes[id_])]

    def park(self, registration_id: int, *, waits: float = 0.0) -> None:
        """Remembers that an endpoint has parked deliveries. The lane is closed for `waits` seconds."""
        self._close(self._lane(registration_id), waits)
        self._parked.add(registration_id)

    def pass_time(self) -> None:
        """To be called some times a second: what waited for time is looked at again, what has rested is forgotten."""
        for lane in self._timed:
            self._line_up(lane)
        self._timed.clear()
        at = self._clock()
        self._save_turns(at)
        if at >= self._forgets_at:
            self._forgets_at = at + _FORGETTING
            for lane in [lane for lane in self._lanes.values() if self._is_forgettable(lane, at)]:
                del self._lanes[lane.registration_id]

    def drain(self) -> list[Job]:
        """The jobs that still wait: they are given back."""
        found = [job for lane in self._lanes.values() for job in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
        self._buffered = 0
        self._cheap.clear()
        self._doubtful.clear()
        return found

    def _lane(self, registration_id: int) -> Lane:
        lane = self._lanes.get(registration_id)
        if lane is None:
            lane = self._lanes[registration_id] = Lane(registration_id)
        return lane

    def _line_up(self, lane: Lane) -> None:
        """It keeps its place where it is in the right line already."""
        right, wrong = (self._doubtful, self._cheap) if _is_doubtful(lane) else (self._cheap, self._doubtful)
        wrong.discard(lane)
        right.add(lane)

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

    def _look_again(self, line: Line, most: int) -> None:
        """These have waited longer than those that are to be looked at anyway, and come before them."""
        for lane in reversed([line.pop() for _ in range(most) if line]):
            self._doubtful.put_first(lane)

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

    def _is_forgettable(self, lane: Lane, at: float) -> bool:
        """It may still stand in a line, where nothing that waits is found in it."""
        is_idle = not (lane.under_way or lane.ahead or lane.waiting or lane.registration_id in self._parked)
        return is_idle and lane.opens_at <= at and lane.counted_at < at - _REMEMBERED


def _is_doubtful(lane: Lane) -> bool:
    """Whether it may fail, or its next attempt costs more than most and it is not so busy that it would be slowed."""
    return not lane.is_proven or (lane.is_costly and lane.under_way < _FEW)


def _saved(rate: float, turns: float = math.inf) -> float:
    """Of these turns the ones that may be kept for later; one at least, also at a rate of less than one a second."""
    return min(max(1.0, rate * _SAVED), turns)


def _lead(width: int, seconds: float, size: int) -> int:
    """How many attempts are begun ahead where each takes so many seconds, with bodies of that size."""
    return min(int(width * min(_MOST_AHEAD, _AHEAD / max(seconds, 1e-9))), _BYTES_AHEAD // size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many deliveries may be under way: of one endpoint, of all that are unproven or fail, and altogether.

    Beyond the last of these is at most one of each endpoint, which was begun ahead.

    `rate` is how many a second are begun for one endpoint, at most; `unproven_rate` for all that are unproven or fail,
    and the first few of each that costs much; `failing_rate` for those that failed last. `kept` is how many jobs of one
    wait in memory, where no other process can take them; `ahead` is how many are begun before it is their turn, of all
    endpoints.
    """

    endpoint: int
    rate: float
    unproven_rate: float = 320.0
    failing_rate: float = 100.0
    unproven: int = 512
    total: int = 768
    kept: int = 4000
    ahead: int = 512


class Turn(Struct, frozen=True):
    """A job that may be begun now. Where it is `ahead`, nothing is sent before `EndpointLanes.promote` says so."""

    registration_id: int
    job: Job
    is_ahead: bool


@dataclass(slots=True, eq=False)
class Lane:
    """One endpoint's turns. `opens_at` is its endpoint's wish, `allowance` what its rate has left."""

    registration_id: int
    client_id: str = ""  # not known before its first job
    width: int = 1
    is_proven: bool = False
    is_failing: bool = False
    is_costly: bool = False  # its last answer took a connection of its own, or was cut off
    under_way: int = 0
    ahead: int = 0
    lead: int = 0  # how many may be ahead: it is quick
    opens_at: float = 0.0
    allowance: float = 1.0
    counted_at: float = 0.0
    waiting: deque[Job] = field(default_factory=deque)


class Line:
    """Lanes in line, each once. Takes the same time however many there are. Not shared by threads."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, OrderedDict[Lane, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._by_client)

    def add(self, lane: Lane) -> None:
        """Puts it behind the others of its client, or leaves it in its place."""
        self._by_client.setdefault(lane.client_id, OrderedDict()).setdefault(lane)

    def put_first(self, lane: Lane) -> None:
        """Puts it before all others."""
        lanes = self._by_client.setdefault(lane.client_id, OrderedDict())
        lanes[lane] = None
        lanes.move_to_end(lane, last=False)
        self._by_client.move_to_end(lane.client_id, last=False)

    def discard(self, lane: Lane) -> None:
        """Takes it out, where it is in line."""
        lanes = self._by_client.get(lane.client_id)
        if lanes is not None:
            lanes.pop(lane, None)
            if not lanes:
                del self._by_client[lane.client_id]

    def pop(self) -> Lane:
        """Takes out the first; its client's next one comes after the other clients' first ones."""
        client_id, lanes = next(iter(self._by_client.items()))
        lane, _ = lanes.popitem(last=False)
        if lanes:
            self._by_client.move_to_end(client_id)
        else:
            del self._by_client[client_id]
        return lane

    def clear(self) -> None:
        """Takes all of them out."""
        self._by_client.clear()
