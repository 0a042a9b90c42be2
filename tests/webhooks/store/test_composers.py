"""What processes tell of their definitions: on both kinds of store, while they live and afterwards."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.queue.leases import Leases
from webhooks.store import composers
from webhooks.store.composers import Composer, Version
from webhooks.store.store import Store

Do = Callable[..., Any]
SERVING = Version(event="dunning", state="serving", file="d/dunning.xml", hash="ab" * 32, form="set")
HELD = Version(event="refund", state="held", reason="d/refund.xml:1:1: \x00 'héld' \"{}\" ; DROP TABLE job [rule]")
BEAT = text("""
    INSERT INTO process (id, seen_at)
    VALUES (:id, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) - :seconds * 1000000)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
""")


def composer(pid: int, *versions: Version, **members: Any) -> Composer:
    return Composer(
        **{"host": "web", "pid": pid, "started_at": 7, "read_at": 8, "trouble": None, **members}, versions=versions
    )


@pytest.fixture(autouse=True)
def _empty(write: Do) -> None:
    for table in ("composer", "process"):
        write(lambda connection, table=table: connection.execute(text(f"DELETE FROM {table}")))


class Teller:
    """A process: on PostgreSQL with heartbeats of its own."""

    def __init__(self, url: str) -> None:
        self.store, self.leases = Store(url), Leases()
        if not self.store.is_embedded:
            self.store.serve_as(self.leases)
            self.beat()

    def beat(self, seconds: int = 0) -> None:
        """Its last heartbeat is so old."""
        values = {"id": self.leases.id, "seconds": seconds}
        asyncio.run(self.store.write(lambda connection: connection.execute(BEAT, values)))

    def tell(self, told: Composer) -> None:
        asyncio.run(self.store.write(lambda connection: composers.tell(connection, told)))

    def has_told(self) -> bool:
        return self.store.read_now(composers.has_told)


@pytest.fixture
def teller(store_url: str) -> Iterator[Callable[[], Teller]]:
    """Makes processes."""
    made: list[Teller] = []

    def make() -> Teller:
        made.append(Teller(store_url))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


def shown(found: list[Composer]) -> list[tuple[int, list[Version]]]:
    return [(each.pid, list(each.versions)) for each in found]


def test_what_a_process_told_last_is_all_that_is_known_of_it(teller: Callable[[], Teller], read: Do) -> None:
    process = teller()
    assert not process.has_told()
    for told in (composer(1, SERVING, HELD, trouble="it's away", read_at=None), composer(1, SERVING), composer(1)):
        process.tell(told)
        (found,) = read(composers.alive)
        assert shown([found]) == [(1, list(told.versions))]
        assert (found.host, found.started_at, found.read_at, found.trouble) == ("web", 7, told.read_at, told.trouble)
    assert process.has_told()


def test_a_process_that_sends_no_heartbeats_is_not_there(teller: Callable[[], Teller], store: Store, read: Do) -> None:
    if store.is_embedded:
        pytest.skip("an embedded store is served by one process, which sends none")
    first, second = teller(), teller()
    second.tell(composer(2, HELD))
    first.tell(composer(1, SERVING))
    assert shown(read(composers.alive)) == [(1, [SERVING]), (2, [HELD])]
    second.beat(seconds=30)
    assert shown(read(composers.alive)) == [(1, [SERVING])]
    second.beat()  # it was only stopped for a while
    assert shown(read(composers.alive)) == [(1, [SERVING]), (2, [HELD])]


def test_a_process_that_has_ended_leaves_nothing(
    teller: Callable[[], Teller], store: Store, write: Do, read: Do
) -> None:
    ended, other = teller(), teller()
    ended.tell(composer(1, HELD))
    write(lambda connection: connection.execute(text("DELETE FROM process WHERE id = :id"), {"id": ended.leases.id}))
    other.tell(composer(2, SERVING))
    assert shown(read(composers.alive)) == [(2, [SERVING])]
    assert read(lambda connection: connection.scalar(text("SELECT count(*) FROM composer"))) == 1
    assert other.has_told()
    assert ended.has_told() is store.is_embedded  # one process only serves it, so both were the same
