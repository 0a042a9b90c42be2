"""Definitions that are replaced, faulty or gone while their events wait: over reloads, restarts and processes."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue import Catalogue
from engine.settings import LoadOptions
from webhooks.composing.definitions import Definitions
from webhooks.composing.pace import Pace
from webhooks.errors import SettingsError
from webhooks.model import DeliveryState
from webhooks.store import definitions as memory
from webhooks.store import parking

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
EVENT = "ledgerpayment"
GUIDE = json.loads((ROOT / "fixtures" / EVENT / "guide" / "event.json").read_bytes())
BODY = (ROOT / "fixtures" / EVENT / "guide" / "body.json").read_bytes().rstrip(b"\n")
Run = Callable[[Awaitable[None]], None]
EMPTY = ("noteadded", {"noteid": "1", "ledgeraccountid": "2"})
pytestmark = pytest.mark.usefixtures("forked_loading")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the one definition that the tests play with, and another one."""
    made = tmp_path / "definitions"
    made.mkdir()
    for event in (EVENT, "partpayment"):
        shutil.copy(ROOT / "definitions" / f"{event}.xml", made)
    return made


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / f"{EVENT}.xml"


async def is_held(rig: Any, *words: str) -> None:
    """What is published now stays pending, with these words, and does not age."""
    await rig.publish(EVENT, GUIDE["data"])

    def holds() -> bool:
        delivery = rig.deliveries()[-1]
        return delivery.state is DeliveryState.PENDING and all(word in str(delivery.reason) for word in words)

    await rig.until(holds)
    row = rig.compositions()[-1]
    assert (row.state, row.failures, row.parked_for, row.body) == ("waiting", 0, EVENT, None)
    assert not [job for job in rig.jobs() if job.startswith("compose")]


async def is_composed(rig: Any, body: bytes = BODY) -> None:
    await rig.until(rig.are_composed)
    for found in rig.bodies():
        assert found.fill(GUIDE["secret"]) == body


def test_a_faulty_one_holds_its_event_until_it_is_good(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path
) -> None:
    good = file.read_bytes()
    file.write_bytes(good.replace(b"select", b"selekt"))

    async def test() -> None:
        await rig.register(EVENT, EMPTY[0])
        definitions = rig.by_ledger(duckdb_ledger, folder)
        async with rig.running(definitions) as composing:
            await is_held(rig, str(file))
            assert str(file) in definitions.faults()[EVENT]
            file.write_bytes(b"no XML at all")
            await composing.reload()
            await rig.until(lambda: "XML" in rig.deliveries()[-1].reason)  # the words follow the fault
            file.write_bytes(good)
            await composing.reload()
            await is_composed(rig)
            assert definitions.faults() == {}

    run(test())


def test_one_that_became_faulty_keeps_its_last_good_version(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path
) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await rig.publish(EVENT, GUIDE["data"])
            await is_composed(rig)
            file.write_bytes(b"<")
            await composing.reload()
            await rig.publish(EVENT, GUIDE["data"])
            await is_composed(rig)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)):  # there is no good version after a restart
            await is_held(rig, str(file))

    run(test())


def test_a_new_version_composes_what_waits(rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path) -> None:
    old = file.read_bytes()
    file.write_bytes(b"<")

    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await is_held(rig, str(file))
            file.write_bytes(old)
            await composing.reload()
            await is_composed(rig)

    run(test())


async def _gone(rig: Any, ledger: str, folder: Path, file: Path) -> None:
    """The definition has composed once, and is put aside."""
    await rig.register(EVENT)
    async with rig.running(rig.by_ledger(ledger, folder)):
        await rig.publish(EVENT, GUIDE["data"])
        await is_composed(rig)
    file.rename(file.with_suffix(".aside"))


def test_one_that_is_gone_holds_its_event_over_a_reload(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path
) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await rig.until(lambda: EVENT in rig.read(memory.remembered))
            file.rename(file.with_suffix(".aside"))
            await composing.reload()
            await is_held(rig, "had a definition", str(folder), f"definitions accept {EVENT}")
            file.with_suffix(".aside").rename(file)
            await composing.reload()
            await is_composed(rig)

    run(test())


@pytest.mark.parametrize("how", ["file", "folder", "option", "ledger", "worker"])
def test_one_that_is_gone_holds_its_event_over_a_restart(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path, how: str
) -> None:
    async def test() -> None:
        await _gone(rig, duckdb_ledger, folder, file)
        if how == "folder":
            for other in folder.iterdir():
                other.unlink()
        elif how in ("ledger", "worker"):
            file.with_suffix(".aside").rename(file)
        start: dict[str, Callable[[], Definitions]] = {
            "option": rig.by_default,
            "worker": rig.by_default,  # as another process than the one that has the definitions
            "ledger": lambda: Definitions(rig.catalogue, LoadOptions(folder=folder)),
        }
        words = "no ledger is named" if how == "ledger" else "had a definition"
        async with rig.running(start.get(how, lambda: rig.by_ledger(duckdb_ledger, folder))()):
            await is_held(rig, words)
        if how not in ("ledger", "worker"):
            shutil.copy(ROOT / "definitions" / file.name, file)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)):
            await is_composed(rig)

    run(test())


def test_the_default_body_is_sent_once_its_absence_is_accepted(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path
) -> None:
    async def test() -> None:
        await _gone(rig, duckdb_ledger, folder, file)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)):
            await is_held(rig, "had a definition")
            assert [each.code for each in rig.read(parking.parked)] == [EVENT]
            assert await rig.write(memory.forget, EVENT) is True
            assert await rig.write(memory.forget, EVENT) is False
            await rig.until(rig.are_composed)
        assert rig.bodies()[-1].definition is None
        assert rig.read(memory.remembered).keys() == {"partpayment"}

    run(test())


def test_a_lost_folder_changes_nothing_at_a_reload(rig: Any, run: Run, duckdb_ledger: str, folder: Path) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await rig.until(lambda: rig.read(memory.remembered))
            folder.rename(folder.with_name("lost"))
            await composing.reload()
            await rig.publish(EVENT, GUIDE["data"])
            await is_composed(rig)

    run(test())


def test_the_last_one_that_is_gone_holds_its_event_until_its_absence_is_accepted(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path
) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await rig.until(lambda: rig.read(memory.remembered))
            kept = file.read_bytes()
            for other in folder.iterdir():
                other.unlink()
            await composing.reload()
            await is_held(rig, "had a definition", f"definitions accept {EVENT}")
            assert await rig.write(memory.forget, EVENT)
            await rig.until(rig.are_composed)
            assert rig.bodies()[-1].definition is None
            file.write_bytes(kept)
            await composing.reload()
            await rig.publish(EVENT, GUIDE["data"])
            await rig.until(rig.are_composed)
            assert rig.bodies()[-1].definition is not None

    run(test())


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_faulty_one_that_was_never_good_holds_its_event_once_it_is_gone_too(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, file: Path, is_restarted: bool
) -> None:
    file.write_bytes(b"<")

    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)) as composing:
            await rig.until(lambda: EVENT in rig.read(memory.remembered))
            await is_held(rig, file.name)
            file.unlink()
            if not is_restarted:
                await composing.reload()
                await is_held(rig, "had a definition", f"definitions accept {EVENT}")
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)):
            await is_held(rig, "had a definition")

    run(test())


def test_without_a_ledger_what_files_define_is_remembered(rig: Any, run: Run, folder: Path, file: Path) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(Definitions(rig.catalogue, LoadOptions(folder=folder))) as composing:
            await is_held(rig, "no ledger is named")
            file.unlink()
            await composing.reload()
            await is_held(rig, "had a definition")

    run(test())


@pytest.mark.parametrize(
    ("folder", "ledger", "words"),
    [
        ("none", "duckdb:///ledger", "none is no folder of definitions"),
        ("none", None, "none is no folder of definitions"),
        ("", "oracle://reader:password@host/x", "oracle is no supported ledger"),
        ("", "sqlite:///ledger", "SQLite turns decimals into floats"),
        ("", "password", "the ledger's URL is malformed"),
    ],
)
def test_what_cannot_work_stops_the_start(tmp_path: Path, folder: str, ledger: str | None, words: str) -> None:
    source = LoadOptions(folder=tmp_path / folder, ledger=ledger)
    with pytest.raises(SettingsError, match=words) as raised:
        Definitions(Catalogue.load(), source)
    assert "password" not in repr(source) + str(raised.value)


def loading_processes() -> list[int]:
    """The ids of this process's own that load definitions now."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"engine.apart" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def test_events_wait_while_the_process_that_loads_is_killed(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schema is a pipe, which it waits for: so it is killed in the middle of its work."""
    monkeypatch.undo()  # `forked_loading`: it is a process of this one
    schema = tmp_path / "schema.sql"
    os.mkfifo(schema)

    async def kill() -> None:
        await rig.until(loading_processes)
        for process in loading_processes():
            os.kill(process, signal.SIGKILL)

    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder, ledger_schema=schema)) as composing:
            await kill()
            await is_held(rig, "cannot be read", "signal 9")
            await rig.until(loading_processes)
            schema.write_bytes(SCHEMA.read_bytes())  # it is tried again, and nobody had to ask for that
            await is_composed(rig)
            reloading = asyncio.ensure_future(composing.reload())
            await kill()
            await reloading
            await rig.publish(EVENT, GUIDE["data"])
            await is_composed(rig)  # what was read before is in service

    run(test())


@pytest.mark.parametrize("store_kind", ["postgresql"])  # an embedded store has one process that composes
def test_a_process_without_definitions_never_sends_default_bodies_beside_one_with_them(
    rig: Any, run: Run, duckdb_ledger: str, folder: Path
) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        rig.pace = Pace().faster(5)
        async with rig.running(rig.by_ledger(duckdb_ledger, folder)):
            await rig.until(lambda: rig.read(memory.remembered))
            async with rig.running(rig.by_default()):
                await rig.publish(EVENT, *[GUIDE["data"]] * 50)
                await is_composed(rig)

    run(test())


def test_what_is_in_service_is_what_the_composer_says(duckdb_ledger: str, folder: Path, file: Path) -> None:
    held, good = folder / "statuschange.xml", file.read_bytes()
    held.write_bytes(b"<")
    definitions = Definitions(Catalogue.load(), LoadOptions(folder=folder, ledger=duckdb_ledger, ledger_schema=SCHEMA))
    assert definitions.fault(EVENT, is_remembered=False) == "the definitions are being read"
    try:
        definitions.load()
        file.write_bytes(b"<")
        definitions.reload()
        assert definitions.stale == {EVENT}
        assert definitions.good == definitions.named - {"statuschange"}
        assert str(held) in str(definitions.fault("statuschange", is_remembered=False))
        assert definitions.faults().keys() == {"statuschange"}
        assert definitions.faults(frozenset({"gone"})).keys() == {"statuschange", "gone"}
        file.write_bytes(good)
        definitions.reload()
        assert (definitions.stale, definitions.fault(EVENT, is_remembered=True)) == (frozenset(), None)
    finally:
        definitions.close()
