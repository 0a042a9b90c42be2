from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from webhooks.store import registrations
from webhooks.store.tables import REGISTRATIONS

URL = "https://receiver.example/a"


@pytest.fixture
def acme(run: Any, change: Any) -> str:
    """A client with a registration that another one has too; gives the clients' ids by name."""
    for name in ("acme", "other"):
        client_id = run("clients", "add", name, "--json").json["client_id"]
        change(registrations.put, client_id, URL, ["statuschange"], {})
    change(registrations.put, client_id, f"{URL}/own", ["statuschange", "ledgerpayment"], {})
    return str(client_id)


def test_registrations_are_listed(run: Any, acme: str) -> None:
    listed = run("webhooks", "list", "--json").json
    assert [(each["client"], each["url"]) for each in listed] == [
        ("acme", URL),
        ("other", URL),
        ("other", f"{URL}/own"),
    ]
    assert listed[2] == {
        "client": "other",
        "url": f"{URL}/own",
        "method": "POST",
        "events": ["statuschange", "ledgerpayment"],
        "paused": False,
        "disabled": None,
    }
    lines = run("webhooks", "list", "--client", "acme").out.splitlines()
    assert [line.split() for line in lines] == [
        ["CLIENT", "METHOD", "URL", "EVENTS", "STATE"],
        ["acme", "POST", URL, "statuschange", "active"],
    ]
    assert [line.index(word) for line, word in zip(lines, ("STATE", "active"), strict=True)] == [
        lines[0].index("STATE")
    ] * 2
    assert "There is no client 'x'" in run("webhooks", "list", "--client", "x").err


def test_an_empty_list_says_so(run: Any) -> None:
    assert run("webhooks", "list").out == "There is no registration.\n"


def test_a_registration_is_paused_and_resumed(run: Any, acme: str) -> None:
    assert run("webhooks", "pause", f"{URL}/own", "--json").json["paused"] is True
    assert "paused" in run("webhooks", "list").out
    assert f"{URL}/own is active: what waits for it is sent." in run("webhooks", "resume", f"{URL}/own").out
    assert "paused" not in run("webhooks", "list").out


def test_one_that_was_disabled_says_why_and_is_enabled(run: Any, acme: str, change: Any) -> None:
    values = {"disabled_reason": "the endpoint answered 410 Gone"}
    change(lambda connection: connection.execute(update(REGISTRATIONS).values(values)))
    assert f"{URL}/own  statuschange ledgerpayment  disabled: the endpoint answered 410" in run("webhooks", "list").out
    assert run("webhooks", "resume", f"{URL}/own", "--json").json["disabled"] is None


def test_of_a_disabled_clients_it_is_said(run: Any, acme: str) -> None:
    run("clients", "disable", "other")
    assert f"{URL}/own  statuschange ledgerpayment  held: the client 'other' is disabled" in run("webhooks", "list").out
    assert run("webhooks", "list", "--json").json[2]["disabled"] == "the endpoint's client is disabled"
    ended = run("webhooks", "resume", f"{URL}/own").out
    assert "stays held: its client is disabled, aptic-webhooks clients enable other lets it in again." in ended


def test_one_is_removed(run: Any, acme: str) -> None:
    ended = run("webhooks", "remove", f"{URL}/own")
    assert ended.out == f"{URL}/own is removed: what was not sent to it yet is cancelled.\n"
    assert [each["url"] for each in run("webhooks", "list", "--json").json] == [URL, URL]
    removed = run("webhooks", "remove", URL, "--client", "acme", "--json")
    assert removed.json == {"client": "acme", "url": URL}
    assert "is not registered" in run("webhooks", "remove", f"{URL}/own").err


def test_of_several_clients_one_has_to_be_named(run: Any, acme: str) -> None:
    ended = run("webhooks", "pause", URL)
    assert (ended.code, ended.out) == (2, "")
    assert "Several clients have registered this URL: 'acme', 'other'. Say which one with --client." in ended.err
    assert run("webhooks", "pause", URL, "--client", "acme").code == 0
    assert [each["paused"] for each in run("webhooks", "list", "--json").json] == [True, False, False]


def test_an_unknown_url_is_told_so(run: Any, acme: str, tmp_path: Path) -> None:
    ended = run("webhooks", "pause", f"{URL}/unknown")
    assert (ended.code, ended.out) == (2, "")
    assert f"The URL {URL}/unknown is not registered." in ended.err
