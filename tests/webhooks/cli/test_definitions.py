import asyncio
from pathlib import Path
from typing import Any

import pytest

from webhooks.model import PublishedEvent
from webhooks.store import clients, events, registrations
from webhooks.store.definitions import remember
from webhooks.store.results import Parked, write
from webhooks.store.store import Store


@pytest.fixture
def waiting(run: Any, tmp_path: Path) -> None:
    """Two events with a definition that is remembered; of one of them two events wait, and a third has none."""
    run("clients", "add", "acme")

    def fill(connection: Any) -> None:
        (client,) = clients.every(connection)
        registrations.put(connection, client.id, "https://receiver.example/", ["noteadded"], {})
        remember(connection, ["noteadded", "ledgerpayment"])
        given = [PublishedEvent(code="noteadded", arguments={"noteid": str(number)}) for number in range(2)]
        events.publish(connection, client.id, given)
        parked = [Parked(sequence=each, version=0, code="noteadded", reason="it is missing") for each in (1, 2)]
        write(connection, parked, [], at=1)

    with Store(f"sqlite:///{tmp_path / 'aptic-webhooks' / 'webhooks.sqlite3'}") as store:
        asyncio.run(store.write(fill))


def test_without_any_the_list_says_so(run: Any) -> None:
    assert run("definitions", "list").out == "No event has had a definition yet.\nNo process composes now.\n"
    assert run("definitions", "list", "--json").json == []


def test_the_list_names_what_waits_and_why(run: Any, waiting: None) -> None:
    first, second = run("definitions", "list", "--json").json
    assert (first["event"], first["waiting"], first["reason"]) == ("ledgerpayment", 0, None)
    assert (second["event"], second["waiting"], second["reason"]) == ("noteadded", 2, "it is missing")
    assert second["since"].endswith("Z")
    lines = run("definitions", "list").out.splitlines()
    assert lines[0].split("  ")[0] == "EVENT"
    assert lines[1].split()[::2] == ["ledgerpayment", "0"]
    assert lines[2].endswith("2        it is missing")


def test_what_is_accepted_is_forgotten(run: Any, waiting: None) -> None:
    assert run("definitions", "accept", "noteadded", "--json").json == {"event": "noteadded", "waiting": 2}
    first, second = run("definitions", "list", "--json").json
    assert (first["since"] is None, second["since"] is None) == (False, True)
    assert run("definitions", "list").out.splitlines()[2].split()[:3] == ["noteadded", "never", "2"]
    out = run("definitions", "accept", "ledgerpayment").out
    assert out == "Unless it has a definition, ledgerpayment is sent with the default body from now on.\n"


def test_what_is_not_remembered_cannot_be_accepted(run: Any, waiting: None) -> None:
    ended = run("definitions", "accept", "notadded")
    assert ended.code == 2
    assert "No definition of 'notadded' is remembered. Remembered are: ledgerpayment, noteadded." in ended.err


def test_one_that_has_a_definition_is_not_accepted(run: Any, waiting: None, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "noteadded.xml").write_text("<faulty")
    ended = run("definitions", "accept", "noteadded", APTIC_DEFINITIONS=str(folder))
    assert (ended.code, ended.out) == (2, "")
    assert f"There is a definition of noteadded in {folder}, so nothing is to be accepted" in ended.err
    assert run("definitions", "list", "--json").json[1]["since"] is not None
    assert run("definitions", "accept", "ledgerpayment", "--definitions", str(folder)).code == 0
