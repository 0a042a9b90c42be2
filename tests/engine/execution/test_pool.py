import os
import threading
import time
from collections.abc import Callable

import pytest
from waiting import PATIENCE_SECONDS, until

from engine.errors import LedgerUnavailableError
from engine.execution.pool import Pool


class Opener:
    """Counts what is open; opens and closes nothing."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed: list[int] = []
        self.failure: Exception | None = None

    def open(self) -> int:
        if self.failure is not None:
            raise self.failure
        self.opened += 1
        return self.opened

    def close(self, item: int) -> None:
        self.closed.append(item)


@pytest.fixture
def opener() -> Opener:
    return Opener()


def pool_of(opener: Opener, size: int, timeout: float = 5.0) -> Pool[int]:
    return Pool(opener.open, opener.close, size=size, timeout=timeout)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_the_last_one_given_back_is_given_first(opener: Opener) -> None:
    pool = pool_of(opener, 3)
    first, second = pool.acquire(), pool.acquire()
    pool.release(first)
    pool.release(second)
    assert pool.acquire() == second
    assert opener.opened == 2


def test_a_discarded_item_makes_room_for_a_new_one(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    pool.discard(pool.acquire())
    assert (pool.acquire(), opener.closed) == (2, [1])


def test_a_failed_opening_leaves_the_place_free(opener: Opener) -> None:
    pool = pool_of(opener, 1, timeout=0.1)
    opener.failure = OSError("no")
    for _ in range(3):
        with pytest.raises(OSError, match="no"):
            pool.acquire()
    opener.failure = None
    assert pool.acquire() == 1


def test_whoever_waits_gets_what_comes_back(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    item = pool.acquire()
    got: list[int] = []
    thread = in_thread(lambda: got.append(pool.acquire()))
    until(lambda: len(pool._waiters) == 1)
    pool.release(item)
    thread.join(PATIENCE_SECONDS)
    assert got == [item]


def test_those_who_wait_are_served_in_their_order(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    item = pool.acquire()
    order: list[int] = []

    def use(number: int) -> None:
        mine = pool.acquire()
        order.append(number)
        pool.release(mine)

    threads = []
    for number in range(10):
        threads.append(in_thread(lambda number=number: use(number)))  # type: ignore[misc]
        until(lambda number=number: len(pool._waiters) == number + 1)  # type: ignore[misc]
    pool.release(item)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert order == list(range(10))


def test_a_greedy_thread_does_not_starve_the_one_that_waits(opener: Opener) -> None:
    pool = pool_of(opener, 1, timeout=1.0)
    stop = threading.Event()

    def greedy() -> None:
        while not stop.is_set():
            item = pool.acquire()
            time.sleep(0.002)
            pool.release(item)

    threads = [in_thread(greedy) for _ in range(4)]
    for _ in range(20):
        pool.release(pool.acquire())
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)


def test_whoever_waits_may_open_one_in_place_of_a_discarded_item(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    item = pool.acquire()
    got: list[int] = []
    thread = in_thread(lambda: got.append(pool.acquire()))
    until(lambda: len(pool._waiters) == 1)
    pool.discard(item)
    thread.join(PATIENCE_SECONDS)
    assert got == [2]


def test_waiting_ends_with_a_retryable_error(opener: Opener) -> None:
    pool = pool_of(opener, 2, timeout=0.05)
    items = pool.acquire(), pool.acquire()
    with pytest.raises(LedgerUnavailableError, match=r"all 2 ledger sessions were busy for 0\.05 s"):
        pool.acquire()
    pool.release(items[0])
    assert pool.acquire() == items[0]


def test_closing_ends_idle_items_now_and_busy_ones_on_return(opener: Opener) -> None:
    pool = pool_of(opener, 2)
    busy, idle = pool.acquire(), pool.acquire()
    pool.release(idle)
    pool.close()
    assert (opener.closed, pool.is_drained) == ([idle], False)
    pool.release(busy)
    assert (opener.closed, pool.is_drained) == ([idle, busy], True)
    with pytest.raises(LedgerUnavailableError, match="closed"):
        pool.acquire()


def test_closing_wakes_whoever_waits(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    pool.acquire()
    errors: list[LedgerUnavailableError] = []

    def wait() -> None:
        try:
            pool.acquire()
        except LedgerUnavailableError as error:
            errors.append(error)

    thread = in_thread(wait)
    until(lambda: len(pool._waiters) == 1)
    pool.close()
    thread.join(PATIENCE_SECONDS)
    assert "closed" in str(errors[0])


def test_many_threads_never_share_an_item_nor_exceed_the_size(opener: Opener) -> None:
    pool = pool_of(opener, 3)
    in_use: set[int] = set()
    faults: list[str] = []

    def work() -> None:
        for turn in range(300):
            item = pool.acquire()
            if item in in_use:
                faults.append("shared")
            in_use.add(item)
            time.sleep(0)
            in_use.discard(item)
            (pool.discard if turn % 50 == 49 else pool.release)(item)

    threads = [in_thread(work) for _ in range(8)]
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert not faults
    assert opener.opened - len(opener.closed) <= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_opens_its_own(opener: Opener) -> None:
    pool = pool_of(opener, 1)
    pool.release(pool.acquire())
    child = os.fork()
    if child == 0:
        os._exit(0 if (pool.acquire(), opener.closed) == (2, []) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.acquire() == 1
