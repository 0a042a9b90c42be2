"""A store of which one page was overwritten: readiness and doctor tell of it, whichever page it is."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from webhooks.api.administration import Readiness
from webhooks.errors import StoreError
from webhooks.model import Client, PublishedEvent
from webhooks.store import clients, events, registrations, soundness
from webhooks.store.store import Store

URL = "https://receiver.example/"


def roots(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0").fetchall())


def overwrite(file: Path, page: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xa5" * size)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sound") / "webhooks.sqlite3"

    def fill(connection: Any) -> None:
        clients.add(connection, Client(id="A", name="acme", scopes=frozenset()), secret_hash=b"s", api_key_hash=b"k")
        registrations.put(connection, "A", URL, ["statuschange"], {})
        events.publish(connection, "A", [PublishedEvent(code="statuschange", arguments={"n": "1"})])

    with Store(f"sqlite:///{file}") as store:
        asyncio.run(store.write(fill))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    return file


def test_a_sound_store_is_ready_and_nothing_of_the_look_stays(sound: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(sound, tmp_path))
    with closing(sqlite3.connect(file)) as connection:
        before = list(connection.iterdump())
    with Store(f"sqlite:///{file}") as store:
        asyncio.run(Readiness(store).check())
        assert store.with_transaction(soundness.own_check) == []
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before


def is_told_by_readiness(file: Path) -> bool:
    """Also where the store cannot be opened, so that no service starts with it."""
    try:
        with Store(f"sqlite:///{file}", may_migrate=False) as store:
            asyncio.run(Readiness(store).check())
    except StoreError:
        return True
    return False


def test_each_damaged_root_page_is_told_of(sound: Path, tmp_path: Path, run: Any) -> None:
    pages = roots(sound)
    assert len(pages) > 20
    silent = []
    for name, page in pages.items():
        folder = tmp_path / name
        folder.mkdir()
        file = Path(shutil.copy(sound, folder))
        overwrite(file, page)
        ended = run("doctor", "--data", str(folder))
        if not is_told_by_readiness(file) or ended.code != 1 or "store: " not in ended.out:
            silent.append((name, ended))
    assert silent == []


def test_what_is_damaged_while_it_is_open_is_told_of(sound: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(sound, tmp_path))
    with Store(f"sqlite:///{file}") as store:
        asyncio.run(Readiness(store).check())
        overwrite(file, roots(file)["delivery"])
        with pytest.raises(StoreError, match="malformed"):
            asyncio.run(Readiness(store).check())
