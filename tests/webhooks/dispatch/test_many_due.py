"""Many jobs of one endpoint that are due before all others, where several processes share the store."""

from typing import Any

import pytest
from sqlalchemy import text

from webhooks.queue.postgresql import PostgreSQLQueue
from webhooks.store.clock import now

MANY = 20_000
_EVENTS = (
    "SELECT n, 'planted ' || n, 'back end', 'statuschange', '{}', '', 'accepted', :at FROM generate_series(1, :n) n"
)
_DELIVERIES = """
    INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at,
        next_attempt_at, scheduled_at)
    SELECT 'planted ' || n, n, client_id, id, 'statuschange', url, 'pending', :at, :at, :at
    FROM registration CROSS JOIN generate_series(1, :n) n
    WHERE url = 'https://waits.example/'
"""
_PLANTED = (
    f"INSERT INTO event {_EVENTS}",
    "INSERT INTO composition (event_sequence, version, state) SELECT n, 0, 'composed' FROM generate_series(1, :n) n",
    _DELIVERIES,
    "INSERT INTO job (kind, key, due_at) SELECT 'deliver', id, :at FROM delivery",
    "SELECT setval('event_sequence_seq', :n)",
    "UPDATE registration SET waits_until = :at + 3600000000 WHERE url = 'https://waits.example/'",
)


@pytest.mark.parametrize("play", ["postgresql"], indirect=True)
def test_they_are_parked_by_few_takes(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint takes nothing now. What is due for another one after all these is sent soon."""
    takes = []
    take = PostgreSQLQueue.take

    def counted(self: PostgreSQLQueue, *wanted: Any) -> Any:
        takes.append(wanted)
        return take(self, *wanted)

    async def scene(world: Any) -> None:
        def plant(connection: Any) -> None:
            for statement in map(text, _PLANTED):
                values = {"n": MANY, "at": now()}
                connection.execute(statement, {name: values[name] for name in statement.compile().params})

        await world.register("https://waits.example/")
        await world.store.write(plant)
        await world.store.write(lambda c: c.execute(text("DELETE FROM registered_event")))
        await world.register("https://receiver.example/")
        await world.publish(3)
        monkeypatch.setattr(PostgreSQLQueue, "take", counted)
        async with world.dispatching() as dispatcher:
            await world.until(lambda: len(world.sender.requests) == 3)
            assert len(takes) < MANY / 1000
            await world.until(lambda: world.rows("SELECT count(*) FROM job") == [(0,)])
            assert len(dispatcher.parked()) == 1
        assert world.rows("SELECT state, count(*) FROM delivery GROUP BY 1 ORDER BY 1") == [
            ("delivered", 3),
            ("pending", MANY),
        ]

    play(scene)
