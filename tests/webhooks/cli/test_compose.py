"""`aptic-webhooks compose`: the event of a delivery again, from the store, by today's definitions."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import update

from webhooks.store import registrations
from webhooks.store.tables import DELIVERIES, EVENTS

CANARY = "canary-4c0f"
DATA = {"ledgeraccountid": "7", "status": "PAID"}
DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<aptic_service_definition>
  <category>webhook</category>
  <name>statuschange</name>
  <steps>
    <query><![CDATA[select a.payee, ? as [secret], ? as status from account a where a.id = ?]]>
      <argument source="$secret" type="string"/>
      <argument source="$data.data.status" type="string"/>
      <argument source="$data.data.ledgeraccountid" type="int"/>
    </query>
  </steps>
</aptic_service_definition>
"""


@pytest.fixture
def delivery(run: Any, change: Any, tmp_path: Path) -> str:
    """A delivery of an event that was published, to a registration with a secret."""
    client_id = run("clients", "add", "acme", "--json").json["client_id"]
    change(registrations.put, client_id, "https://receiver.example/", ["statuschange"], {})
    (tmp_path / "message.json").write_text(json.dumps({"data": DATA}))
    run("emit", "statuschange", "--message", str(tmp_path / "message.json"))
    found: str = run("deliveries", "--json").json["deliveries"][0]["id"]
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    """Its URL; the definition is in the folder `definitions` beside it."""
    with duckdb.connect(str(tmp_path / "ledger.duckdb")) as connection:
        connection.execute("CREATE TABLE account (id INTEGER, payee VARCHAR); INSERT INTO account VALUES (7, 'Åsa')")
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions/statuschange.xml").write_text(DEFINITION)
    return f"duckdb:///{tmp_path / 'ledger.duckdb'}"


@pytest.fixture
def compose(run: Any, tmp_path: Path, ledger: str) -> Any:
    def composed(id_: str, *more: str) -> Any:
        folder = str(tmp_path / "definitions")
        return run("compose", "--delivery", id_, "--definitions", folder, "--ledger", ledger, *more)

    return composed


def test_the_event_is_composed_by_the_definition_of_now(compose: Any, delivery: str, tmp_path: Path) -> None:
    ended = compose(delivery)
    assert (ended.code, ended.out) == (0, '{"payee":"Åsa","secret":"***","status":"PAID"}\n')
    file = tmp_path / "definitions/statuschange.xml"
    file.write_text(DEFINITION.replace("a.payee,", "a.payee as debtor,"))
    assert json.loads(compose(delivery.upper()).out)["debtor"] == "Åsa"


def test_explain_shows_what_was_bound(compose: Any, delivery: str) -> None:
    ended = compose(delivery, "--explain")
    assert "1 row in" in ended.err
    assert "= 7  ($data.data.ledgeraccountid, int)" in ended.err
    assert "$secret = ***" in ended.err


def test_without_a_definition_it_is_the_default_body(compose: Any, delivery: str, tmp_path: Path) -> None:
    (tmp_path / "definitions/statuschange.xml").write_text(DEFINITION.replace("statuschange", "casestatuschange"))
    ended = compose(delivery)
    assert json.loads(ended.out) == {**DATA, "secret": "***"}
    assert "statuschange has no definition" in ended.err


def test_the_store_stays_as_it_is(compose: Any, delivery: str, run: Any, look: Any) -> None:
    before = run("deliveries", delivery).out
    compose(delivery)
    assert run("deliveries", delivery).out == before


def test_what_was_erased_is_said(compose: Any, delivery: str, change: Any) -> None:
    change(lambda connection: connection.execute(update(EVENTS).values(arguments=None)))
    ended = compose(delivery)
    assert (ended.code, ended.out) == (2, "")
    assert "was erased" in ended.err


def test_an_id_that_is_none(compose: Any, delivery: str, change: Any) -> None:
    assert "is no delivery's id" in compose("7").err
    change(lambda connection: connection.execute(update(DELIVERIES).values(id="0")))
    ended = compose(delivery)
    assert (ended.code, ended.out) == (2, "")


def test_a_ledger_is_needed_and_its_password_not_shown(run: Any, delivery: str, tmp_path: Path) -> None:
    assert "A ledger is needed" in run("compose", "--delivery", delivery).err
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions/statuschange.xml").write_text(DEFINITION)
    url = f"postgresql+psycopg://reader:{CANARY}@127.0.0.1:1/aptic"
    words = ("compose", "--debug", "--delivery", delivery, "--definitions", str(tmp_path / "definitions"))
    ended = run(*words, APTIC_LEDGER=url)
    assert ended.code != 0
    assert CANARY not in ended.out + ended.err
