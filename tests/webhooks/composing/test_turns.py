from typing import Any

import pytest
from msgspec.structs import replace

from webhooks.composing.pace import Pace
from webhooks.composing.turns import Batch, CodeTurns
from webhooks.store.compositions import Waiting


@pytest.fixture
def lanes() -> CodeTurns:
    return CodeTurns(Pace(), slots=4, each=2, room=1000)


def fill(lanes: CodeTurns, code: str, count: int) -> list[Waiting]:
    item = Waiting(
        sequence=0, version=0, code=code, event_id="x", arguments="{}", failures=0, is_needed=True, is_defined=False
    )
    items = [replace(item, sequence=number) for number in range(count)]
    for each in items:
        lanes.add(code, each)
    return items


def sizes(lanes: CodeTurns) -> list[Any]:
    found = []
    while (batch := lanes.next()) is not None:
        found.append((batch.code, len(batch.items)))
    return found


def test_codes_take_turns_and_none_has_every_slot(lanes: CodeTurns) -> None:
    fill(lanes, "a", 100)
    assert sizes(lanes) == [("a", 8), ("a", 8)]
    fill(lanes, "b", 100)
    fill(lanes, "c", 3)
    assert sizes(lanes) == [("b", 8), ("c", 3)]
    lanes.free("a")
    lanes.free("c")
    assert sizes(lanes) == [("a", 8), ("b", 8)]


def test_quick_batches_grow_and_slow_ones_shrink(lanes: CodeTurns) -> None:
    fill(lanes, "a", 5000)
    grown = []
    for seconds in (0.1, 0.1, 0.1, 0.1, 0.5, 2.0, 2.0):
        batch = lanes.next()
        assert batch is not None
        grown.append(len(batch.items))
        lanes.measured(batch, seconds)
        lanes.free("a")
    assert grown == [8, 32, 128, 500, 500, 500, 250]
    for _ in range(12):
        batch = lanes.next()
        assert batch is not None
        lanes.measured(batch, 5.0)
        lanes.free("a")
    assert sizes(lanes)[0] == ("a", 1)


def test_a_small_batch_that_is_quick_says_nothing_of_large_ones(lanes: CodeTurns) -> None:
    for _ in range(5):
        fill(lanes, "a", 2)
        batch = lanes.next()
        assert batch is not None
        lanes.measured(batch, 0.001)
        lanes.free("a")
    fill(lanes, "a", 100)
    assert sizes(lanes)[0] == ("a", 8)


def test_halves_come_before_the_others_as_they_are(lanes: CodeTurns) -> None:
    fill(lanes, "a", 100)
    batch = lanes.next()
    assert isinstance(batch, Batch)
    lanes.halve("a", batch.items[:5])
    lanes.free("a")
    assert sizes(lanes) == [("a", 3), ("a", 2)]
    lanes.halve("a", batch.items[:1])
    lanes.free("a")
    assert sizes(lanes) == [("a", 1)], "a half of nothing is no batch"


def test_there_is_room_until_events_are_settled(lanes: CodeTurns) -> None:
    fill(lanes, "a", 500)
    assert (lanes.room("a"), lanes.is_full()) == (500, False)
    fill(lanes, "a", 500)
    assert (lanes.room("a"), lanes.room("b"), lanes.is_full()) == (0, 1000, True)
    batch = lanes.next()
    assert batch is not None
    lanes.free("a")
    assert lanes.room("a") == 0, "what is composed is still to be written"
    lanes.leave("a", len(batch.items))
    assert lanes.room("a") == 8


def test_what_waits_is_drained_with_its_halves(lanes: CodeTurns) -> None:
    fill(lanes, "a", 20)
    fill(lanes, "b", 5)
    batch = lanes.next()
    assert batch is not None
    lanes.halve("a", batch.items)
    assert len(lanes.drain("a")) == 20
    assert [item.code for item in lanes.drain()] == ["b"] * 5
    assert lanes.drain("unknown") == []
    lanes.free("a")
    assert sizes(lanes) == []
