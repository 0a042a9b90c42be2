"""Lanes against a plain count of what was given and taken, whatever a dispatcher and its endpoints do."""

from collections import Counter, defaultdict, deque
from itertools import islice

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from webhooks.dispatch.turns import EndpointTurns, Limits, Turn
from webhooks.store.jobs import Job, Kind

TOTALS = (3, 70, 200)
ENDPOINTS = st.integers(1, 4)
WAITS = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 100.0])
LONGEST = 200  # seconds in which every lane has had turns, with these limits


class Dispatching(RuleBasedStateMachine):
    """Does what the dispatcher does, and ends turns as endpoints might."""

    @initialize(total=st.sampled_from(TOTALS))
    def starts(self, total: int) -> None:
        self.at = 1000.0
        self.limits = Limits(  # so small that each of them is met
            endpoint=4, rate=20, unproven_rate=40, failing_rate=20, unproven=3, total=total, kept=6, ahead=5
        )
        self.turns = EndpointTurns(self.limits, lambda: self.at)
        self.count = 0
        self.waiting: Counter[int] = Counter()
        self.parked: set[int] = set()
        self.beginning: list[Turn] = []  # given, and not written yet
        self.begun: defaultdict[int, deque[Turn]] = defaultdict(deque)  # ahead
        self.sending: list[int] = []
        self.proven: set[int] = set()

    @rule(endpoint=ENDPOINTS, count=st.integers(1, 8), wait_seconds=WAITS)
    def jobs_come(self, endpoint: int, count: int, wait_seconds: float) -> None:
        for _ in range(count):
            self.count += 1
            if self.turns.enter(
                endpoint, str(endpoint % 2), Job(Kind.DELIVER, str(self.count), 0), wait_seconds=wait_seconds
            ):
                self.waiting[endpoint] += 1
            else:
                self.parked.add(endpoint)

    @rule(most=st.integers(1, 30), are_written=st.booleans(), doubtful=st.booleans())
    def turns_are_given(self, most: int, are_written: bool, doubtful: bool) -> None:
        for turn in islice(self.turns.give(doubtful=doubtful), most):
            self.beginning.append(turn)
            self.waiting[turn.registration_id] -= 1
        if are_written:
            self.they_are_written(len(self.beginning), True)

    @precondition(lambda self: self.beginning)
    @rule(count=st.integers(1, 30), are_to_be_sent=st.booleans())
    def they_are_written(self, count: int, are_to_be_sent: bool) -> None:
        """Or are not, since their deliveries are held now."""
        some, self.beginning = self.beginning[:count], self.beginning[count:]
        for turn in some:
            if not are_to_be_sent:
                self.give_up(turn)
            elif turn.is_ahead:
                self.begun[turn.registration_id].append(turn)
                self.go_on(turn.registration_id)
            else:
                self.sending.append(turn.registration_id)

    @precondition(lambda self: self.sending)
    @rule(count=st.integers(1, 8), seconds=st.sampled_from([0.001, 0.001, 1.0]))
    def endpoints_take_them(self, count: int, seconds: float) -> None:
        some, self.sending = self.sending[:count], self.sending[count:]
        for endpoint in some:
            self.turns.leave(endpoint, is_success=True, duration_seconds=seconds)
            self.proven.add(endpoint)
            self.go_on(endpoint)

    @precondition(lambda self: self.sending)
    @rule(which=st.integers(0, 7), wait_seconds=WAITS)
    def an_endpoint_fails(self, which: int, wait_seconds: float) -> None:
        endpoint = self.sending.pop(which % len(self.sending))
        self.turns.leave(endpoint, is_success=False, wait_seconds=wait_seconds)
        self.proven.discard(endpoint)
        self.go_on(endpoint)

    @rule(seconds=st.sampled_from([0.05, 1.0, 1.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds
        self.turns.pass_time()

    @rule(endpoint=ENDPOINTS, wait_seconds=WAITS)
    def the_sweep_finds_more(self, endpoint: int, wait_seconds: float) -> None:
        self.turns.park(endpoint, wait_seconds=wait_seconds)
        self.parked.add(endpoint)

    @rule(is_to_refill=st.booleans())
    def parked_ones_are_refilled(self, is_to_refill: bool) -> None:
        for endpoint, most in self.turns.to_refill(9) if is_to_refill else self.turns.to_refill_now():
            assert most > 0
            self.parked.remove(endpoint)

    @invariant()
    def what_is_counted_is_what_is_there(self) -> None:
        under_way = Counter([*self.sending, *(turn.registration_id for turn in self.beginning if not turn.is_ahead)])
        ahead = Counter(turn.registration_id for turn in self.beginning if turn.is_ahead)
        ahead.update({endpoint: len(begun) for endpoint, begun in self.begun.items()})
        lanes = self.turns._lanes
        self.proven &= set(lanes)  # others are forgotten
        assert {id_: (lane.under_way, lane.ahead, len(lane.waiting)) for id_, lane in lanes.items()} == {
            id_: (under_way[id_], ahead[id_], self.waiting[id_]) for id_ in lanes
        }
        assert set(under_way) | set(+ahead) | set(+self.waiting) | self.parked <= set(lanes)
        unproven = sum(count for endpoint, count in under_way.items() if endpoint not in self.proven)
        assert (self.turns.under_way, self.turns._unproven, self.turns._ahead, self.turns._waiting) == (
            under_way.total(),
            unproven,
            ahead.total(),
            self.waiting.total(),
        )

    @invariant()
    def limits_are_kept(self) -> None:
        lanes = self.turns._lanes.values()
        assert all(lane.under_way <= self.limits.endpoint for lane in lanes)
        assert self.turns._ahead <= self.limits.ahead
        assert self.turns.under_way <= self.limits.total + len(lanes)  # one of each may have been begun ahead

    def teardown(self) -> None:
        """Where endpoints answer, whatever waits gets its turn."""
        until = self.at + LONGEST
        while self.waiting.total() or self.beginning or self.sending or any(self.begun.values()):
            assert self.at < until, "a lane is stuck"
            for doubtful in (False, True):
                self.turns_are_given(30, True, doubtful)
            if self.sending:
                self.endpoints_take_them(30, 1.0)
            self.time_passes(0.5)
            self.what_is_counted_is_what_is_there()
        self.time_passes(LONGEST)
        assert {endpoint for endpoint, _ in self.turns.to_refill(9)} == self.parked

    def give_up(self, turn: Turn) -> None:
        if turn.is_ahead:
            self.turns.leave_ahead(turn.registration_id)
        else:
            self.turns.leave(turn.registration_id, is_success=None)

    def go_on(self, endpoint: int) -> None:
        begun = self.begun[endpoint]
        while begun and self.turns.promote(endpoint):
            begun.popleft()
            self.sending.append(endpoint)
        while begun and self.turns.is_failing(endpoint):
            self.give_up(begun.popleft())


TestDispatching = Dispatching.TestCase
TestDispatching.settings = settings(max_examples=60, stateful_step_count=100, deadline=None)
