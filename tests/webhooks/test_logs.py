import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from webhooks.logs import JsonFormatter, configure


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a configured process logs; the loggers are put back afterwards."""
    names = [None, "engine", "alembic", "asyncio", "psycopg", "sqlalchemy"]
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    handlers, raising = logging.getLogger().handlers[:], logging.raiseExceptions
    written = io.StringIO()
    configure(written, is_debug=False)
    yield written
    logging.getLogger().handlers[:] = handlers
    logging.raiseExceptions = raising
    for logger, level in before:
        logger.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_ids(stream: io.StringIO) -> None:
    record = logging.LogRecord("webhooks.x", logging.WARNING, "", 0, "a %s\n\ud800", ("b",), None)
    record.ids = {"event": "one", "delivery": "two"}
    ours = next(found for found in logging.getLogger().handlers if isinstance(found.formatter, JsonFormatter))
    ours.handle(record)  # to no other handler: pytest's would give the surrogate to xdist, which breaks at it
    (line,) = lines(stream)
    assert list(line) == ["time", "level", "logger", "message", "event", "delivery"]
    assert (line["level"], line["logger"], line["message"]) == ("warning", "webhooks.x", "a b\n\\ud800")
    assert str(line["time"]).endswith("+00:00")


def test_an_error_is_shown_by_its_place_and_not_by_its_text(stream: io.StringIO) -> None:
    def fail(value: str) -> None:
        try:
            int(value)
        except ValueError as error:
            raise KeyError(value) from error

    try:
        fail("canary")
    except KeyError:
        logging.getLogger("webhooks.x").exception("it failed")
    (line,) = lines(stream)
    errors = line["errors"]
    assert isinstance(errors, list)
    assert [error["type"] for error in errors] == ["builtins.KeyError", "builtins.ValueError"]
    assert errors[1]["frames"][0].endswith(" fail")
    assert "canary" not in stream.getvalue()


def test_what_asyncio_says_of_an_object_is_left_out() -> None:
    record = logging.makeLogRecord({"name": "asyncio", "msg": "Task failed\nfuture: <Task exception=X('canary')>"})
    assert "canary" not in JsonFormatter().format(record)
    assert "Task failed" in JsonFormatter().format(record)


def test_a_faulty_log_call_shows_no_values(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("webhooks.x").warning("%d", "canary")
    assert "canary" not in stream.getvalue() + capsys.readouterr().err


@pytest.mark.parametrize(("name", "shown"), [("webhooks.x", True), ("sqlalchemy.x", False), ("alembic.x", False)])
def test_others_are_heard_from_a_warning_on(stream: io.StringIO, name: str, shown: bool) -> None:
    logging.getLogger(name).info("it does something")
    logging.getLogger(name).warning("it is troubled")
    assert [line["level"] for line in lines(stream)] == ["info", "warning"][not shown :]


def test_what_is_published_is_logged_by_its_ids(service: Any, new_client: Any) -> None:
    client = new_client("--scope", "events:publish")
    data = {"ledgeraccountid": "canary-value", "status": "PAID"}
    event = {"event": "statuschange", "data": data}
    assert client.post("/v1/events", json={**event, "id": "logged-1"}).status_code == 202
    many = [{**event, "id": "logged-2"}, {"event": "x", "data": data}, {**event, "id": "logged-3"}]
    assert client.post("/v1/events", json=many).status_code == 202
    text = service.log.read_text()
    told = [line for line in map(json.loads, text.splitlines()) if "events" in line]
    assert [line["events"] for line in told] == [["logged-1"], ["logged-2", "logged-3"]]
    assert [line["message"] for line in told] == [
        "1 event is accepted, 0 refused",
        "2 events are accepted, 1 refused",
    ]
    assert "canary" not in text
    assert client.headers["x-api-key"] not in text


def test_the_driver_does_not_quote_the_server(stream: io.StringIO) -> None:
    logging.getLogger("psycopg").warning("error ignored terminating %s: %s", "pipeline", "Key (id)=(canary) exists.")
    assert stream.getvalue() == ""
