import pytest

from webhooks.composing.gates import Circuit
from webhooks.composing.pace import Pauses


class Clock:
    """A fake: time passes when the test says so."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit(Pauses(opens_after=3, first=30.0, longest=600.0), clock)


def open_it(circuit: Circuit) -> None:
    assert [circuit.failed("late") for _ in range(3)] == [False, False, True]


def test_it_opens_after_failures_in_a_row(circuit: Circuit) -> None:
    assert not circuit.failed("late")
    assert not circuit.failed("late")
    assert not circuit.succeeded()
    assert circuit.is_closed
    open_it(circuit)
    assert (circuit.is_closed, circuit.reason, circuit.pause) == (False, "late", 30.0)


def test_what_is_certain_opens_it_at_once(circuit: Circuit) -> None:
    assert circuit.failed("no such table", is_certain=True)
    assert circuit.reason == "no such table"


def test_after_a_pause_one_thing_is_tried(circuit: Circuit, clock: Clock) -> None:
    open_it(circuit)
    clock.at += 29.9
    assert not circuit.is_trial_due()
    clock.at += 0.2
    assert circuit.is_trial_due()
    circuit.begin_trial()
    assert not circuit.is_trial_due()
    assert circuit.succeeded()
    assert circuit.is_closed
    assert (circuit.reason, circuit.pause) == (None, 0.0)


def test_pauses_double_up_to_the_longest(circuit: Circuit, clock: Clock) -> None:
    open_it(circuit)
    pauses = []
    for _ in range(7):
        pauses.append(circuit.pause)
        clock.at += circuit.pause
        circuit.begin_trial()
        assert circuit.failed("late")
    assert pauses == [30, 60, 120, 240, 480, 600, 600]


def test_what_was_begun_before_it_opened_does_not_lengthen_the_pause(circuit: Circuit, clock: Clock) -> None:
    open_it(circuit)
    assert not circuit.failed("late")
    assert circuit.pause == 30


def test_a_trial_that_says_nothing_is_made_again(circuit: Circuit, clock: Clock) -> None:
    open_it(circuit)
    clock.at += 30
    circuit.begin_trial()
    circuit.undecided()
    assert circuit.is_trial_due()
    circuit.begin_trial()
    clock.at += 119
    assert not circuit.is_trial_due()
    clock.at += 2  # whoever tried has died
    assert circuit.is_trial_due()
