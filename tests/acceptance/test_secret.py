"""The secret is found nowhere but in the filled body: not in logs, reprs, tracebacks, and not on the ledger."""

import json
import logging
import os
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from engine import Body, Composer, EncodingError

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
CASES = sorted((ROOT / "fixtures").glob("*/*/event.json"))


@pytest.fixture(scope="module")
def canary() -> str:
    return f"canary-{uuid4().hex}"


@pytest.fixture(scope="module")
def composer(ledger_url: str) -> Iterator[Composer]:
    with Composer.load(ROOT / "definitions", ledger=ledger_url, ledger_schema=SCHEMA) as loaded:
        yield loaded


def filled(composer: Composer, canary: str) -> Iterator[tuple[Body, bytes]]:
    """Every fixture case that has a body, filled with the canary."""
    for case in CASES:
        message = json.loads(case.read_text(encoding="utf-8"))
        message.pop("secret", None)
        if (case.parent / "body.json").exists():
            body = composer.compose(case.parent.parent.name, message)
            yield body, body.fill(canary)


def test_only_the_filled_body_holds_it(
    composer: Composer, canary: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    count = 0
    for body, content in filled(composer, canary):
        count += content.count(canary.encode())
        assert canary not in repr(body) + str(body) + body.dump()
        assert canary.encode() not in body.fill(None)
    assert count > 40
    assert canary not in repr(composer) + repr(composer.status()) + caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("broken", ["{}\ud800", 7])
def test_no_traceback_shows_it(composer: Composer, canary: str, broken: object) -> None:
    body = composer.compose("statuschange", {"data": {"ledgeraccountid": "1", "status": "PAID"}})
    secret = broken.format(canary) if isinstance(broken, str) else [canary]
    with pytest.raises((EncodingError, TypeError)) as caught:
        body.fill(secret)  # type: ignore[arg-type]
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True, compact=False)
    engines = [
        frame for frame in trace.stack if "engine" in Path(frame.filename).parts and "tests" not in frame.filename
    ]
    assert engines
    assert canary not in repr([frame.locals for frame in engines]) + str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_the_servers_statement_log_does_not_hold_it(postgres_url: str, postgres_ledger: str, canary: str) -> None:
    import psycopg

    marker = f"marker-{uuid4().hex}"
    with psycopg.connect(postgres_url.replace("+psycopg", "", 1), autocommit=True) as server:
        (file,) = server.execute("select pg_current_logfile()").fetchone() or (None,)
        if file is None and os.environ.get("CI") != "true":
            pytest.skip("the server keeps no log of statements that SQL can read (logging_collector)")
        length = "select (pg_stat_file(%s)).size"  # a log may be longer than what can be read at once
        (begin,) = server.execute(length, [file]).fetchone() or (0,)
        with Composer.load(ROOT / "definitions", ledger=postgres_ledger, ledger_schema=SCHEMA) as composer:
            assert list(filled(composer, canary))
            composer.compose("statuschange", {"data": {"ledgeraccountid": "1", "status": "PAID"}}).fill(canary)
        server.execute("select %s", [marker])
        log, deadline = b"", time.monotonic() + 30
        while marker.encode() not in log and time.monotonic() < deadline:  # a process of its own writes it, in time
            (end,) = server.execute(length, [file]).fetchone() or (0,)
            query = "select pg_read_binary_file(%s, %s, %s)"
            (log,) = server.execute(query, [file, begin, end - begin]).fetchone() or (b"",)
    assert marker.encode() in log, "the server does not log statements with their parameters"
    assert b"18142" in log, "the ledger's queries are not in the log"
    assert canary.encode() not in log
