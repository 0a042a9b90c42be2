"""Waiting for a store that is away. The store is a fake: a list of what each try of it meets."""

import asyncio
import logging

import pytest

from webhooks.errors import StoreError
from webhooks.store import waiting
from webhooks.store.waiting import is_done, keep_doing, until_done

LOG = logging.getLogger("waiting.test")
AWAY = StoreError(waiting.STORE_AWAY)


class FakeWork:
    """Meets each of `troubles` once, then nothing."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1
        if self.troubles:
            raise self.troubles.pop(0)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it has waited, which takes no time here."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(waiting.asyncio, "sleep", sleep)
    return found


def test_work_is_tried_again_until_it_is_done(slept: list[float], caplog: pytest.LogCaptureFixture) -> None:
    work = FakeWork(AWAY, ValueError("nobody foresaw it"), AWAY)
    asyncio.run(until_done(work, "composing", LOG))
    assert work.count == 4
    assert slept == [waiting.STORE_RETRY_SECONDS] * 3
    assert [record.message for record in caplog.records] == [
        "composing waits for the store: The store cannot be reached now. Try again later.",
        "composing met an error; it goes on",
        "composing waits for the store: The store cannot be reached now. Try again later.",
    ]


def test_one_try_tells_whether_it_was_done(slept: list[float]) -> None:
    async def scene() -> list[bool]:
        work = FakeWork(AWAY, ValueError())
        return [await is_done(work, "the sweep", LOG) for _ in range(3)]

    assert asyncio.run(scene()) == [False, False, True]
    assert slept == []


def test_work_goes_on_until_it_is_over(slept: list[float]) -> None:
    work = FakeWork(AWAY)
    asyncio.run(keep_doing(work, "delivering", LOG, is_over=lambda: work.count == 3))
    assert work.count == 3
    assert slept == [waiting.STORE_RETRY_SECONDS]  # only after the failure


def test_work_that_is_cancelled_is_not_tried_again() -> None:
    async def scene() -> None:
        task = asyncio.ensure_future(until_done(asyncio.Event().wait, "composing", LOG))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scene())
