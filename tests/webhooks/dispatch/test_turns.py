"""Whose turn it is, by a clock of the test's own."""

from webhooks.dispatch.turns import EndpointTurns, Limits, Turn
from webhooks.store.jobs import Job, Kind

LIMITS = Limits(endpoint=8, unproven=4, unproven_rate=1000, total=160, rate=1000, kept=512)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def fill(turns: EndpointTurns, endpoint: int, count: int, client: str = "client") -> int:
    """Lets jobs enter; gives how many had to be parked."""
    jobs = [Job(Kind.DELIVER, f"{endpoint}-{number}", 0) for number in range(count)]
    return sum(not turns.enter(endpoint, client, job) for job in jobs)


def start(turns: EndpointTurns) -> list[int]:
    return [turn.registration_id for turn in turns_of(turns)]


def turns_of(turns: EndpointTurns) -> list[Turn]:
    """Of good and doubtful ones; one that has become busy has become a good one."""
    return [turn for doubtful in (False, True, False) for turn in turns.give(doubtful=doubtful)]


def test_a_new_endpoint_gets_one_turn_and_parks_what_is_too_much() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    assert fill(turns, 1, 518) == 6
    assert start(turns) == [1]
    assert start(turns) == []


def test_each_success_widens_the_lane_up_to_its_limit() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    given = []
    for _ in range(6):
        fill(turns, 1, 40)
        given.append(len(started := start(turns)))
        for endpoint in started:
            turns.leave(endpoint, is_success=True)
    assert given == [1, 2, 8, 8, 8, 8]


def test_there_is_room_for_as_many_as_may_enter() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    for count in (500, turns.room(1) - 500):
        assert fill(turns, 1, count) == 0
    assert turns.room(1) == 0
    assert fill(turns, 1, 1) == 1
    assert turns.room(2) == LIMITS.kept


def test_for_a_quick_endpoint_there_is_room_for_some_times_what_is_begun_ahead() -> None:
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, kept=20), Clock())
    assert turns.room(1) == 20
    quick(turns)
    assert turns.room(1) == 4 * 12 * 8
    fill(turns, 1, 1)
    assert start(turns) == [1]
    turns.leave(1, is_success=True, duration_seconds=0.06)
    assert turns.room(1) == 4 * 8


def test_where_memory_is_short_more_is_parked() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    assert sum(fill(turns, endpoint, 500) for endpoint in range(100, 120)) == 0
    assert fill(turns, 1000, 64) == 60


def test_an_endpoint_that_fails_parks_sooner() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    fill(turns, 1, 1)
    for endpoint in start(turns):
        turns.leave(endpoint, is_success=False)
    assert fill(turns, 1, 70) == 66


def test_a_failure_narrows_it() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    for _ in range(4):
        fill(turns, 1, 40)
        for endpoint in start(turns):
            turns.leave(endpoint, is_success=True)
    fill(turns, 1, 40)
    started = start(turns)
    assert len(started) == 8
    turns.leave(1, is_success=False)
    assert start(turns) == []
    for _ in started[1:]:
        turns.leave(1, is_success=False)
    assert start(turns) == [1]


def test_unproven_endpoints_leave_turns_for_a_good_one() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    fill(turns, 1, 1)
    turns.leave(start(turns)[0], is_success=True)
    for endpoint in range(100, 150):
        fill(turns, endpoint, 1)
    fill(turns, 1, 2)
    started = start(turns)
    assert (len(started), started.count(1)) == (6, 2)
    turns.leave(100, is_success=False)
    assert len(start(turns)) == 1


def test_no_more_than_the_total_and_everyone_in_turn() -> None:
    turns = EndpointTurns(Limits(endpoint=8, unproven=100, unproven_rate=1000, total=10, rate=1000), Clock())
    for endpoint in range(30):
        fill(turns, endpoint, 1)
    order = []
    while started := start(turns):
        assert len(started) <= 10
        order += started
        for endpoint in started:
            turns.leave(endpoint, is_success=True)
    assert order == list(range(30))


def test_an_endpoint_that_asks_for_time_is_left_alone_so_long() -> None:
    clock = Clock()
    turns = EndpointTurns(LIMITS, clock)
    fill(turns, 1, 4)
    turns.leave(start(turns)[0], is_success=False, wait_seconds=30)
    assert start(turns) == []
    clock.at += 29
    turns.pass_time()
    assert start(turns) == []
    clock.at += 1
    turns.pass_time()
    assert start(turns) == [1]


def test_what_comes_while_an_endpoint_waits_is_parked_until_then() -> None:
    clock = Clock()
    turns = EndpointTurns(LIMITS, clock)
    assert not turns.enter(1, "client", Job(Kind.DELIVER, "a", 0), wait_seconds=30)
    assert turns.to_refill(9) == []
    clock.at += 30
    assert [id_ for id_, _ in turns.to_refill(9)] == [1]
    assert turns.to_refill(9) == []
    turns.park(1)
    assert [id_ for id_, _ in turns.to_refill(9)] == [1]


def test_the_rate_of_an_endpoint() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=64, unproven=100, total=100, rate=10), clock)
    begun = 0
    for _ in range(2000):
        fill(turns, 1, 10)
        for endpoint in start(turns):
            begun += 1
            turns.leave(endpoint, is_success=True)
        turns.pass_time()
        clock.at += 0.01
    assert 195 <= begun <= 212


def test_a_rate_of_less_than_one_a_second() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=64, rate=0.1), clock)
    fill(turns, 1, 3)
    for _ in range(2):
        turns.leave(start(turns)[0], is_success=True)
        clock.at += 9
        turns.pass_time()
        assert start(turns) == []
        clock.at += 1.1
        turns.pass_time()
    assert start(turns) == [1]


def test_a_turn_of_which_nothing_was_sent_is_not_counted_by_the_rate() -> None:
    turns = EndpointTurns(Limits(endpoint=64, rate=0.1), Clock())
    for _ in range(5):
        assert turns.give_at_once(1, "client")
        turns.leave(1, is_success=None)
    assert turns.give_at_once(1, "client")
    turns.leave(1, is_success=True)
    assert not turns.give_at_once(1, "client")


def test_jobs_that_wait_are_given_back() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    fill(turns, 1, 4)
    start(turns)
    assert [job.key for job in turns.drain()] == ["1-1", "1-2", "1-3"]
    turns.leave(1, is_success=True)
    assert start(turns) == []


def test_an_idle_lane_is_forgotten_but_not_one_with_parked_deliveries() -> None:
    clock = Clock()
    turns = EndpointTurns(LIMITS, clock)
    fill(turns, 1, 1)
    turns.leave(start(turns)[0], is_success=True)
    turns.park(2)
    clock.at += 61
    turns.pass_time()
    fill(turns, 1, 4)
    assert start(turns) == [1]  # as a new one
    assert [id_ for id_, _ in turns.to_refill(9)] == [2]


def test_a_lane_that_is_to_be_looked_at_is_not_forgotten_while_all_turns_are_taken() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, unproven=4, total=2, rate=1000), clock)
    fill(turns, 2, 1)
    turns.leave(start(turns)[0], is_success=True)
    fill(turns, 2, 3)
    fill(turns, 1, 2)
    assert start(turns) == [2, 1]
    turns.leave(1, is_success=True)
    assert start(turns) == [1]
    clock.at += 61
    turns.pass_time()
    turns.leave(2, is_success=True)
    assert start(turns) == [2]


def test_nor_is_one_that_stands_in_line_though_it_has_had_its_turn() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, unproven=2, rate=1000), clock)
    for endpoint in (1, 2, 3, 4, 5, 5):
        fill(turns, endpoint, 1)
    assert start(turns) == [1, 2]
    fill(turns, 5, 1)  # 3, 4 and 5 are waiting, and 5 is to be looked at
    for endpoint in (3, 4):
        turns.park(endpoint, wait_seconds=1000)
    turns.leave(1, is_success=True)
    assert start(turns) == [5]
    turns.leave(5, is_success=True)
    fill(turns, 6, 1)
    assert start(turns) == [5, 5, 6]
    for _ in range(2):
        turns.leave(5, is_success=True)
    assert start(turns) == []
    clock.at += 61
    turns.pass_time()
    turns.leave(2, is_success=True)
    assert start(turns) == []


def quick(turns: EndpointTurns, endpoint: int = 1, seconds: float = 0.001) -> None:
    """Opens the endpoint's lane to its whole width, by answers that came soon."""
    for _ in range(4):
        fill(turns, endpoint, 8)
        for turn in turns_of(turns):
            if turn.is_ahead:
                assert turns.promote(endpoint)
            turns.leave(endpoint, is_success=True, duration_seconds=seconds)


def test_to_a_quick_endpoint_attempts_are_begun_ahead_and_sent_as_turns_end() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    quick(turns)
    fill(turns, 1, 200)
    given = turns_of(turns)
    assert [sum(turn.is_ahead is is_ahead for turn in given) for is_ahead in (False, True)] == [8, 12 * 8]
    assert not turns.promote(1)
    turns.leave(1, is_success=True, duration_seconds=0.001)
    assert turns.promote(1)
    assert not turns.promote(1)
    assert [turn.is_ahead for turn in turns_of(turns)] == [True]


def test_to_one_that_takes_its_time_nothing_is_begun_ahead() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    quick(turns)
    fill(turns, 1, 104)
    given = turns_of(turns)
    turns.leave(1, is_success=True, duration_seconds=0.05)
    assert turns.promote(1)
    assert len(given) == 104
    fill(turns, 1, 1)
    assert turns_of(turns) == []


def test_an_endpoint_has_begun_ahead_what_it_gets_in_a_few_hundredths_of_a_second() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    quick(turns, seconds=0.02)
    fill(turns, 1, 100)
    assert sum(turn.is_ahead for turn in turns_of(turns)) == 3 * 8


def test_what_is_ahead_stays_where_the_endpoint_fails() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    quick(turns)
    fill(turns, 1, 100)
    turns_of(turns)
    for _ in range(8):
        turns.leave(1, is_success=False)
    assert (turns.is_failing(1), turns.promote(1)) == (True, False)


def test_good_endpoints_that_hang_leave_turns_to_the_others() -> None:
    turns = EndpointTurns(Limits(endpoint=8, unproven_rate=1000, rate=1000, total=160), Clock())
    for endpoint in range(30):
        quick(turns, endpoint)
    under_way = []
    for endpoint in range(30):
        fill(turns, endpoint, 100)
        under_way.append(sum(not turn.is_ahead for turn in turns_of(turns)))
    assert under_way[:4] == [8, 8, 8, 8]
    assert min(under_way) >= 1
    assert turns.under_way < 160


def test_all_endpoints_share_what_is_begun_ahead() -> None:
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, ahead=10), Clock())
    for endpoint in (1, 2):
        quick(turns, endpoint)
    for endpoint in (1, 2):
        fill(turns, endpoint, 100)
    assert sum(turn.is_ahead for turn in turns_of(turns)) == 10


def test_those_that_fail_have_so_many_turns_a_second_together_and_a_good_one_all_that_it_wants() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, failing_rate=200), clock)
    fill(turns, 1, 1)
    turns.leave(start(turns)[0], is_success=True)
    given: dict[int, int] = {}
    for tick in range(400):
        for endpoint in range(100, 1100):
            fill(turns, endpoint, 1)
        fill(turns, 1, 1)
        for endpoint in start(turns):
            if tick >= 200:  # by then all have failed
                given[endpoint] = given.get(endpoint, 0) + 1
            turns.leave(endpoint, is_success=endpoint == 1)
        clock.at += 0.05
        turns.pass_time()
    assert given.pop(1) == 200
    assert 1980 <= sum(given.values()) <= 2020
    assert len(given) == 1000  # each in turn


def test_new_ones_begin_a_few_at_a_time_and_do_not_wait_for_those_that_fail() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100, failing_rate=20, unproven=1000), clock)
    for endpoint in range(50):
        fill(turns, endpoint, 100)
    begun = []
    for _ in range(100):
        started = start(turns)
        assert len(started) <= 10
        begun += started
        for endpoint in started:
            turns.leave(endpoint, is_success=False)
        clock.at += 0.05
        turns.pass_time()
    assert sorted(set(begun[:75])) == list(range(50))
    assert 80 <= len(begun) - 50 <= 102


def test_of_those_that_cost_much_a_few_go_on_at_a_time_and_cheap_ones_do_not_wait_for_them() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(50):
        fill(turns, endpoint, 1)
    while started := start(turns) or (turns.pass_time(), start(turns))[1]:
        for endpoint in started:
            turns.leave(endpoint, is_success=True, is_costly=endpoint > 0)
        clock.at += 0.05
    clock.at += 1
    turns.pass_time()
    for endpoint in reversed(range(50)):
        fill(turns, endpoint, 1)
    given = []
    for _ in range(9):
        given.append(start(turns))
        clock.at += 0.05
        turns.pass_time()
    assert given[0] == [0, *range(49, 43, -1)]
    assert all(4 <= len(each) <= 6 for each in given[1:])
    assert [each for some in given[1:] for each in some][:30] == [*range(43, 13, -1)]


def test_one_that_costs_much_and_is_busy_is_not_slowed_down() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=32, rate=1000, unproven_rate=100), clock)
    fill(turns, 1, 400)
    while len(started := start(turns)) < 28:
        for endpoint in started:
            turns.leave(endpoint, is_success=True, is_costly=True)
        clock.at += 0.05
        turns.pass_time()
    for _ in range(20):
        turns.leave(1, is_success=True, is_costly=True)
        assert start(turns) == [1]


def test_one_that_costs_much_runs_into_no_debt_with_what_is_begun_ahead() -> None:
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), Clock())
    fill(turns, 1, 1)
    start(turns)
    turns.leave(1, is_success=True, is_costly=True, duration_seconds=0.001)
    fill(turns, 1, 100)
    for turn in turns_of(turns):
        if not turn.is_ahead or turns.promote(1):
            turns.leave(1, is_success=True, is_costly=True, duration_seconds=0.001)
    assert turns._unproven_turns >= 0


def test_a_lane_that_runs_low_is_refilled_unless_it_has_no_room_any_more() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    quick(turns)
    fill(turns, 1, 200)
    turns.park(1)
    turns_of(turns)
    ((endpoint, most),) = turns.to_refill_now()
    assert (endpoint, most > 256) == (1, True)
    turns.park(1)
    turns.leave(1, is_success=True, duration_seconds=0.001)
    turns_of(turns)
    turns.leave(1, is_success=False)
    assert (turns.to_refill_now(), turns.to_refill(9)) == ([], [])


def test_many_urls_of_one_client_delay_no_other_client() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    for endpoint in range(20):
        quick(turns, endpoint)
    for endpoint in range(20):
        fill(turns, endpoint, 1, client="one" if endpoint < 18 else "other")
    assert start(turns)[:5] == [0, 18, 1, 19, 2]


def test_what_is_doubtful_is_in_a_line_of_its_own_until_it_has_proved_itself() -> None:
    turns = EndpointTurns(LIMITS, Clock())
    fill(turns, 1, 2)
    assert list(turns.give(doubtful=False)) == []
    (turn,) = turns.give(doubtful=True)
    turns.leave(turn.registration_id, is_success=True)
    assert list(turns.give(doubtful=True)) == []
    assert [turn.registration_id for turn in turns.give(doubtful=False)] == [1]


def test_new_ones_keep_their_order_however_often_the_others_are_looked_at() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(60):
        fill(turns, endpoint, 1)
    begun = []
    while len(begun) < 60:
        assert list(turns.give(doubtful=False)) == []
        begun += [turn.registration_id for turn in turns.give(doubtful=True)]
        clock.at += 0.05
        turns.pass_time()
    assert begun == list(range(60))


def test_a_new_url_of_one_client_does_not_wait_for_many_of_another() -> None:
    clock = Clock()
    turns = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(60):
        fill(turns, endpoint, 1)
    start(turns)
    fill(turns, 100, 1, client="other")
    assert start(turns) == []
    given = []
    for _ in range(2):
        clock.at += 0.05
        turns.pass_time()
        given += start(turns)
    assert 100 in given
