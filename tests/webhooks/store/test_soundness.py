import asyncio
from pathlib import Path

from sqlalchemy import Connection

from webhooks.store import soundness
from webhooks.store.store import Store


def test_a_sound_store_passes_both_looks(store: Store) -> None:
    asyncio.run(store.prove())
    assert store.with_transaction(soundness.own_check) == []


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
