import base64
import re
from pathlib import Path
from typing import Any

import pytest

GUID = r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"


def test_a_new_client_is_shown_once(run: Any) -> None:
    shown = run("clients", "add", "acme", "--json").json
    assert list(shown) == ["name", "client_id", "client_secret", "api_key", "scopes"]
    assert (shown["name"], shown["scopes"]) == ("acme", ["webhooks"])
    assert re.fullmatch(GUID, shown["client_id"])
    assert re.fullmatch(GUID, shown["api_key"])
    assert len(base64.urlsafe_b64decode(shown["client_secret"] + "=")) == 32
    listed = run("clients", "list").out + run("clients", "list", "--json").out
    assert shown["client_id"] in listed
    assert shown["client_secret"] not in listed
    assert shown["api_key"] not in listed


def test_for_people_it_says_what_is_what(run: Any) -> None:
    out = run("clients", "add", "acme").out
    names = [line[:14].strip() for line in out.splitlines()[:5]]
    assert names == ["client", "client id", "client secret", "API key", "scopes"]
    assert "shown this once" in out


def test_what_a_client_may_do_is_kept(run: Any) -> None:
    options = ["--scope", "admin,events:publish", "--scope", "support", "--only", 'a=1,"b=x,y=z"', "--only", "c="]
    options += ["--allow-network", "10.0.0.0/8", "--allow-network", "fd00::/8", "--allow-port", "8443"]
    options += ["--url-pattern", "https://*.example.com/*"]
    made = run("clients", "add", "acme", "--json", *options).json
    (listed,) = run("clients", "list", "--json").json
    assert listed == {
        "name": "acme",
        "client_id": made["client_id"],
        "scopes": ["admin", "events:publish", "support"],
        "only": {"a": "1", "b": "x,y=z", "c": ""},
        "networks": ["10.0.0.0/8", "fd00::/8"],
        "ports": [8443],
        "url_patterns": ["https://*.example.com/*"],
        "disabled": False,
    }


@pytest.mark.parametrize(
    "name", ["Åkes inkasso & söner", "a/b, c's (old)--", "x" * 200, "7-eleven", "ÆØ ßð", "a:b@c+d_e."]
)
def test_names_are_text_in_latin_letters(run: Any, name: str) -> None:
    assert run("clients", "add", "--json", "--", name).json["name"] == name
    assert name in run("clients", "list").out
    assert run("clients", "disable", "--", name).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([""], "a name is 1 to 200 printable characters"),
        (["x" * 201], "a name is 1 to 200 printable characters"),
        (["a\nb"], "a name is 1 to 200 printable characters"),
        (["a\x1b[2J"], "a name is 1 to 200 printable characters"),
        (["acme", "--scope", "root"], "'root' is no scope: webhooks, events:publish, support, admin"),
        (["acme", "--only", "debtcreditorid"], "write ARGUMENT=VALUE, several with commas"),
        (["acme", "--only", "=7"], "write ARGUMENT=VALUE, several with commas"),
        (["acme", "--only", ""], "write ARGUMENT=VALUE, several with commas"),
        (["acme", "--only", "a=1,b=2", "--only", "a=2"], "--only names an argument with two values"),
        (["acme", "--only", '"a=1'], "write ARGUMENT=VALUE, several with commas"),
        (["acme", "--allow-network", "10.0.0.1/8"], "is no network in CIDR notation such as 10.0.0.0/8"),
        (["acme", "--allow-network", "example.com"], "is no network in CIDR notation such as 10.0.0.0/8"),
        (["acme", "--allow-port", "0"], "'0' is no port"),
        (["acme", "--allow-port", "65536"], "'65536' is no port"),
        (["acme", "--allow-port", "https"], "'https' is no port"),
        (["acme", "--url-pattern", "example.com"], "is no pattern of URLs such as"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(run: Any, tmp_path: Path, words: list[str], message: str) -> None:
    ended = run("clients", "add", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_taken_once(run: Any) -> None:
    run("clients", "add", "acme")
    ended = run("clients", "add", "acme")
    assert (ended.code, ended.out) == (2, "")
    assert "There is a client 'acme' already: rotate it, or choose another name." in ended.err


@pytest.mark.parametrize("command", ["rotate", "disable", "enable"])
def test_an_unknown_client_is_told_so(run: Any, command: str) -> None:
    run("clients", "add", "acme")
    ended = run("clients", command, "acma")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no client 'acma'. There are: 'acme'." in ended.err


def test_rotating_gives_other_credentials(run: Any) -> None:
    made = run("clients", "add", "acme", "--json").json
    rotated = run("clients", "rotate", "acme", "--json").json
    assert (rotated["client_id"], rotated["scopes"]) == (made["client_id"], made["scopes"])
    assert rotated["client_secret"] != made["client_secret"]
    assert rotated["api_key"] != made["api_key"]


def test_a_disabled_client_is_shown_as_it_is_then(run: Any) -> None:
    run("clients", "add", "acme")
    told = "acme is disabled: its credentials and tokens are refused, and what is for it is held, for 30 days.\n"
    assert run("clients", "disable", "acme").out == told
    assert [run("clients", "disable", "acme", "--json").json] == run("clients", "list", "--json").json
    assert run("clients", "list", "--json").json[0]["disabled"] is True


def test_a_disabled_client_is_enabled_with_the_credentials_that_it_has_then(run: Any) -> None:
    run("clients", "add", "acme")
    run("clients", "disable", "acme")
    assert run("clients", "rotate", "acme").out.endswith("before aptic-webhooks clients enable acme\n")
    assert run("clients", "enable", "acme").out.startswith("acme is enabled: its credentials are good again")
    assert run("clients", "list", "--json").json[0]["disabled"] is False


def test_for_people_the_list_shows_what_a_client_was_made_with(run: Any) -> None:
    run("clients", "add", "acme", "--only", "a=1,b=2", "--allow-port", "8443", "--allow-network", "10.0.0.0/8")
    line = run("clients", "list").out.splitlines()[1]
    assert line.endswith("acme  webhooks  --only a=1,b=2 --allow-network 10.0.0.0/8 --allow-port 8443")


def test_an_empty_list_says_what_to_do(run: Any) -> None:
    assert run("clients", "list").out == "There is no client yet. Make one: aptic-webhooks clients add NAME\n"
    assert run("clients", "list", "--json").json == []


def test_the_environment_names_store_and_keys(run: Any, tmp_path: Path, new_database: Any) -> None:
    url = new_database("postgresql")
    made = run("clients", "add", "acme", "--json", APTIC_STORE=url, APTIC_DATA=str(tmp_path / "other")).json
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["keys"]
    (listed,) = run("clients", "list", "--json", "--store", url, "--data", str(tmp_path / "other")).json
    assert listed["client_id"] == made["client_id"]


@pytest.mark.parametrize("name", ["a?b=c", "a%20b", "a b", "a#b", "a:b@c", "\u00e5"])
def test_a_folder_has_any_name(run: Any, tmp_path: Path, name: str) -> None:
    """The store's place is written as a URL, where some characters mean something."""
    folder = tmp_path / name
    assert run("clients", "add", "acme", "--data", str(folder)).code == 0
    assert {path.name for path in folder.iterdir()} == {"keys", "webhooks.sqlite3"}
    assert list(tmp_path.iterdir()) == [folder]


def test_a_store_is_not_used_with_other_keys(run: Any, tmp_path: Path) -> None:
    run("clients", "add", "acme")
    keys = tmp_path / "aptic-webhooks" / "keys"
    kept = keys.rename(tmp_path / "kept")
    gone = run("clients", "list")
    assert (gone.code, gone.out) == (2, "")
    assert f"The store has keys, but there is no key file {keys}: put it back." in gone.err
    assert not keys.exists()
    other = base64.b64encode(bytes(32)).decode()
    wrong = run("clients", "add", "b", APTIC_KEYS=other)
    assert (wrong.code, wrong.out) == (2, "")
    assert "The store was written with keys that are not in the variable APTIC_KEYS" in wrong.err
    assert other not in wrong.err
    right = kept.read_text().splitlines()[-1]
    assert run("clients", "list", APTIC_KEYS=f"{other}, {right}").code == 0
    assert run("clients", "list", "--key-file", str(kept)).code == 0
    faulty = run("clients", "list", APTIC_KEYS=f"{other},secret")
    assert faulty.code == 2
    assert "APTIC_KEYS, line 2 is no key" in faulty.err
    assert "secret" not in faulty.err


@pytest.mark.parametrize(
    "name",
    [
        "\u0430cme",  # Cyrillic a
        "acm\u0435",  # Cyrillic e
        "\u03b1cme",  # Greek
        "\uff41\uff43\uff4d\uff45",  # full width
        "acme\u200b",
        "ac\u00adme",
        "acme\u2060x",
        "acme\u00a0x",
        "acme ",
        " acme",
        "ac  me",
        "acm\u0065\u0301",  # an accent of its own
        "acm\u0131",  # dotless i
        "\ufb01nance",
        "ac\U0001d5c6e",
        "\u540d\u524d",
        "-acme",
    ],
)
def test_a_name_has_no_letters_that_look_like_others(run: Any, name: str) -> None:
    ended = run("clients", "add", "--", name)
    assert ended.code == 2
    assert "printable characters" in ended.err or "a new client's name is of letters A-Z" in ended.err


@pytest.mark.parametrize("name", ["Acme 1", "acme-1", "ACME_1", "acme l", "acme I", "Acmé 1", "acrne 1", "acme. 1"])
def test_a_name_that_looks_like_another_is_refused(run: Any, name: str) -> None:
    assert run("clients", "add", "acme 1").code == 0
    ended = run("clients", "add", name)
    assert ended.code == 2
    assert "looks like the client 'acme 1': choose a name that nobody mixes up with it" in ended.err
    assert run("clients", "add", "acme 2").code == run("clients", "add", "acme 11").code == 0
