"""Dead deliveries by endpoint and reason, and those of a group sent again."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from webhooks.store import registrations
from webhooks.store.tables import DELIVERIES

URLS = ["https://one.example/", "https://two.example/"]
DATA = {"ledgeraccountid": "1", "status": "PAID"}


@pytest.fixture
def dead(run: Any, change: Any, tmp_path: Any) -> None:
    """Three of one endpoint for two reasons, three of another for one."""
    client_id = run("clients", "add", "acme", "--json").json["client_id"]
    for url in URLS:
        change(registrations.put, client_id, url, ["statuschange"], {})
    message = tmp_path / "message.json"
    for number in range(3):
        message.write_text(json.dumps({"id": f"change-{number}", "data": DATA}))
        run("emit", "statuschange", "--message", str(message))
    for number, each in enumerate(run("deliveries", "--json").json["deliveries"]):
        reason = "the receiver answered 410" if number == 0 else "the receiver answered 500"
        values = {"state": "dead", "reason": reason, "next_attempt_at": None, "ended_at": 1}
        where = DELIVERIES.c.id == each["id"]
        change(
            lambda connection, where=where, values=values: connection.execute(
                update(DELIVERIES).where(where).values(values)
            )
        )


def states(run: Any, url: str) -> list[str]:
    return sorted(each["state"] for each in run("deliveries", "--url", url, "--json").json["deliveries"])


def test_groups_are_listed_and_sent_again(run: Any, dead: None) -> None:
    groups = run("dead", "list", "--json").json
    assert sorted((each["url"], each["reason"][-3:], each["count"]) for each in groups) in (
        [(URLS[0], "410", 1), (URLS[0], "500", 2), (URLS[1], "500", 3)],
        [(URLS[0], "500", 3), (URLS[1], "410", 1), (URLS[1], "500", 2)],
    )
    shown = run("dead", "list").out
    assert shown.startswith("CLIENT  ")
    assert "the receiver answered 410" in shown
    other = next(each["url"] for each in groups if each["reason"].endswith("410"))
    (told,) = run("dead", "replay", "--url", other, "--reason", "the receiver answered 500", "--json").out.splitlines()
    assert json.loads(told) == {
        "client": "acme",
        "url": other,
        "reason": "the receiver answered 500",
        "count": 2,
        "refused": None,
    }
    assert states(run, other).count("dead") == 1
    assert "1 delivery will be sent again." in run("dead", "replay", "--url", other).out
    assert "dead" not in states(run, other)
    rest = next(url for url in URLS if url != other)
    assert states(run, rest) == ["dead"] * 3
    assert "3 deliveries will be sent again." in run("dead", "replay").out
    assert run("dead", "list").out == "No delivery is dead.\n"


def test_what_cannot_be_sent_says_so(run: Any, dead: None) -> None:
    run("webhooks", "remove", URLS[0], "--client", "acme")
    found = run("dead", "replay", "--url", URLS[0])
    assert (found.code, "The others cannot: " in found.out) == (1, True), found
    assert "dead" in states(run, URLS[0])


@pytest.mark.parametrize("words", [["--client", "nobody"], ["--url", "https://x.example/"], ["--reason", "no"]])
def test_a_group_that_is_not_there(run: Any, dead: None, words: list[str]) -> None:
    found = run("dead", "replay", *words)
    assert found.code == 2
    assert "No dead delivery is like this" in found.err
