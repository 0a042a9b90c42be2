import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from webhooks.security.keys import Keyring, Purpose
from webhooks.store import registrations
from webhooks.store.attempts import answer_row
from webhooks.store.compositions import row_name
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS

URL = "https://receiver.example/"
DATA = {"ledgeraccountid": "1", "status": "PAID"}


@pytest.fixture
def three(run: Any, change: Any, tmp_path: Any) -> list[dict[str, Any]]:
    """Three deliveries, the newest first."""
    client_id = run("clients", "add", "acme", "--json").json["client_id"]
    change(registrations.put, client_id, URL, ["statuschange"], {})
    message = tmp_path / "message.json"
    for number in range(3):
        message.write_text(json.dumps({"id": f"change-{number}", "data": {**DATA, "ledgeraccountid": f"{number % 2}"}}))
        run("emit", "statuschange", "--message", str(message))
    found: list[dict[str, Any]] = run("deliveries", "--json").json["deliveries"]
    return found


@pytest.fixture
def kill(change: Any) -> Any:
    """Ends a delivery as dead, with or without a body."""

    def end(id_: str, keyring: Keyring | None = None) -> None:
        values = {"state": "dead", "reason": "the receiver answered 500", "next_attempt_at": None, "ended_at": 1}
        change(lambda connection: connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == id_).values(values)))
        if keyring is not None:
            body = keyring.encrypt(Purpose.BODY, b"{}", row_name(1, 0))
            changes = {"state": "composed", "body": body}
            change(lambda connection: connection.execute(update(COMPOSITIONS).values(changes)))

    return end


def test_they_are_listed_and_filtered(run: Any, three: list[Any], kill: Any) -> None:
    kill(three[1]["id"])
    assert list(three[0]) == ["id", "eventId", "event", "url", "state", "reason", "createdAt", "nextAttemptAt"]

    def listed(*words: str) -> list[int]:
        shown = run("deliveries", "--json", *words).json["deliveries"]
        return [[each["id"] for each in three].index(each["id"]) for each in shown]

    assert listed() == [0, 1, 2]
    assert listed("--state", "dead") == [1]
    assert listed("--url", URL, "--event", "statuschange", "--client", "acme") == [0, 1, 2]
    assert listed("--url", "https://other.example/") == []
    assert listed("--from", three[1]["createdAt"]) == [0, 1]
    assert listed("--to", three[1]["createdAt"]) == [2]
    assert listed("--from", "2020-01-01", "--to", "2020-01-02") == []
    assert listed("--argument", "ledgeraccountid=0") == [0, 2]
    assert listed("--argument", "ledgeraccountid=0", "--to", three[1]["createdAt"]) == [2]
    assert listed("--argument", "status=UNPAID") == listed("--argument", "nothing=0") == []
    assert listed("change-1") == [1]
    page = run("deliveries", "--json", "--limit", "2").json
    assert page["next"] == three[1]["id"]
    assert listed("--before", page["next"]) == [2]


def test_for_people_each_is_a_line(run: Any, three: list[Any], kill: Any) -> None:
    kill(three[0]["id"])
    lines = run("deliveries", "--limit", "1").out.splitlines()
    assert lines[0].split("  ")[0].strip() == "ID"
    assert lines[0].endswith("REASON")
    assert lines[1].startswith(f"{three[0]['id']}  dead")
    assert lines[1].endswith("the receiver answered 500")
    assert lines[2:] == [f"There are more: --before {three[0]['id']}"]
    assert run("deliveries", "--state", "held").out == "No delivery is like this.\n"


def test_one_is_shown_with_its_attempts(run: Any, three: list[Any], change: Any, tmp_path: Any) -> None:
    id_ = three[0]["id"]
    keyring = Keyring.open(tmp_path / "aptic-webhooks" / "keys")
    answer = keyring.encrypt(Purpose.ANSWER, b"\x1b[2Jbusy", answer_row(id_, 1))
    row = {"delivery_id": id_, "number": 1, "started_at": 1, "duration": 250_000, "status": 503, "answer": answer}
    change(lambda connection: connection.execute(insert(ATTEMPTS).values({**row, "is_restricted": True})))
    shown = run("deliveries", id_, "--json").json
    (attempt,) = shown["attempts"]
    assert shown["arguments"] == {"ledgeraccountid": "0", "status": "PAID"}
    assert (shown["client"], shown["body"], shown["others"]) == ("acme", None, [])
    assert (attempt["status"], attempt["duration"], attempt["answer"]) == (503, 0.25, "\x1b[2Jbusy")
    shown = run("deliveries", id_).out
    assert "attempt 1  1970-01-01T00:00:00.000+00:00  0.250 s  503" in shown
    assert "arguments  ledgeraccountid=0  status=PAID\n" in shown
    assert "\x1b" not in shown
    change(lambda connection: connection.execute(update(EVENTS).values(arguments=None)))
    assert "arguments  were erased\n" in run("deliveries", id_).out
    assert "There is no delivery and no event with this id." in run("deliveries", "x").err


def test_an_event_for_nobody_has_none(run: Any, three: list[Any], tmp_path: Path) -> None:
    message = tmp_path / "message.json"
    message.write_text(json.dumps({"data": {"noteid": "7", "ledgeraccountid": "1"}}))
    id_ = run("emit", "noteadded", "--message", str(message)).out.strip()
    told = "No delivery is like this. 1 event may have been for nobody: see webhooks list and clients list.\n"
    assert run("deliveries", id_).out == run("deliveries", "--argument", "noteid=7").out == told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--state", "gone"], "'gone' is no state: pending, composing, sending"),
        (["--from", "yesterday"], "'yesterday' is no time such as 2026-11-24T10:00:00+01:00"),
        (["--limit", "0"], "'0' is no whole number from 1 to 10000"),
        (["--client", "x"], "There is no client 'x'"),
        (["--before", "zzz"], "'zzz' is no delivery's id"),
        (["--argument", "18142"], "write NAME=VALUE, for example debtcreditorid=7"),
    ],
)
def test_what_is_wrong_is_told(run: Any, words: list[str], message: str) -> None:
    ended = run("deliveries", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_one_that_has_ended_is_sent_again(run: Any, three: list[Any], kill: Any, tmp_path: Any) -> None:
    id_ = three[0]["id"]
    pending = run("replay", id_)
    assert pending.code == 2
    assert "The delivery is pending; only one that has ended can be sent again." in pending.err
    kill(id_, Keyring.open(tmp_path / "aptic-webhooks" / "keys"))
    assert run("replay", id_, "--json").json["state"] == "pending"
    kill(id_)
    again = run("replay", id_, "--recompose", "--json").json
    assert (again["state"], again["eventId"]) == ("pending", three[0]["eventId"])
    assert (again["id"] != id_, again["replayOf"]) == (True, id_)
    assert run("deliveries", id_, "--json").json["state"] == "dead"


def test_of_several_each_is_sent_again_that_can_be(run: Any, three: list[Any], kill: Any) -> None:
    for each in three[:2]:
        kill(each["id"])
    ended = run("replay", *(each["id"] for each in three), "x")
    assert ended.code == 1
    assert ended.out == "".join(f"{each['id']} is pending.\n" for each in three[:2])
    assert f"{three[2]['id']}: The delivery is pending; only one that has ended can be sent again." in ended.err
    assert "x: There is no such delivery." in ended.err
    for each in three[:2]:
        kill(each["id"])
    lines = run("replay", "--json", *(each["id"] for each in three[:2])).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [each["id"] for each in three[:2]]
