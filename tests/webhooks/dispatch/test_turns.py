"""Whose turn it is, by a clock of the test's own."""

from webhooks.dispatch.turns import EndpointTurns, Limits, Turn
from webhooks.store.jobs import Job, Kind

LIMITS = Limits(endpoint=8, unproven=4, unproven_rate=1000, total=160, rate=1000, kept=512)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def fill(lanes: EndpointTurns, endpoint: int, count: int, client: str = "client") -> int:
    """Lets jobs enter; gives how many had to be parked."""
    jobs = [Job(Kind.DELIVER, f"{endpoint}-{number}", 0) for number in range(count)]
    return sum(not lanes.enter(endpoint, client, job) for job in jobs)


def start(lanes: EndpointTurns) -> list[int]:
    return [turn.registration_id for turn in turns_of(lanes)]


def turns_of(lanes: EndpointTurns) -> list[Turn]:
    """Of good and doubtful ones; one that has become busy has become a good one."""
    return [turn for doubtful in (False, True, False) for turn in lanes.give(doubtful=doubtful)]


def test_a_new_endpoint_gets_one_turn_and_parks_what_is_too_much() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    assert fill(lanes, 1, 518) == 6
    assert start(lanes) == [1]
    assert start(lanes) == []


def test_each_success_widens_the_lane_up_to_its_limit() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    turns = []
    for _ in range(6):
        fill(lanes, 1, 40)
        turns.append(len(started := start(lanes)))
        for endpoint in started:
            lanes.leave(endpoint, is_success=True)
    assert turns == [1, 2, 8, 8, 8, 8]


def test_where_memory_is_short_more_is_parked() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    assert sum(fill(lanes, endpoint, 500) for endpoint in range(100, 120)) == 0
    assert fill(lanes, 1000, 64) == 60


def test_an_endpoint_that_fails_parks_sooner() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    fill(lanes, 1, 1)
    for endpoint in start(lanes):
        lanes.leave(endpoint, is_success=False)
    assert fill(lanes, 1, 70) == 66


def test_a_failure_narrows_it() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    for _ in range(4):
        fill(lanes, 1, 40)
        for endpoint in start(lanes):
            lanes.leave(endpoint, is_success=True)
    fill(lanes, 1, 40)
    started = start(lanes)
    assert len(started) == 8
    lanes.leave(1, is_success=False)
    assert start(lanes) == []
    for _ in started[1:]:
        lanes.leave(1, is_success=False)
    assert start(lanes) == [1]


def test_unproven_endpoints_leave_turns_for_a_good_one() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    fill(lanes, 1, 1)
    lanes.leave(start(lanes)[0], is_success=True)
    for endpoint in range(100, 150):
        fill(lanes, endpoint, 1)
    fill(lanes, 1, 2)
    started = start(lanes)
    assert (len(started), started.count(1)) == (6, 2)
    lanes.leave(100, is_success=False)
    assert len(start(lanes)) == 1


def test_no_more_than_the_total_and_everyone_in_turn() -> None:
    lanes = EndpointTurns(Limits(endpoint=8, unproven=100, unproven_rate=1000, total=10, rate=1000), Clock())
    for endpoint in range(30):
        fill(lanes, endpoint, 1)
    order = []
    while started := start(lanes):
        assert len(started) <= 10
        order += started
        for endpoint in started:
            lanes.leave(endpoint, is_success=True)
    assert order == list(range(30))


def test_an_endpoint_that_asks_for_time_is_left_alone_so_long() -> None:
    clock = Clock()
    lanes = EndpointTurns(LIMITS, clock)
    fill(lanes, 1, 4)
    lanes.leave(start(lanes)[0], is_success=False, wait_seconds=30)
    assert start(lanes) == []
    clock.at += 29
    lanes.pass_time()
    assert start(lanes) == []
    clock.at += 1
    lanes.pass_time()
    assert start(lanes) == [1]


def test_what_comes_while_an_endpoint_waits_is_parked_until_then() -> None:
    clock = Clock()
    lanes = EndpointTurns(LIMITS, clock)
    assert not lanes.enter(1, "client", Job(Kind.DELIVER, "a", 0), wait_seconds=30)
    assert lanes.to_refill(9) == []
    clock.at += 30
    assert [id_ for id_, _ in lanes.to_refill(9)] == [1]
    assert lanes.to_refill(9) == []
    lanes.park(1)
    assert [id_ for id_, _ in lanes.to_refill(9)] == [1]


def test_the_rate_of_an_endpoint() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=64, unproven=100, total=100, rate=10), clock)
    begun = 0
    for _ in range(2000):
        fill(lanes, 1, 10)
        for endpoint in start(lanes):
            begun += 1
            lanes.leave(endpoint, is_success=True)
        lanes.pass_time()
        clock.at += 0.01
    assert 195 <= begun <= 212


def test_a_rate_of_less_than_one_a_second() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=64, rate=0.1), clock)
    fill(lanes, 1, 3)
    for _ in range(2):
        lanes.leave(start(lanes)[0], is_success=True)
        clock.at += 9
        lanes.pass_time()
        assert start(lanes) == []
        clock.at += 1.1
        lanes.pass_time()
    assert start(lanes) == [1]


def test_jobs_that_wait_are_given_back() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    fill(lanes, 1, 4)
    start(lanes)
    assert [job.key for job in lanes.drain()] == ["1-1", "1-2", "1-3"]
    lanes.leave(1, is_success=True)
    assert start(lanes) == []


def test_an_idle_lane_is_forgotten_but_not_one_with_parked_deliveries() -> None:
    clock = Clock()
    lanes = EndpointTurns(LIMITS, clock)
    fill(lanes, 1, 1)
    lanes.leave(start(lanes)[0], is_success=True)
    lanes.park(2)
    clock.at += 61
    lanes.pass_time()
    fill(lanes, 1, 4)
    assert start(lanes) == [1]  # as a new one
    assert [id_ for id_, _ in lanes.to_refill(9)] == [2]


def test_a_lane_that_is_to_be_looked_at_is_not_forgotten_while_all_turns_are_taken() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, unproven=4, total=2, rate=1000), clock)
    fill(lanes, 2, 1)
    lanes.leave(start(lanes)[0], is_success=True)
    fill(lanes, 2, 3)
    fill(lanes, 1, 2)
    assert start(lanes) == [2, 1]
    lanes.leave(1, is_success=True)
    assert start(lanes) == [1]
    clock.at += 61
    lanes.pass_time()
    lanes.leave(2, is_success=True)
    assert start(lanes) == [2]


def test_nor_is_one_that_stands_in_line_though_it_has_had_its_turn() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, unproven=2, rate=1000), clock)
    for endpoint in (1, 2, 3, 4, 5, 5):
        fill(lanes, endpoint, 1)
    assert start(lanes) == [1, 2]
    fill(lanes, 5, 1)  # 3, 4 and 5 are in line, and 5 is to be looked at
    for endpoint in (3, 4):
        lanes.park(endpoint, wait_seconds=1000)
    lanes.leave(1, is_success=True)
    assert start(lanes) == [5]
    lanes.leave(5, is_success=True)
    fill(lanes, 6, 1)
    assert start(lanes) == [5, 5, 6]
    for _ in range(2):
        lanes.leave(5, is_success=True)
    assert start(lanes) == []
    clock.at += 61
    lanes.pass_time()
    lanes.leave(2, is_success=True)
    assert start(lanes) == []


def quick(lanes: EndpointTurns, endpoint: int = 1, seconds: float = 0.001) -> None:
    """Opens the endpoint's lane to its whole width, by answers that came soon."""
    for _ in range(4):
        fill(lanes, endpoint, 8)
        for turn in turns_of(lanes):
            if turn.is_ahead:
                assert lanes.promote(endpoint)
            lanes.leave(endpoint, is_success=True, duration_seconds=seconds)


def test_to_a_quick_endpoint_attempts_are_begun_ahead_and_sent_as_turns_end() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    quick(lanes)
    fill(lanes, 1, 200)
    turns = turns_of(lanes)
    assert [sum(turn.is_ahead is is_ahead for turn in turns) for is_ahead in (False, True)] == [8, 12 * 8]
    assert not lanes.promote(1)
    lanes.leave(1, is_success=True, duration_seconds=0.001)
    assert lanes.promote(1)
    assert not lanes.promote(1)
    assert [turn.is_ahead for turn in turns_of(lanes)] == [True]


def test_to_one_that_takes_its_time_nothing_is_begun_ahead() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    quick(lanes)
    fill(lanes, 1, 104)
    turns = turns_of(lanes)
    lanes.leave(1, is_success=True, duration_seconds=0.05)
    assert lanes.promote(1)
    assert len(turns) == 104
    fill(lanes, 1, 1)
    assert turns_of(lanes) == []


def test_an_endpoint_has_begun_ahead_what_it_gets_in_a_few_hundredths_of_a_second() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    quick(lanes, seconds=0.02)
    fill(lanes, 1, 100)
    assert sum(turn.is_ahead for turn in turns_of(lanes)) == 3 * 8


def test_what_is_ahead_stays_where_the_endpoint_fails() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    quick(lanes)
    fill(lanes, 1, 100)
    turns_of(lanes)
    for _ in range(8):
        lanes.leave(1, is_success=False)
    assert (lanes.is_failing(1), lanes.promote(1)) == (True, False)


def test_good_endpoints_that_hang_leave_turns_to_the_others() -> None:
    lanes = EndpointTurns(Limits(endpoint=8, unproven_rate=1000, rate=1000, total=160), Clock())
    for endpoint in range(30):
        quick(lanes, endpoint)
    under_way = []
    for endpoint in range(30):
        fill(lanes, endpoint, 100)
        under_way.append(sum(not turn.is_ahead for turn in turns_of(lanes)))
    assert under_way[:4] == [8, 8, 8, 8]
    assert min(under_way) >= 1
    assert lanes.under_way < 160


def test_all_endpoints_share_what_is_begun_ahead() -> None:
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, ahead=10), Clock())
    for endpoint in (1, 2):
        quick(lanes, endpoint)
    for endpoint in (1, 2):
        fill(lanes, endpoint, 100)
    assert sum(turn.is_ahead for turn in turns_of(lanes)) == 10


def test_those_that_fail_have_so_many_turns_a_second_together_and_a_good_one_all_that_it_wants() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, failing_rate=200), clock)
    fill(lanes, 1, 1)
    lanes.leave(start(lanes)[0], is_success=True)
    turns: dict[int, int] = {}
    for tick in range(400):
        for endpoint in range(100, 1100):
            fill(lanes, endpoint, 1)
        fill(lanes, 1, 1)
        for endpoint in start(lanes):
            if tick >= 200:  # by then all have failed
                turns[endpoint] = turns.get(endpoint, 0) + 1
            lanes.leave(endpoint, is_success=endpoint == 1)
        clock.at += 0.05
        lanes.pass_time()
    assert turns.pop(1) == 200
    assert 1980 <= sum(turns.values()) <= 2020
    assert len(turns) == 1000  # each in turn


def test_new_ones_begin_a_few_at_a_time_and_do_not_wait_for_those_that_fail() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100, failing_rate=20, unproven=1000), clock)
    for endpoint in range(50):
        fill(lanes, endpoint, 100)
    begun = []
    for _ in range(100):
        started = start(lanes)
        assert len(started) <= 10
        begun += started
        for endpoint in started:
            lanes.leave(endpoint, is_success=False)
        clock.at += 0.05
        lanes.pass_time()
    assert sorted(set(begun[:75])) == list(range(50))
    assert 80 <= len(begun) - 50 <= 102


def test_of_those_that_cost_much_a_few_go_on_at_a_time_and_cheap_ones_do_not_wait_for_them() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(50):
        fill(lanes, endpoint, 1)
    while started := start(lanes) or (lanes.pass_time(), start(lanes))[1]:
        for endpoint in started:
            lanes.leave(endpoint, is_success=True, is_costly=endpoint > 0)
        clock.at += 0.05
    clock.at += 1
    lanes.pass_time()
    for endpoint in reversed(range(50)):
        fill(lanes, endpoint, 1)
    turns = []
    for _ in range(9):
        turns.append(start(lanes))
        clock.at += 0.05
        lanes.pass_time()
    assert turns[0] == [0, *range(49, 43, -1)]
    assert all(4 <= len(each) <= 6 for each in turns[1:])
    assert [each for some in turns[1:] for each in some][:30] == [*range(43, 13, -1)]


def test_one_that_costs_much_and_is_busy_is_not_slowed_down() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=32, rate=1000, unproven_rate=100), clock)
    fill(lanes, 1, 400)
    while len(started := start(lanes)) < 28:
        for endpoint in started:
            lanes.leave(endpoint, is_success=True, is_costly=True)
        clock.at += 0.05
        lanes.pass_time()
    for _ in range(20):
        lanes.leave(1, is_success=True, is_costly=True)
        assert start(lanes) == [1]


def test_one_that_costs_much_runs_into_no_debt_with_what_is_begun_ahead() -> None:
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), Clock())
    fill(lanes, 1, 1)
    start(lanes)
    lanes.leave(1, is_success=True, is_costly=True, duration_seconds=0.001)
    fill(lanes, 1, 100)
    for turn in turns_of(lanes):
        if not turn.is_ahead or lanes.promote(1):
            lanes.leave(1, is_success=True, is_costly=True, duration_seconds=0.001)
    assert lanes._unproven_turns >= 0


def test_a_lane_that_runs_low_is_refilled_unless_it_has_no_room_any_more() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    quick(lanes)
    fill(lanes, 1, 200)
    lanes.park(1)
    turns_of(lanes)
    ((endpoint, most),) = lanes.to_refill_now()
    assert (endpoint, most > 256) == (1, True)
    lanes.park(1)
    lanes.leave(1, is_success=True, duration_seconds=0.001)
    turns_of(lanes)
    lanes.leave(1, is_success=False)
    assert (lanes.to_refill_now(), lanes.to_refill(9)) == ([], [])


def test_many_urls_of_one_client_delay_no_other_client() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    for endpoint in range(20):
        quick(lanes, endpoint)
    for endpoint in range(20):
        fill(lanes, endpoint, 1, client="one" if endpoint < 18 else "other")
    assert start(lanes)[:5] == [0, 18, 1, 19, 2]


def test_what_is_doubtful_is_in_a_line_of_its_own_until_it_has_proved_itself() -> None:
    lanes = EndpointTurns(LIMITS, Clock())
    fill(lanes, 1, 2)
    assert list(lanes.give(doubtful=False)) == []
    (turn,) = lanes.give(doubtful=True)
    lanes.leave(turn.registration_id, is_success=True)
    assert list(lanes.give(doubtful=True)) == []
    assert [turn.registration_id for turn in lanes.give(doubtful=False)] == [1]


def test_new_ones_keep_their_order_however_often_the_others_are_looked_at() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(60):
        fill(lanes, endpoint, 1)
    begun = []
    while len(begun) < 60:
        assert list(lanes.give(doubtful=False)) == []
        begun += [turn.registration_id for turn in lanes.give(doubtful=True)]
        clock.at += 0.05
        lanes.pass_time()
    assert begun == list(range(60))


def test_a_new_url_of_one_client_does_not_wait_for_many_of_another() -> None:
    clock = Clock()
    lanes = EndpointTurns(Limits(endpoint=8, rate=1000, unproven_rate=100), clock)
    for endpoint in range(60):
        fill(lanes, endpoint, 1)
    start(lanes)
    fill(lanes, 100, 1, client="other")
    assert start(lanes) == []
    turns = []
    for _ in range(2):
        clock.at += 0.05
        lanes.pass_time()
        turns += start(lanes)
    assert 100 in turns
