"""Many jobs of one endpoint that are due before all others."""

from typing import Any

import pytest
from sqlalchemy import text

from webhooks.queue.embedded import EmbeddedQueue
from webhooks.queue.postgresql import PostgreSQLQueue
from webhooks.store import behind
from webhooks.store.clock import now

MANY = 20_000
OTHERS = 40
# The numbers from 1 to :n, on both kinds of store.
_NUMBERS = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :n)"
_EVENT = "id, publisher_id, event, arguments, digest, state, created_at"
_DELIVERY = (
    "id, event_sequence, client_id, registration_id, event, url, state, created_at, next_attempt_at, scheduled_at"
)
_PLANTED = (
    (
        f"INSERT INTO event ({_EVENT}) {_NUMBERS} SELECT 'planted ' || n, 'back end', 'statuschange', '{{}}', '',"
        " 'accepted', :at FROM number ORDER BY n"
    ),
    f"INSERT INTO composition (event_sequence, version, state) {_NUMBERS} SELECT n, 0, 'composed' FROM number",
    (
        f"INSERT INTO delivery ({_DELIVERY}) {_NUMBERS} SELECT 'planted ' || n, n, client_id, id, 'statuschange', url,"
        " 'pending', :at, :at, :at FROM registration CROSS JOIN number WHERE url = 'https://waits.example/'"
    ),
    "INSERT INTO job (kind, key, due_at) SELECT 'deliver', id, :at FROM delivery",
    "UPDATE registration SET waits_until = :at + 3600000000 WHERE url = 'https://waits.example/'",
    "DELETE FROM registered_event",
)


_INTERRUPTED = """
    UPDATE delivery SET state = 'sending', attempts = 1, next_attempt_at = NULL WHERE url LIKE 'https://receiver%'
"""


def others(world: Any) -> set[str]:
    return {id_ for (id_,) in world.rows("SELECT id FROM delivery WHERE url LIKE 'https://receiver%'")}


async def plant(world: Any) -> None:
    """Deliveries that are due for an endpoint that takes nothing now."""

    def write(connection: Any) -> None:
        for statement in map(text, _PLANTED):
            values = {"n": MANY, "at": now()}
            connection.execute(statement, {name: values[name] for name in statement.compile().params})

    await world.register("https://waits.example/")
    await world.store.write(write)


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The keys of the jobs that were found, for each time that any were taken."""
    seen: list[set[str]] = []

    def note(kind: type[Any], name: str) -> None:
        find = getattr(kind, name)

        async def noted(self: Any, *wanted: Any) -> Any:
            found = await find(self, *wanted)
            seen.extend([{job.key for job in found}] if found else [])
            return found

        monkeypatch.setattr(kind, name, noted)

    for kind in (PostgreSQLQueue, EmbeddedQueue):
        note(kind, "take")
        note(kind, "take_these")
    return seen


def test_what_is_due_for_others_behind_them_is_taken_soon(
    play: Any, takes: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "_ENDPOINTS_AT_ONCE", 16)  # these are more than are looked at in one go

    async def scene(world: Any) -> None:
        await plant(world)
        for number in range(OTHERS):
            await world.register(f"https://receiver.example/{number}")
        await world.publish(2)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 2 * OTHERS)
        assert world.states() == {"delivered": 2 * OTHERS, "pending": MANY}
        assert len(others(world) & set().union(*takes[:8])) == 2 * OTHERS

    play(scene)


def test_an_attempt_behind_them_that_was_interrupted_is_taken_soon(play: Any, takes: list[set[str]]) -> None:
    async def scene(world: Any) -> None:
        await plant(world)
        await world.register("https://receiver.example/")
        await world.publish()
        await world.store.write(lambda c: c.execute(text(_INTERRUPTED)))
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1)
        assert world.states() == {"delivered": 1, "pending": MANY}
        assert others(world) <= set().union(*takes[:4])

    play(scene)


@pytest.mark.parametrize("play", ["postgresql"], indirect=True)
def test_they_are_parked_by_few_takes(play: Any, takes: list[set[str]]) -> None:
    """Several processes may share the store: all look at these jobs."""

    async def scene(world: Any) -> None:
        await plant(world)
        async with world.dispatching() as dispatcher:
            await world.until(lambda: world.rows("SELECT count(*) FROM job") == [(0,)])
            assert len(takes) < MANY / 1000
            assert len(dispatcher.parked()) == 1
        assert world.states() == {"pending": MANY}

    play(scene)
