import asyncio
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from webhooks.store import soundness
from webhooks.store.store import Store


def test_a_sound_store_passes_both_looks(store: Store) -> None:
    asyncio.run(store.prove())
    assert store.with_transaction(soundness.own_check) == []


_LOST = (
    "INSERT INTO composition (event_sequence, version, state) VALUES (8, 0, 'waiting')",
    (
        "INSERT INTO delivery (id, event_sequence, version, client_id, event, url, state, created_at)"
        " VALUES ('lost', 7, 0, 'nobody', 'dunning', 'https://acme.example/hook', 'pending', 0)"
    ),
    "INSERT INTO attempt (delivery_id, number, started_at) VALUES ('gone', 1, 0)",
)


def test_a_row_that_refers_to_none_is_refused_or_found(store: Store) -> None:
    with store._engine.connect() as connection:
        for statement in _LOST:
            with pytest.raises(IntegrityError) if store.is_embedded else nullcontext():
                connection.execute(text(statement))
        connection.commit()
    assert store.is_embedded or store.with_transaction(soundness.own_check) == [
        "composition.event_sequence refers to no event: 8",
        "delivery.event_sequence refers to no event: 7",
        "delivery.client_id refers to no client: nobody",
        "attempt.delivery_id refers to no delivery: gone",
    ]


def test_who_only_reads_keeps_no_writer_waiting(tmp_path: Path) -> None:
    """As the doctor's check of a large store, beside a service."""
    folder = tmp_path / "beside"
    folder.mkdir(0o700)
    with Store(f"sqlite:///{folder / 'store'}") as checked, Store(f"sqlite:///{folder / 'store'}") as serving:

        def check(connection: Connection) -> list[str]:
            found = soundness.own_check(connection)
            asyncio.run(serving.check())
            return found

        assert checked.with_transaction(check, is_reading=True) == []
