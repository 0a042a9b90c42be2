"""`aptic-definitions new`, as a process of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def beginning(project: Path) -> Path:
    """The project before its first definition and case."""
    (project / "definitions/refund.xml").unlink()
    for file in ("event.json", "body.json"):
        (project / "fixtures/refund/plain" / file).unlink()
    (project / "fixtures/refund/plain").rmdir()
    return project


def test_what_is_written_validates_and_composes(command: Callable[..., Any], beginning: Path) -> None:
    written = command("new", "refund", "--events", "events", "--case", "first", cwd=beginning)
    assert (written.code, written.err) == (0, "")
    assert written.out == "wrote fixtures/refund/first/event.json\nwrote definitions/refund.xml\n"
    schema = ("--ledger-schema", "fixtures/ledger/schema.sql", "--warnings-as-errors")
    for dialect in ("sqlserver", "duckdb", "postgresql"):
        words = ("validate", "--events", "events", *schema, "--dialect", dialect)
        assert command(*words, cwd=beginning).out == "1 definition is valid\n"
    message = json.loads((beginning / "fixtures/refund/first/event.json").read_text())
    assert message == {"event": "refund", "data": {"refundid": "7"}, "secret": "mySecret"}
    assert command("test", "--events", "events", "--update", cwd=beginning).code == 0
    body = (beginning / "fixtures/refund/first/body.json").read_text("utf-8")
    assert body == '{"refundid":7,"amount":12.50,"payee":"Åsa","secret":"mySecret"}'


def test_nothing_is_written_over(command: Callable[..., Any], project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    shown = command("new", "refund", "--events", "events", "--case", "another", cwd=project)
    assert (shown.code, "refund has a definition already: definitions/refund.xml" in shown.err) == (2, True)
    (project / "definitions/refund.xml").rename(project / "definitions/called-otherwise.xml")
    shown = command("new", "refund", "--events", "events", cwd=project)
    assert (shown.code, "already: definitions/called-otherwise.xml" in shown.err) == (2, True)
    (project / "definitions/called-otherwise.xml").rename(project / "definitions/refund.xml")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_a_case_is_not_written_over_either(command: Callable[..., Any], project: Path) -> None:
    (project / "definitions/refund.xml").unlink()
    shown = command("new", "refund", "--events", "events", "--case", "plain", cwd=project)
    assert (shown.code, "event.json is there already" in shown.err) == (2, True)
    assert not (project / "definitions/refund.xml").exists()


@pytest.mark.parametrize("name", ["../x", "", ".", "..", "a/b", ".hidden"])
def test_a_case_is_one_folder(command: Callable[..., Any], beginning: Path, name: str) -> None:
    shown = command("new", "refund", "--events", "events", f"--case={name}", cwd=beginning)
    assert (shown.code, "cannot be the name of a case" in shown.err) == (2, True)
    assert not (beginning / "definitions/refund.xml").exists()


def test_an_unknown_event_is_guessed_at(command: Callable[..., Any], beginning: Path) -> None:
    shown = command("new", "statuschnage", cwd=beginning)
    assert (shown.code, "did you mean statuschange?" in shown.err) == (2, True)
    assert command("new", "../x", cwd=beginning).code == 2
