"""`Composer.compose_many`: what `compose` gives or raises, for many messages."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

from engine import (
    BatchForm,
    BindingError,
    Body,
    Composer,
    DefinitionUnavailableError,
    EmptyResultError,
    EngineError,
    LedgerUnavailableError,
    UnknownEventError,
    batch,
)

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
LEDGERS = ["duckdb_ledger", "postgres_ledger", "freetds_ledger", "microsoft_ledger"]
NOBODY = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
STATUS = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}


def cases() -> dict[str, list[dict[str, Any]]]:
    """The messages of the fixtures, by event."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(ROOT.glob("fixtures/*/*/event.json")):
        message = json.loads(path.read_text(encoding="utf-8"))
        message.pop("secret", None)
        found.setdefault(message["event"], []).append(message)
    return found


CASES = cases()


@pytest.fixture(scope="module", params=LEDGERS)
def composer(request: pytest.FixtureRequest) -> Iterator[Composer]:
    ledger = request.getfixturevalue(request.param)
    with Composer.load(
        ROOT / "definitions", ledger=ledger, ledger_schema=SCHEMA, time_zone="Europe/Amsterdam"
    ) as loaded:
        yield loaded


def alone(composer: Composer, event: Any, messages: Sequence[Any]) -> list[Body | EngineError]:
    results: list[Body | EngineError] = []
    for message in messages:
        try:
            results.append(composer.compose(event, message))
        except EngineError as error:
            results.append(error)
    return results


def told(results: Sequence[Body | EngineError]) -> list[object]:
    """Results in a form that compares errors by all that they say."""
    return [
        (type(found), found.retryable, vars(found)) if isinstance(found, EngineError) else found for found in results
    ]


@pytest.mark.parametrize("event", sorted(CASES))
def test_every_fixture_among_duplicates_and_poison(composer: Composer, event: str) -> None:
    poison: list[Any] = [
        None,
        "text",
        {},
        {"event": "other"},
        {"data": {}},
        {"event": event, "data": {"paymentid": "x"}},
    ]
    messages = [*CASES[event], *poison, *reversed(CASES[event]), *poison, *CASES[event]]
    found = composer.compose_many(event, messages)
    assert told(found) == told(alone(composer, event, messages))
    errors = [id(result) for result in found if isinstance(result, EngineError)]
    assert len(set(errors)) == len(errors) > 0
    assert any(isinstance(result, Body) for result in found)


def test_no_message_gives_no_result(composer: Composer) -> None:
    assert composer.compose_many("ledgerpayment", []) == []
    assert composer.compose_many("nothing", iter(())) == []


@pytest.mark.parametrize("event", ["nothing", None, 5, []])
def test_an_unknown_event_fails_each(composer: Composer, event: Any) -> None:
    found = composer.compose_many(event, [STATUS, STATUS])
    assert [type(result) for result in found] == [UnknownEventError] * 2
    assert told(found) == told(alone(composer, event, [STATUS, STATUS]))


def test_a_default_body_needs_no_ledger(tmp_path: Path) -> None:
    with Composer.load(tmp_path, ledger=NOBODY, ledger_schema=SCHEMA) as composer:
        messages = [STATUS, {"data": None}, STATUS]
        found = composer.compose_many("statuschange", messages)
        assert told(found) == told(alone(composer, "statuschange", messages))
        assert [type(result) for result in found] == [Body, BindingError, Body]


@pytest.mark.parametrize("data", [STATUS, "text", b"bytes"])
def test_one_message_is_no_list_of_messages(composer: Composer, data: Any) -> None:
    with pytest.raises(TypeError, match="list of messages"):
        composer.compose_many("statuschange", data)


def test_a_held_definition_holds_each(tmp_path: Path, duckdb_ledger: str) -> None:
    (tmp_path / "statuschange.xml").write_text("<faulty/>")
    with Composer.load(tmp_path, ledger=duckdb_ledger, ledger_schema=SCHEMA, on_invalid="hold") as composer:
        found = composer.compose_many("statuschange", [STATUS, None, STATUS])
        assert told(found) == told(alone(composer, "statuschange", [STATUS, None, STATUS]))
        assert isinstance(found[0], DefinitionUnavailableError)
        assert found[0] is not found[2]


def test_errors_carry_no_trace_of_the_values(composer: Composer) -> None:
    found = composer.compose_many("ledgerpayment", [{"data": {"paymentid": "x"}}, CASES["ledgerpayment"][0]])
    error = found[0]
    assert isinstance(error, BindingError)
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)


@pytest.fixture
def turned_away() -> Iterator[tuple[str, list[None]]]:
    """The URL of a ledger that closes each connection at once, and one entry for each that it closed."""
    closed: list[None] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close_each() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    closed.append(None)
                    connection.close()

        thread = threading.Thread(target=close_each, daemon=True)
        thread.start()
        yield f"postgresql+psycopg://nobody@127.0.0.1:{server.getsockname()[1]}/nothing", closed
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize("event", ["ledgerpayment", "casetolegal"])
def test_a_ledger_that_is_away_fails_all_after_a_few_tries(event: str, turned_away: tuple[str, list[None]]) -> None:
    """Whether the definition has one step or several; what does not bind is told as ever."""
    url, closed = turned_away
    with Composer.load(
        ROOT / "definitions", ledger=url, ledger_schema=SCHEMA, time_zone="Europe/Amsterdam"
    ) as composer:
        closed.clear()
        found = composer.compose_many(event, [CASES[event][0], None] * 5_000)
    assert 1 <= len(closed) <= 40
    assert [type(result) for result in found] == [LedgerUnavailableError, BindingError] * 5_000
    assert len({id(result) for result in found}) == 10_000


def test_order_is_kept_over_several_chunks(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    known, unknown = CASES["ledgerpayment"][0], {"data": {"paymentid": "1", "ledgeraccountid": "1"}}
    monkeypatch.setattr(batch, "_ITEMS", 100)
    found = composer.compose_many("ledgerpayment", [known if i % 3 else unknown for i in range(250)])
    body = composer.compose("ledgerpayment", known)
    assert [found[i] == body for i in range(250)] == [bool(i % 3) for i in range(250)]
    assert all(isinstance(found[i], EmptyResultError) for i in range(0, 250, 3))


def test_status_says_in_which_form_and_why(composer: Composer) -> None:
    status = composer.status()
    forms = {found.event: (found.batch_form, found.batch_reason) for found in status.definitions}
    reasons = {
        "duckdb": "step 1: the ledger is embedded, so there are no round trips to save",
        "sqlserver": "step 1: SQL Server gets a definition's own text",
    }
    if reason := reasons.get(status.dialect):
        assert forms["ledgerpayment"] == (BatchForm.REPEATED, reason)
        return
    assert forms["ledgerpayment"] == (BatchForm.SET, None)
    assert forms["partpayment"] == (BatchForm.SET, None)
    reason = "step otheraccounts: argument 2 stands neither alone nor beside a column"
    assert forms["debtorcontact"] == (BatchForm.REPEATED, reason)
