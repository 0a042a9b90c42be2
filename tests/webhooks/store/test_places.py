"""Where the searches of housekeeping go on, with processes that move them at the same time."""

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete

from webhooks.store import places
from webhooks.store.places import Name, Place
from webhooks.store.store import Store
from webhooks.store.tables import SEARCHES

DAY = 86_400_000_000
AT = 1_000 * DAY


@pytest.fixture(autouse=True)
def no_search(write: Any) -> None:
    """The tests share a store, and there is one search of each name."""
    write(lambda connection: connection.execute(delete(SEARCHES)))


@pytest.fixture
def find(write: Any) -> Any:
    return lambda at, name=Name.DATA: write(places.find, name, at)


@pytest.fixture
def move(write: Any) -> Any:
    return lambda place, reached: write(places.move, place, reached)


def test_a_search_goes_on_where_it_was(find: Any, move: Any) -> None:
    moved = move(find(AT), AT - 7)
    assert moved == Place(Name.DATA, AT - 7, AT)
    assert find(AT + 29 * DAY) == moved
    assert find(AT, Name.ATTEMPTS).reached == 0


@pytest.mark.parametrize("at", [AT + 30 * DAY, AT - 1, AT - 8 * DAY])
def test_a_search_begins_again_in_time_and_where_the_clock_was_set_back(at: int, find: Any, move: Any) -> None:
    move(find(AT), AT - 7)
    assert find(at) == Place(Name.DATA, 0, at)


def test_a_search_that_was_begun_again_is_not_moved_on(find: Any, move: Any) -> None:
    """Else what the clock has hidden from it would be passed over by a process that began before."""
    before = move(find(AT), AT - 7)
    again = find(AT - DAY)
    assert move(before, AT - 6) is None
    assert find(AT) == again


def test_of_two_processes_one_moves_it(find: Any, move: Any) -> None:
    place = find(AT)
    assert move(place, 5) is not None
    assert move(place, 6) is None
    assert find(AT).reached == 5


def test_processes_that_begin_it_at_once_begin_it_once(new_database: Any, store_url: str) -> None:
    async def begin(stores: list[Store]) -> list[Place]:
        commands = [partial(places.find, name=Name.DATA, at=AT + number) for number in range(len(stores))]
        return await asyncio.gather(*(store.write(command) for store, command in zip(stores, commands, strict=True)))

    with Store(store_url) as one, Store(store_url) as other:
        found = asyncio.run(begin([one, other]))
    assert {place.reached for place in found} == {0}


@pytest.mark.parametrize(("later", "expected"), [(-1, True), (0, False), (1, False)])
def test_it_is_behind_where_what_ends_now_was_passed(
    later: int, expected: bool, find: Any, move: Any, read: Any
) -> None:
    reached = AT - 7
    move(find(AT), reached)
    assert read(places.is_behind, reached + later) is expected


def test_a_store_without_searches_is_not_behind(read: Any) -> None:
    assert read(places.is_behind, 5) is False
