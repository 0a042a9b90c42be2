"""The language server as an editor meets it: a process of its own, over its standard streams."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Dialect, Severity
from engine.script import read_schema_file
from engine.sql.target import Target

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
SOUND = ROOT / "definitions" / "ledgerpayment.xml"
URI = SOUND.as_uri()
TEXT = SOUND.read_text(encoding="latin-1")
UNKNOWN = TEXT.replace("la.uniqueid as", "la.uniquid as")
_FILES = sorted((ROOT / "fixtures" / "invalid").glob("*/*.xml"))
_TOP = ROOT / "fixtures" / "invalid" / "unordered-top" / "servicechange.xml"
Start = Callable[..., Any]


def rules(findings: list[dict[str, Any]]) -> list[str]:
    return [found["code"] for found in findings]


def test_findings_are_those_of_the_validator(editor: Start) -> None:
    target = Target(Dialect.SQL_SERVER, read_schema_file(SCHEMA))
    server = editor("--ledger-schema", SCHEMA)
    server.start(general={"positionEncodings": ["utf-32"]})
    compared = 0
    catalogue = Catalogue.load()
    for path in _FILES:
        (file,) = load_files([path], catalogue, target)
        try:
            text = file.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue  # an editor's text has no bytes
        wanted = file.diagnostics
        server.open(file.path.as_uri(), text)
        found = server.findings(file.path.as_uri())
        if "encoding-mismatch" in {each.rule for each in wanted}:
            continue  # the editor will store it as it declares
        compared += 1
        assert [
            (
                each["code"],
                each["range"]["start"]["line"] + 1,
                each["range"]["start"]["character"] + 1,
                each["range"]["end"]["line"] + 1,
                each["range"]["end"]["character"] + 1,
                each["severity"] == 1,
                each["message"].partition("\n")[0],
            )
            for each in found
        ] == [
            (
                each.rule,
                each.line,
                each.column,
                each.end_line,
                each.end_column,
                each.severity is Severity.ERROR,
                each.message.partition("\n")[0],
            )
            for each in wanted
        ], file.path
    assert compared > 60
    text = _TOP.read_text().replace("<query", "<!-- aptic: ignore unordered-top because any will do --><query")
    server.open(_TOP.as_uri(), text, 2)
    assert server.findings(_TOP.as_uri(), 2) == []  # what its author ignores stays out of sight
    assert server.end() == 0
    assert server.complaints() == ""


def test_a_finding_has_hint_rule_address_and_related_places(editor: Start) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start()
    server.open(URI, UNKNOWN)
    (found,) = server.findings(URI)
    assert (found["code"], found["source"], found["severity"]) == ("unknown-column", "aptic", 1)
    assert "uniqueid" in found["message"]
    path, _, line = found["codeDescription"]["href"].removeprefix("file://").partition("#L")
    assert Path(path).read_text("utf-8").splitlines()[int(line) - 1] == "[unknown-column]"
    server.change(URI, TEXT.replace('      <argument source="$secret" type="string"/>\n', ""), 2)
    (found,) = server.findings(URI, 2)
    assert found["code"] == "argument-count"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_are_in_the_units_that_were_agreed_on(editor: Start, encoding: str) -> None:
    text = TEXT.replace("ISO-8859-1", "UTF-8").replace("select\n", "select N'å😀' as smile, nosuch as x, \n")
    server = editor("--ledger-schema", SCHEMA)
    result = server.start(general={"positionEncodings": [encoding]})
    assert result["capabilities"]["positionEncoding"] == encoding
    server.open(URI, text)
    found = next(each for each in server.findings(URI) if each["code"] == "unknown-column")
    line = text.splitlines()[found["range"]["start"]["line"]]
    units = {"utf-8": lambda t: len(t.encode()), "utf-16": lambda t: len(t.encode("utf-16-le")) // 2, "utf-32": len}
    assert found["range"]["start"]["character"] == units[encoding](line[: line.index("nosuch")])
    assert found["range"]["end"]["character"] == units[encoding](line[: line.index("nosuch") + len("nosuch")])


def test_only_the_newest_text_counts(editor: Start) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start()
    server.open(URI, TEXT)
    assert server.findings(URI, 1) == []
    for version in range(2, 42):
        server.change(URI, UNKNOWN if version % 2 else TEXT[: 400 + version], version)
    server.change(URI, UNKNOWN, 42)
    told = []
    while not told or told[-1]["version"] != 42:
        message = server.next(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        told.append(message["params"])
    assert rules(told[-1]["diagnostics"]) == ["unknown-column"]
    assert len(told) < 20  # of 41 texts, those that were overtaken were not told
    assert [each["version"] for each in told] == sorted(each["version"] for each in told)


def test_a_closed_document_has_no_findings(editor: Start) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start()
    server.open(URI, UNKNOWN)
    assert rules(server.findings(URI)) == ["unknown-column"]
    server.change(URI, UNKNOWN, 2)
    server.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert server.findings(URI) == []
    server.open(URI, UNKNOWN, 7)
    assert rules(server.findings(URI, 7)) == ["unknown-column"]


@pytest.mark.parametrize("how", ["start", "pulled", "pushed"])
def test_an_editor_gives_the_schema(editor: Start, how: str) -> None:
    settings = {"ledgerSchema": "fixtures/ledger/schema.sql", "dialect": "postgresql", "timeZone": ""}
    server = editor()
    if how == "pulled":
        server.asked = settings
    server.start(
        options=settings if how == "start" else None, workspace={"configuration": True} if how == "pulled" else {}
    )
    if how == "pushed":
        server.notify("workspace/didChangeConfiguration", {"settings": {"aptic": settings}})
    server.open(URI, UNKNOWN)
    while rules(server.findings(URI)) != ["unknown-column"]:
        pass  # it was checked before the answer came


def test_a_changed_schema_file_is_read_again(editor: Start, tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("create table dat_other (id int)", "utf-8")
    server = editor("--ledger-schema", schema)
    server.start()
    server.open(URI, TEXT)
    assert "unknown-table" in rules(server.findings(URI))
    schema.write_bytes(SCHEMA.read_bytes())
    server.notify("textDocument/didSave", {"textDocument": {"uri": schema.as_uri()}})
    assert server.findings(URI) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ledgerSchema": "nowhere.sql"}, "nowhere.sql"),
        ({"ledgerShema": "x"}, "ledgerShema"),
        ({"dialect": "oracle"}, "oracle"),
        ({"timeZone": "Mars/Base"}, "Mars/Base"),
        ({"ledger": "postgresql+psycopg://me:geheim@127.0.0.1:1/none"}, "cannot be read"),
    ],
)
def test_wrong_settings_are_told_and_checks_go_on(editor: Start, settings: object, said: str) -> None:
    server = editor()
    server.start(options=settings)
    shown = server.next(lambda message: message.get("method") == "window/showMessage")["params"]["message"]
    assert said in shown
    assert "geheim" not in shown
    server.open(URI, TEXT.replace("</steps>", "</step>"))
    assert rules(server.findings(URI)) == ["xml-syntax"]
    assert server.end() == 0
    assert server.complaints() == ""


def test_what_it_cannot_read_stops_nothing(editor: Start) -> None:
    server = editor()
    server.raw(b'Content-Length: 3\r\n\r\n{"a')
    assert server.answer_to(None)["error"]["code"] == -32700
    early = server.ask("textDocument/hover", {})
    assert server.answer_to(early)["error"]["code"] == -32002
    server.start()
    again = server.ask("initialize", {"capabilities": {}, "processId": None, "rootUri": None})
    assert server.answer_to(again)["error"]["code"] == -32600
    for body in (
        b"",
        b"[]",
        b"nul",
        b"\xff\xfe",
        b'"x"',
        b"[" * 100_000,
        b'{"id":1}',
        b'{"jsonrpc":"2.0","id":' + b"9" * 5000,
    ):
        server.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert server.answer_to(None)["error"]["code"] == -32700
    server.raw(b"Nonsense: 1\r\n\r\n")
    assert server.answer_to(None)["error"]["code"] == -32700
    unknown = server.ask("textDocument/nonsense", {"a": 1})
    assert server.answer_to(unknown)["error"]["code"] == -32601
    wrong = server.ask("textDocument/hover", {"textDocument": 7})
    assert server.answer_to(wrong)["error"]["code"] in {-32602, -32601}
    server.notify("textDocument/nonsense", {})
    server.notify("textDocument/didOpen", {"textDocument": []})
    server.notify("textDocument/didChange", {"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []})
    server.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never-opened"}})
    server.notify("$/cancelRequest", {"id": 4711})
    server.raw(b"content-length:  2 \r\nContent-Type: x\r\n\r\n{}")  # case and blanks do not matter
    assert server.answer_to(None)["error"]["code"] == -32700
    server.open(URI, TEXT)
    assert server.findings(URI) == []
    assert server.end() == 0
    assert server.complaints() == ""


def test_a_message_that_is_far_too_long_is_passed_over(editor: Start) -> None:
    server = editor()
    server.start()
    length = 65 * 1024 * 1024
    server.raw(b"Content-Length: %d\r\n\r\n" % length)
    for _ in range(65):
        server.raw(b"x" * 1024 * 1024)
    assert server.answer_to(None)["error"]["code"] == -32700
    server.open(URI, TEXT)
    assert server.findings(URI) == []


def test_a_huge_document_is_refused_by_the_validator(editor: Start) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start()
    server.open(URI, TEXT.replace("<steps>", "<!--" + "å" * 2_000_000 + "--><steps>"))
    assert rules(server.findings(URI)) == ["xml-syntax"]
    server.change(URI, TEXT, 2)
    assert server.findings(URI, 2) == []


def test_a_request_that_is_cancelled_is_answered_once(editor: Start) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start()
    server.open(URI, TEXT)
    asked = server.ask("textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": 9, "character": 9}})
    server.notify("$/cancelRequest", {"id": asked})
    answer = server.answer_to(asked)
    assert "result" in answer or answer["error"]["code"] in {-32800, -32601}
    assert server.end() == 0


def test_after_shutdown_nothing_is_answered_but_exit_is_heard(editor: Start) -> None:
    server = editor()
    server.start()
    server.call("shutdown")
    late = server.ask("textDocument/hover", {})
    assert server.answer_to(late)["error"]["code"] == -32600
    server.notify("exit")
    assert server.wait() == 0


def test_exit_without_shutdown_is_a_failure(editor: Start) -> None:
    server = editor()
    server.start()
    server.notify("exit")
    assert server.wait() == 1


def test_it_ends_when_the_stream_does(editor: Start) -> None:
    server = editor(anew=True)
    server.start()
    server.process.stdin.close()
    assert server.wait() == 1
    assert server.complaints() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_it(editor: Start) -> None:
    server = editor(anew=True)
    server.start()
    server.open(URI, TEXT)
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 130
    assert server.complaints() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_ends_when_its_editor_dies_and_the_stream_does_not(editor: Start) -> None:
    server = editor()
    dying = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    server.call("initialize", {"processId": dying.pid, "rootUri": None, "capabilities": {}})
    assert server.process.poll() is None
    dying.kill()
    dying.communicate()
    assert server.wait() == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_editor_that_it_cannot_see_is_not_dead(editor: Start) -> None:
    """Its process may be in another container."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    server = editor()
    server.call("initialize", {"processId": gone.pid, "rootUri": None, "capabilities": {}})
    server.notify("initialized", {})
    server.open(URI, TEXT.replace("</steps>", ""))
    assert rules(server.findings(URI)) == ["xml-syntax"]
    assert server.end() == 0


def test_an_untitled_document_is_checked_too(editor: Start) -> None:
    server = editor()
    server.start()
    server.open("untitled:Untitled-1", "<a>\ud83d")
    assert rules(server.findings("untitled:Untitled-1")) == ["xml-syntax"]
