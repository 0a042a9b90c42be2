"""What came of attempts is written, whatever the store does. The store is a fake: it notes ids, or refuses them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from webhooks.dispatch import recorder
from webhooks.dispatch.recorder import Recorder
from webhooks.errors import StoreError
from webhooks.model import DeliveryState
from webhooks.store.ended_attempts import EndedAttempt, Recorded


class FakeStore:
    """Answers all who ask it in one moment together, as the real one's writer does."""

    def __init__(self, refuses: Callable[[list[str]], bool]) -> None:
        self.refuses = refuses
        self.written: list[str] = []
        self.moments = 0
        self._moment: asyncio.Task[None] | None = None

    async def write(self, command: Callable[[list[str]], list[Any]]) -> list[Any]:
        if self._moment is None or self._moment.done():
            self.moments += 1
            self._moment = asyncio.ensure_future(asyncio.sleep(0.01))
        await self._moment
        result = command(found := [])
        if self.refuses(found):
            raise StoreError("The store cannot write now.")
        self.written += found
        return result


def _note(seen: list[str], ended: Sequence[EndedAttempt]) -> Recorded:
    seen.extend(each.id for each in ended)
    return Recorded(list(ended), [])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "STORE_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(
        recorder.ended_attempts,
        "write",
        lambda seen, ended: seen.extend(each.id for each in ended) or Recorded(list(ended), []),
    )


def run(store: Any, ids: list[str], *, is_ending: bool = False, then: Callable[[str], object] | None = None) -> None:
    async def scene() -> None:
        writing = Recorder(store, lambda _: None)
        for id_ in ids:
            attempt = EndedAttempt(
                id=id_, attempt=1, registration_id=1, state=DeliveryState.DELIVERED, reason=None, failures=0, at=1
            )
            writing.add(attempt, lambda id_=id_: then and then(id_))
        if is_ending:
            writing.stop()
        await asyncio.wait_for(writing.finish(), 20)

    asyncio.run(scene())


def test_what_the_store_cannot_take_keeps_none_of_the_others_waiting() -> None:
    told: list[str] = []
    store = FakeStore(lambda ids: "bad" in ids and (len(ids) > 1 or len(told) < 2))
    run(store, ["a", "bad", "b"], then=told.append)
    assert store.written == told == ["a", "b", "bad"]


def test_where_it_is_away_all_are_told_so_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_LAST_TRIES_SECONDS", 0.0)
    told: list[str] = []
    store = FakeStore(lambda _: True)
    run(store, [str(number) for number in range(256)], is_ending=True, then=told.append)
    assert (len(told), store.moments) == (256, 2)


def test_one_that_cannot_be_told_keeps_none_of_the_others_waiting() -> None:
    told: list[str] = []

    def tell(id_: str) -> None:
        if id_ == "a":
            raise RuntimeError
        told.append(id_)

    run(FakeStore(lambda _: False), ["a", "b"], then=tell)
    assert told == ["b"]
