import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from webhooks.cli.emit import PUBLISHER
from webhooks.errors import NotFoundError
from webhooks.store import events
from webhooks.store.store import Store

DATA = {"paymentid": 18142, "ledgeraccountid": "5", "revision": 1, "debtcreditorid": "7", "partytypeid": "2"}


@pytest.fixture
def message(tmp_path: Path) -> Any:
    def write(value: object) -> str:
        path = tmp_path / "message.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


def test_an_event_is_stored_once(run: Any, message: Any, tmp_path: Path) -> None:
    file = message({"id": "one", "data": DATA})
    assert run("emit", "ledgerpayment", "--message", file).out == "one\n"
    assert run("emit", "ledgerpayment", "--message", file, "--json").json == {"id": "one"}
    with Store(f"sqlite:///{tmp_path / 'aptic-webhooks' / 'webhooks.sqlite3'}") as store:
        assert store.read_now(lambda connection: events.by_id(connection, PUBLISHER, "one")).sequence == 1
        with pytest.raises(NotFoundError):
            store.read_now(lambda connection: events.by_id(connection, "another", "one"))
    other = run("emit", "ledgerpayment", "--message", message({"id": "one", "data": {**DATA, "revision": 2}}))
    assert (other.code, other.out) == (2, "")
    assert "An event with the id 'one' was published before, with other content." in other.err


def test_the_message_may_come_from_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"event": "ledgerpayment", "data": DATA}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert len(run("emit", "ledgerpayment", "--message", "-", "--json").json["id"]) == 36


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", "not JSON"),
        ([], "must be a JSON object"),
        ({"event": "statuschange", "data": DATA}, "its member event is not ledgerpayment"),
        ({"data": {}}, "/data/paymentid: It is missing, and ledgerpayment needs it."),
        ({"data": {**DATA, "paymentid": None}}, "/data/paymentid: "),
        ({"data": DATA, "secret": "canary"}, "/secret: There is no such member here"),
    ],
)
def test_a_faulty_message_is_told_and_not_stored(
    run: Any, message: Any, tmp_path: Path, value: object, told: str
) -> None:
    ended = run("emit", "ledgerpayment", "--message", message(value))
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "canary" not in ended.err
    with Store(f"sqlite:///{tmp_path / 'aptic-webhooks' / 'webhooks.sqlite3'}") as store:
        assert store.read_now(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM event").scalar()) == 0


def test_an_unknown_event_and_a_missing_file_are_told(run: Any, message: Any) -> None:
    assert "There is no event 'nothing'" in run("emit", "nothing", "--message", message({"data": {}})).err
    assert "/nonexistent cannot be read" in run("emit", "ledgerpayment", "--message", "/nonexistent").err


def test_a_folder_without_a_store_is_no_place_to_publish_to(run: Any, message: Any, tmp_path: Path) -> None:
    mistyped = tmp_path / "nowhere"
    ended = run("emit", "ledgerpayment", "--message", message({"data": DATA}), "--data", str(mistyped))
    assert ended.code == 2
    assert f"There is no store {mistyped}/webhooks.sqlite3: name the service's folder with --data." in ended.err
    assert not mistyped.exists()
