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
    assert f"{URL}/own is active: what was held is sent." in run("webhooks", "resume", f"{URL}/own").out
    assert "paused" not in run("webhooks", "list").out


def test_one_that_was_disabled_says_why_and_is_enabled(run: Any, acme: str, change: Any) -> None:
    values = {"disabled_reason": "the endpoint answered 410 Gone"}
    change(lambda connection: connection.execute(update(REGISTRATIONS).values(values)))
    assert f"{URL}/own  statuschange ledgerpayment  disabled: the endpoint answered 410" in run("webhooks", "list").out
    assert run("webhooks", "resume", f"{URL}/own", "--json").json["disabled"] is None


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
