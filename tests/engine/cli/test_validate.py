import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.cli.formats import FORMATS
from engine.cli.main import validate


def faulty(project: Path, old: str, new: str) -> Path:
    path = project / "definitions" / "refund.xml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.fixture
def checked(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Validates in the project's folder, in this process."""
    monkeypatch.chdir(project)
    (project / "faulty.sql").write_text("\ncreate table a (b int,")
    return lambda *words: validate(["--events", "events", *map(str, words)], {})


def test_clean_definitions_give_0_and_a_count(project: Path, command: Callable[..., Any]) -> None:
    shown = command("--events", "events", entry="validate", cwd=project)
    assert (shown.code, shown.out, shown.err) == (0, "1 definition is valid\n", "")


def test_every_fault_is_shown_with_its_place(project: Path, command: Callable[..., Any]) -> None:
    faulty(project, "<name>refund</name>", "<name>refnd</name>")
    faulty(project, "where r.refundid = ?", "\twhere r.refundid = ? and ? = 1")
    shown = command("definitions", "--events", "events", entry="validate", cwd=project)
    assert shown.code == 1
    assert shown.err == ""
    assert "definitions/refund.xml:4:9: error: " in shown.out
    assert "[unknown-event]\n  <name>refnd</name>\n        ^\n" in shown.out
    assert "definitions/refund.xml:10:" in shown.out
    assert "[argument-count]\n      \twhere r.refundid = ? and ? = 1\n      \t                         ^\n" in shown.out
    assert "hint: " in shown.out
    assert shown.out.splitlines()[-1].endswith("errors in 1 of 1 file")


def test_warnings_alone_are_0_unless_they_count(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "definitions" / "refund.xml").rename(project / "definitions" / "other.xml")
    assert checked() == 0
    assert "warning: " in capsys.readouterr().out
    assert checked("--warnings-as-errors") == 1
    assert checked("--warnings-as-errors", "--ignore", "file-name") == 0


def test_ignored_rules_do_not_count(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(project, "<name>refund</name>", "<name>statuschange</name>")
    assert checked("--ignore", "file-name,unknown-argument") == 0
    assert "not shown in 1 of 1 file" in capsys.readouterr().out
    assert checked("--select", "file-name") == 0
    assert "1 warning, 1 finding not shown in 1 of 1 file" in capsys.readouterr().out


def test_selecting_one_rule_keeps_what_cannot_be_ignored(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(project, "from dat_refund r", "into stolen from dat_refund r")
    assert checked("--select", "file-name") == 1
    assert "[read-only]" in capsys.readouterr().out


@pytest.mark.parametrize("dialect", ["duckdb", "postgresql"])
def test_another_dialect_needs_a_schema(
    dialect: str, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked("--dialect", dialect) == 2
    shown = capsys.readouterr()
    assert f"--dialect {dialect} needs the ledger's schema" in shown.err
    assert shown.out == ""
    assert checked("--dialect", dialect, "--ledger-schema", "fixtures/ledger/schema.sql") == 0


def test_what_cannot_be_carried_is_found_with_a_schema(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(project, "where r.refundid = ?", "where r.refundid = ? order by r.payee")
    schema = ("--ledger-schema", "fixtures/ledger/schema.sql")
    assert checked(*schema) == 0
    assert capsys.readouterr().err == ""
    assert checked(*schema, "--dialect", "duckdb") == 1
    assert "[portability]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "dialect", [(), ("--dialect", "sqlserver"), ("--dialect", "postgresql"), ("--dialect", "duckdb")]
)
def test_names_are_checked_for_every_dialect(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str], dialect: tuple[str, ...]
) -> None:
    faulty(project, "where r.refundid = ?", "where r.refundidd = ?")
    assert checked("--ledger-schema", "fixtures/ledger/schema.sql", *dialect) == 1
    shown = capsys.readouterr()
    assert shown.out.count("[unknown-column]") == 1
    assert "Did you mean refundid?" in shown.out
    assert shown.err == ""


def test_the_schema_can_be_read_from_the_ledger(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.testing import embedded_ledger

    fixtures = project / "fixtures" / "ledger"
    path = embedded_ledger(fixtures / "schema.sql", fixtures / "data.sql", project / ".cache")
    assert checked("--ledger", f"duckdb:///{path}") == 0
    faulty(project, "dat_refund r", "dat_refunds r")
    assert checked("--ledger", f"duckdb:///{path}") == 1
    assert "[unknown-table]" in capsys.readouterr().out
    assert checked("--ledger", f"duckdb:///{path}", "--dialect", "sqlserver") in (0, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "nowhere does not exist"),
        (("fixtures/ledger",), "fixtures/ledger holds no definition"),
        (("--events", "nowhere"), "nowhere cannot be read"),
        (("--ledger-schema", "nowhere.sql"), "nowhere.sql cannot be read"),
        (("--ledger-schema", "definitions/refund.xml"), "definitions/refund.xml declares no table"),
        (("--ledger-schema", "faulty.sql"), "faulty.sql:2: the parenthesis"),
        (("--ledger", "duckdb:///nowhere.duckdb"), "The ledger's schema cannot be read"),
        (("--ledger", "sqlite:///x.db"), "SQLite"),
        (("--ledger", "::"), "URL"),
        (("--time-zone", "Mars/Olympus"), "Mars/Olympus"),
        (("--select", "shema"), "did you mean schema?"),
        (("--ignore", "secret-in-sql"), "secret-in-sql cannot be ignored"),
        (("--output", "nowhere/report.txt"), "nowhere/report.txt cannot be written"),
    ],
)
def test_what_cannot_run_is_2_and_one_line(
    words: tuple[str, ...], said: str, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(*words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_an_unreachable_ledger_is_2_and_shows_no_password(
    checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked("--ledger", "postgresql+psycopg://me:canary-77@127.0.0.1:1/none?connect_timeout=1") == 2
    shown = capsys.readouterr().err
    assert "The ledger's schema cannot be read" in shown
    assert "canary-77" not in shown


def test_files_named_twice_are_checked_once(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked("definitions", "definitions/refund.xml", project / "definitions") == 0
    assert capsys.readouterr().out == "1 definition is valid\n"


def test_the_report_can_go_to_a_file(
    project: Path, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(project, "<name>refund</name>", "<name>åäö</name>")
    assert checked("--output", "report.txt") == 1
    assert capsys.readouterr() == ("", "")
    assert "<name>åäö</name>" in (project / "report.txt").read_text(encoding="utf-8")


def test_text_of_a_file_cannot_steer_the_terminal(project: Path, command: Callable[..., Any]) -> None:
    faulty(project, "<name>refund</name>", "<name>\u202e\x9b31m</name>")
    shown = command("definitions", entry="validate", cwd=project)
    assert shown.code == 1
    assert not {"\u202e", "\x9b", "\x1b"} & set(shown.out)
    assert "\\u202e\\x9b31m" in shown.out


def test_a_terminal_of_another_encoding_gets_escapes(project: Path, command: Callable[..., Any]) -> None:
    faulty(project, "<name>refund</name>", "<name>東</name>")
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    shown = command("definitions", entry="validate", cwd=project, environment=environment, anew=True)
    assert shown.code == 1
    assert "  <name>\\u6771</name>\n        ^\n" in shown.out


def test_options_may_come_from_the_environment(project: Path, command: Callable[..., Any]) -> None:
    environment = {
        "APTIC_EVENTS": "events",
        "APTIC_DIALECT": "duckdb",
        "APTIC_LEDGER_SCHEMA": "fixtures/ledger/schema.sql",
    }
    assert command(entry="validate", cwd=project, environment=environment).code == 0
    assert command("validate", cwd=project, environment=environment | {"APTIC_LEDGER_SCHEMA": ""}).code == 2


@pytest.mark.parametrize(("environment", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals(environment: dict[str, str], colour: bool, project: Path) -> None:
    faulty(project, "<name>refund</name>", "<name>refnd</name>")
    ours, theirs = os.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APTIC_", "NO_COLOR"))}
    code = "import sys; from engine.cli.main import validate; sys.exit(validate())"
    finished = subprocess.run(
        [sys.executable, "-c", code, "definitions"],
        cwd=project,
        env=kept | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"} | environment,
        stdout=theirs,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how a terminal says that the other side is closed
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    assert finished.returncode == 1
    assert b"[unknown-event]" in shown
    assert (b"\x1b[1;31merror:\x1b[0m" in shown) is colour


def test_a_failure_of_the_program_at_one_file_is_1_and_names_the_file(
    project: Path, checked: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The failure is planted: no file is known that brings one about."""
    from engine import loading

    monkeypatch.setattr(loading, "compile_definition", lambda *_: {}["planted"])
    assert checked("definitions") == 1
    shown = capsys.readouterr()
    assert "definitions/refund.xml:1:1: error: The program failed at this file (KeyError at engine/" in shown.out
    assert "[internal-error]" in shown.out
    assert "planted" not in shown.out + shown.err
    assert checked("definitions", "--ignore", "internal-error") == 2
    capsys.readouterr()
    for name in FORMATS:
        assert checked("definitions", "--format", name) == 1
        assert "The program failed at this file (KeyError at engine/" in capsys.readouterr().out
