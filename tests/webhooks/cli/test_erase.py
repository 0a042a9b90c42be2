import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from webhooks.store import registrations, store
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS

URL = "https://receiver.example/"
CANARY = "canary-of-a-debtor"


@pytest.fixture
def published(run: Any, change: Any, tmp_path: Path) -> list[str]:
    """Two events of the debtor in question and one of another, all delivered; gives their ids."""
    client_id = run("clients", "add", "acme", "--json").json["client_id"]
    change(registrations.put, client_id, URL, ["statuschange"], {})
    message = tmp_path / "message.json"
    ids = []
    for debtor in (CANARY, CANARY, "another"):
        message.write_text(json.dumps({"data": {"ledgeraccountid": "1", "status": "PAID", "debtor": debtor}}))
        ids.append(run("emit", "statuschange", "--message", str(message)).out.strip())
    message.unlink()
    change(_deliver)
    return ids


def _deliver(connection: Any) -> None:
    connection.execute(update(COMPOSITIONS).values(state="composed", body=b"body", due_at=None))
    connection.execute(update(DELIVERIES).values(state="delivered", next_attempt_at=None, ended_at=1))
    rows = [
        {"delivery_id": id_, "number": 1, "started_at": 1, "answer": b"answer"}
        for id_ in connection.scalars(select(DELIVERIES.c.id))
    ]
    connection.execute(insert(ATTEMPTS), rows)


def test_it_erases_what_is_held_and_tells_how_much(run: Any, look: Any, published: list[str]) -> None:
    ended = run("erase", "--argument", f"debtor={CANARY}", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {"events": 2, "bodies": 2, "answers": 2, "cancelled": 0, "under_way": 0}
    kept = look(lambda connection: [arguments is not None for (arguments,) in connection.execute(_ARGUMENTS)])
    assert kept == [False, False, True]
    assert look(lambda connection: [body for (body,) in connection.execute(select(COMPOSITIONS.c.body))]) == [
        None,
        None,
        b"body",
    ]
    again = run("erase", "--argument", f"debtor={CANARY}")
    assert again.out.splitlines() == [
        "Erased: the data of 0 events, 0 bodies, 0 answers. Cancelled: 0 deliveries.",
        "Nothing is held of an event with this argument and value. GET /v1/events has the names.",
    ]


_ARGUMENTS = select(EVENTS.c.arguments).order_by(EVENTS.c.sequence)


def test_nothing_is_left_in_the_stores_file(run: Any, published: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "aptic-webhooks"
    assert CANARY.encode() in b"".join(path.read_bytes() for path in folder.iterdir())
    run("erase", "--argument", f"debtor={CANARY}")
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_nothing_is_left_while_a_service_runs(
    run: Any, published: list[str], tmp_path: Path, start_service: Any
) -> None:
    folder = tmp_path / "aptic-webhooks"
    service = start_service(folder)  # it keeps the store's log
    assert run("erase", "--argument", f"debtor={CANARY}").code == 0
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert service.stop() == 0


def test_what_others_read_is_told(
    run: Any, published: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_SCRUB_TRIES", 1)
    with closing(sqlite3.connect(tmp_path / "aptic-webhooks" / "webhooks.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM event").fetchall()
        ended = run("erase", "--argument", f"debtor={CANARY}")
        assert (ended.code, "still in the store's log, which others were reading: erase again" in ended.err) == (
            1,
            True,
        )
        other.execute("ROLLBACK")
        assert run("erase", "--argument", f"debtor={CANARY}").code == 0


@pytest.mark.parametrize("state", ["pending", "composing", "sending"])
def test_what_is_under_way_is_left_and_told(run: Any, change: Any, look: Any, published: list[str], state: str) -> None:
    sequence = select(EVENTS.c.sequence).where(EVENTS.c.id == published[0]).scalar_subquery()
    of_first = update(DELIVERIES).where(DELIVERIES.c.event_sequence == sequence)
    change(lambda connection: connection.execute(of_first.values(state=state, ended_at=None)))
    ended = run("erase", "--argument", f"debtor={CANARY}", "--json")
    assert ended.code == 1
    assert ended.json == {"events": 1, "bodies": 1, "answers": 1, "cancelled": 0, "under_way": 1}
    assert "Not erased, since deliveries have not ended: the data of 1 event. Wait" in ended.err
    forced = run("erase", "--argument", f"debtor={CANARY}", "--cancel", "--json")
    if state == "sending":
        assert (forced.code, forced.json["under_way"]) == (1, 1)
    else:
        assert forced.json == {"events": 1, "bodies": 1, "answers": 1, "cancelled": 1, "under_way": 0}
        states = look(lambda connection: list(connection.scalars(select(DELIVERIES.c.state))))
        assert sorted(states) == ["cancelled", "delivered", "delivered"]


def test_what_is_erased_is_not_sent_again(run: Any, look: Any, published: list[str]) -> None:
    run("erase", "--argument", f"debtor={CANARY}")
    id_ = run("deliveries", "--json").json["deliveries"][-1]["id"]
    for words in ([], ["--recompose"]):
        ended = run("replay", id_, *words)
        assert ended.code == 2
        assert "was erased" in ended.err


@pytest.mark.parametrize("word", ["debtor", "=x", ""])
def test_an_argument_that_is_none_is_told(run: Any, word: str) -> None:
    ended = run("erase", "--argument", word)
    assert ended.code == 2
    assert "write NAME=VALUE, for example debtcreditorid=7" in ended.err
