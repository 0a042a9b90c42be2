"""What a process tells the store of its definitions, and that it tells it again where it must."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.model import DefinitionState, DefinitionStatus
from webhooks.composing import reporting
from webhooks.composing.definitions import Definitions, InService
from webhooks.composing.reporting import Reporting
from webhooks.queue.opening import open_queue
from webhooks.store import composers
from webhooks.store.composers import Composer

Run = Callable[..., Any]
EVENT = "ledgerpayment"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LOOK_EVERY_SECONDS", "_PROVE_EVERY_SECONDS", "_AGAIN_SECONDS"):
        monkeypatch.setattr(reporting, name, 0.01)


@asynccontextmanager
async def telling(rig: Any, definitions: Definitions) -> AsyncIterator[None]:
    """A process tells inside the `with`."""
    queue = open_queue(rig.store)
    task = asyncio.create_task(Reporting(rig.store, definitions).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await queue.close()


def found(rig: Any) -> Composer | None:
    composing = rig.read(composers.alive)
    return composing[0] if composing else None


def test_each_reading_is_told_and_why_there_was_none(rig: Any, run: Run, duckdb_ledger: str, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / f"{EVENT}.xml").write_bytes(b"<broken")
    definitions = rig.by_ledger(duckdb_ledger, folder)

    async def test() -> None:
        async with telling(rig, definitions):
            await rig.until(lambda: (told := found(rig)) and told.trouble == "the definitions are being read")
            assert found(rig).read_at is None
            await asyncio.to_thread(definitions.load)
            await rig.until(lambda: (told := found(rig)) and told.read_at and told.trouble is None)
            told = found(rig)
            assert (told.pid, [(each.event, each.state) for each in told.versions]) == (os.getpid(), [(EVENT, "held")])
            assert "[xml-syntax]" in told.versions[0].reason
            folder.rename(tmp_path / "away")
            await asyncio.to_thread(definitions.reload)
            await rig.until(lambda: found(rig).trouble)
            assert found(rig).trouble == f"{folder} is no folder of definitions."
            assert (found(rig).read_at, found(rig).versions) == (told.read_at, told.versions)

    run(test())
    definitions.close()


def test_what_was_lost_is_told_again(rig: Any, run: Run) -> None:
    """As by others that held it for dead, and by a store that could not be written."""
    definitions = rig.by_default()

    async def test() -> None:
        async with telling(rig, definitions):
            await rig.until(lambda: found(rig))
            await rig.write(lambda connection: connection.execute(text("DELETE FROM composer")))
            await rig.until(lambda: found(rig))
            await rig.write(lambda connection: connection.execute(text("ALTER TABLE composer RENAME TO elsewhere")))
            definitions.load()
            await asyncio.sleep(0.1)
            await rig.write(lambda connection: connection.execute(text("ALTER TABLE elsewhere RENAME TO composer")))
            await rig.until(lambda: found(rig).trouble is None)

    run(test())


def test_names_that_are_no_text_are_told_as_far_as_they_can_be(rig: Any, run: Run) -> None:
    definitions = rig.by_default()
    status = DefinitionStatus("e\0vent", DefinitionState.HELD, "d/\udcff.xml", None, "\udcff.xml:1:1: \0")
    definitions._served = InService.of([status])

    async def test() -> None:
        async with telling(rig, definitions):
            await rig.until(lambda: found(rig))
            (version,) = found(rig).versions
            told = "e\\x00vent", "d/\\udcff.xml", "\\udcff.xml:1:1: \\x00"
            assert (version.event, version.file, version.reason) == told

    run(test())
