import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import main

GUIDE = b'{"refundid":7,"amount":12.50,"payee":"\xc3\x85sa","secret":"mySecret"}\n'
CANARY = "canary-4c0f"


def message(refundid: object = "7", **more: object) -> bytes:
    return json.dumps({"event": "refund", "data": {"refundid": refundid}} | more).encode()


@pytest.fixture
def composed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., tuple[int, bytes, str]]:
    """Composes in the project's folder, in this process; gives the exit code and both outputs."""
    monkeypatch.chdir(project)

    def compose(
        content: bytes, *words: str, event: str = "refund", environment: dict[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        (project / "message.json").write_bytes(content)
        code = main(["compose", event, "--message", "message.json", "--events", "events", *words], environment or {})
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return compose


def test_prints_the_body_to_the_byte_and_a_line_break(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    assert composed(message(secret="mySecret")) == (0, GUIDE, "")


def test_reads_the_message_from_standard_input(project: Path, command: Callable[..., Any]) -> None:
    words = ("compose", "refund", "--message", "-", "--events", "events")
    shown = command(*words, cwd=project, stdin=message(secret="mySecret"))
    assert (shown.code, shown.out.encode(), shown.err) == (0, GUIDE, "")
    assert "standard input is not JSON" in command(*words, cwd=project, stdin=b"{").err


def test_the_terminals_encoding_changes_no_byte(project: Path, command: Callable[..., Any]) -> None:
    words = ("compose", "refund", "--message", "-", "--events", "events")
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    shown = command(*words, cwd=project, stdin=message(secret="mySecret"), environment=environment)
    assert shown.out.encode() == GUIDE


def test_the_secret_comes_from_the_environment(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    code, out, _ = composed(message(secret="other"), "--secret-env", "HOOK", environment={"HOOK": "mySecret"})
    assert (code, out) == (0, GUIDE)


def test_without_a_secret_the_hole_is_null(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    assert composed(message())[1].endswith(b',"secret":null}\n')


def test_a_variable_that_is_not_there_is_not_named(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    code, out, err = composed(message(), "--secret-env", CANARY)
    assert (code, out) == (2, b"")
    assert CANARY not in err
    assert "--secret-env" in err


def test_an_event_without_a_definition_has_its_default_body(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    content = b'{"data":{"status":"PAID","ledgeraccountid":111927}}'
    code, out, err = composed(content, "--explain", event="statuschange")
    assert (code, out) == (0, b'{"ledgeraccountid":"111927","status":"PAID"}\n')
    assert err == "statuschange has no definition: this is its default body.\n"


def test_explain_tells_what_was_sent_and_leaves_the_body_alone(
    composed: Callable[..., tuple[int, bytes, str]],
) -> None:
    code, out, err = composed(message(secret="mySecret"), "--explain")
    assert (code, out) == (0, GUIDE)
    lines = err.splitlines()
    assert lines[0] == "step 1, definitions/refund.xml:6"
    assert 'FROM "dat_refund" AS "r"' in lines[1]
    assert lines[2] == "  $1 = 7  ($data.data.refundid, int)"
    assert lines[3].startswith("  $secret = ***  (never sent")
    assert lines[4].startswith("  1 row in ")
    assert lines[4].endswith(" ms")


@pytest.mark.parametrize(
    ("content", "words", "event", "said"),
    [
        (message("x"), (), "refund", "argument 2 ($data.data.refundid, int) is not an int"),
        (message("9"), (), "refund", "refund"),
        (message(event="other"), (), "refund", "another event"),
        (b'{"data":{}}', (), "refnd", "'refnd' is in no catalogue"),
        (b'{"data":{"status":null}}', (), "statuschange", "argument status is null"),
    ],
)
def test_the_engines_errors_are_1_and_a_message(
    content: bytes, words: tuple[str, ...], event: str, said: str, composed: Callable[..., tuple[int, bytes, str]]
) -> None:
    code, out, err = composed(content, *words, event=event)
    assert (code, out) == (1, b"")
    assert said in err
    assert err.startswith("aptic-definitions compose: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"{", (), "message.json is not JSON: line 1, column 2"),
        (b"[]", (), "message.json is not a JSON object"),
        (message(), ("--definitions", "nowhere"), "nowhere is no folder of definitions"),
        (
            message(),
            ("--fixtures", "nowhere"),
            "There is no ledger: nowhere/ledger/schema.sql and nowhere/ledger/data.sql",
        ),
        (message(), ("--ledger", "sqlite:///x"), "SQLite turns decimals into floats"),
        (message(), ("--ledger-schema", "nowhere.sql"), "nowhere.sql cannot be read"),
        (message(), ("--time-zone", "Mars"), "time zone 'Mars' is unknown"),
        (message(), ("--message", "nowhere.json"), "nowhere.json cannot be read"),
    ],
)
def test_what_cannot_run_is_2_and_a_message(
    content: bytes, words: tuple[str, ...], said: str, composed: Callable[..., tuple[int, bytes, str]]
) -> None:
    code, out, err = composed(content, *words)
    assert (code, out) == (2, b"")
    assert said in err
    assert err.count("\n") == 1


def test_a_ledger_that_is_gone_is_1(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    code, out, err = composed(
        message(), "--ledger", "duckdb:///gone.duckdb", "--ledger-schema", "fixtures/ledger/schema.sql"
    )
    assert (code, out) == (1, b"")
    assert "gone.duckdb" in err


def test_a_faulty_definition_stops_only_its_own_event(
    project: Path, composed: Callable[..., tuple[int, bytes, str]]
) -> None:
    (project / "definitions" / "refund.xml").write_text("<faulty")
    code, out, err = composed(message())
    assert (code, out) == (1, b"")
    assert "definitions/refund.xml:1:" in err
    assert "[xml-syntax]" in err
    assert composed(b'{"data":{"status":"PAID","ledgeraccountid":"1"}}', event="statuschange")[0] == 0


def test_a_body_that_is_not_to_be_sent_is_told(project: Path, composed: Callable[..., tuple[int, bytes, str]]) -> None:
    path = project / "definitions" / "refund.xml"
    body = '</steps><body>{% skip "nothing to send" %}</body>'
    text = path.read_text(encoding="utf-8").replace("</steps>", body)
    path.write_text(text, encoding="utf-8")
    code, out, err = composed(message())
    assert (code, out) == (0, b"")
    assert "Nothing is sent: nothing to send" in err


def test_a_secret_is_no_option(composed: Callable[..., tuple[int, bytes, str]]) -> None:
    with pytest.raises(SystemExit) as ended:
        composed(message(), "--secret", "x")
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (message(secret=CANARY), ("", "")),
        (message("x", secret=CANARY), ("", "")),
        (message("9", secret=CANARY), ("", "")),
        (message(secret=CANARY) + b"}", ("", "")),
        (message(secret=[CANARY]), ("", "")),
        (message(secret=CANARY), ("r.amount", "1/(r.amount - 12.50) as amount")),
        (message(secret=CANARY), ("? as [secret]", "concat(?, 'x') as [secret]")),
        (message(secret=CANARY), ("</steps>", '</steps><body>{"a": {{ secret }}{{ secret }}}</body>')),
    ],
)
def test_the_secret_is_nowhere_but_in_the_body(
    content: bytes, change: tuple[str, str], project: Path, composed: Callable[..., tuple[int, bytes, str]]
) -> None:
    path = project / "definitions" / "refund.xml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    code, out, err = composed(content, "--explain", "--debug")
    assert CANARY not in err
    assert (CANARY.encode() in out) is (code == 0)
    again = composed(content, "--explain", "--debug", "--secret-env", "HOOK", environment={"HOOK": CANARY})
    assert CANARY not in again[2]
    cached = [path for path in (project / ".cache").rglob("*") if path.is_file()]
    assert all(CANARY.encode() not in path.read_bytes() for path in cached)


def test_a_body_that_is_approximate_is_said_to_be(
    project: Path, composed: Callable[..., tuple[int, bytes, str]]
) -> None:
    path = project / "definitions" / "refund.xml"
    asked = "select r.refundid, r.amount, (select max(p.payee) from dat_refund p) as payee, ? as [secret]"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace("select r.refundid, r.amount, r.payee, ? as [secret]", asked), encoding="utf-8")
    code, out, err = composed(message(secret="mySecret"))
    assert (code, out) == (1, b"")
    assert "not ordered alike" in err
    code, out, err = composed(message(secret="mySecret"), "--approximate")
    assert (code, out) == (0, GUIDE.replace("Åsa".encode(), b"Bo"))
    said = "refund is approximate (MAX of strings): on SQL Server the body may differ."
    assert err == f"aptic-definitions compose: warning: {said}\n"
