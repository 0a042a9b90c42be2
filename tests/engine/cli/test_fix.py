"""`validate --fix`: what it writes, what it shows, and what it leaves alone."""

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import validate

SCHEMA = ("--ledger-schema", "fixtures/ledger/schema.sql")


@pytest.fixture
def fixed(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `validate-definitions --fix` in the project's folder, in this process."""
    monkeypatch.chdir(project)
    return lambda *words: validate(["--events", "events", "--fix", *map(str, words)], {})


def spoiled(project: Path, *changes: tuple[str, str]) -> tuple[Path, bytes]:
    """A file with faults, and its bytes without."""
    path = project / "definitions" / "refund.xml"
    right = path.read_bytes()
    text = right
    for old, new in changes:
        assert old.encode() in text
        text = text.replace(old.encode(), new.encode())
    path.write_bytes(text)
    return path, right


COLUMN = ("r.payee", "r.payeee")
TYPE = ('type="int"', 'type="integer"')


def test_what_is_certain_is_written_and_shown(
    project: Path, fixed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    path, right = spoiled(project, COLUMN, TYPE)
    path.chmod(0o640)
    assert fixed(*SCHEMA) == 0
    shown = capsys.readouterr()
    assert path.read_bytes() == right
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["refund.xml"]
    lines = shown.out.splitlines()
    assert lines[:2] == ["--- definitions/refund.xml", "+++ definitions/refund.xml"]
    assert "-      select r.refundid, r.amount, r.payeee, ? as [secret]" in lines
    assert "+      select r.refundid, r.amount, r.payee, ? as [secret]" in lines
    assert lines[-2:] == ["fixed 2 findings in 1 file: 1 schema, 1 unknown-column", "1 definition is valid"]
    assert shown.err == ""


def test_what_is_not_certain_is_left_and_reported(
    project: Path, fixed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    path, right = spoiled(project, COLUMN, ("r.amount", "r.price"))
    assert fixed(*SCHEMA) == 1
    assert path.read_bytes() == right.replace(b"r.amount", b"r.price")
    assert "no column `price`" in capsys.readouterr().out


def test_without_a_fault_nothing_is_touched(project: Path, fixed: Callable[..., int]) -> None:
    path = project / "definitions" / "refund.xml"
    before = path.stat()
    assert fixed(*SCHEMA) == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_what_is_not_reported_is_not_mended(project: Path, fixed: Callable[..., int]) -> None:
    path, _ = spoiled(project, COLUMN, TYPE)
    assert fixed(*SCHEMA, "--ignore", "unknown-column") == 0
    assert b"payeee" in path.read_bytes()
    assert b"integer" not in path.read_bytes()


@pytest.mark.parametrize("name", ["json", "sarif", "junit", "github", "gitlab"])
def test_reports_for_programs_stay_so(
    project: Path, fixed: Callable[..., int], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    spoiled(project, COLUMN, ("r.amount", "r.price"))
    assert fixed(*SCHEMA, "--format", name) == 1
    shown = capsys.readouterr()
    assert "payeee" not in shown.out
    assert "+++" not in shown.out
    if name in {"json", "sarif", "gitlab"}:
        json.loads(shown.out)
    assert "+      select r.refundid, r.price, r.payee, ? as [secret]" in shown.err
    assert "fixed 1 finding in 1 file: 1 unknown-column" in shown.err


def test_a_link_stays_one_and_its_file_is_mended(project: Path, fixed: Callable[..., int]) -> None:
    path, right = spoiled(project, COLUMN)
    elsewhere = project / "elsewhere.txt"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert fixed(*SCHEMA) == 0
    assert path.is_symlink()
    assert elsewhere.read_bytes() == right


@pytest.mark.parametrize("kind", ["read-only", "hard link"])
def test_what_may_not_be_written_is_told_and_left(
    project: Path, fixed: Callable[..., int], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path, _ = spoiled(project, COLUMN)
    before = path.read_bytes()
    if kind == "read-only":
        path.chmod(0o444)
    else:
        (project / "other").hardlink_to(path)
    assert fixed(*SCHEMA) == 1
    shown = capsys.readouterr()
    assert path.read_bytes() == before
    assert f"definitions/refund.xml is not mended: it {'is' if kind == 'read-only' else 'has'}" in shown.err
    assert "[unknown-column]" in shown.out
    assert "fixed" not in shown.out


def test_a_file_that_changes_meanwhile_is_left(
    project: Path, fixed: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = spoiled(project, COLUMN)
    sync = os.fsync

    def changed(number: int) -> None:
        """Another program writes the file just before it is replaced."""
        path.write_bytes(path.read_bytes() + b"<!-- mine -->")
        sync(number)

    monkeypatch.setattr(os, "fsync", changed)
    assert fixed(*SCHEMA) == 1
    assert "it was changed by another program meanwhile" in capsys.readouterr().err
    assert path.read_bytes().endswith(b"<!-- mine -->")
    assert [entry.name for entry in path.parent.iterdir()] == ["refund.xml"]


def test_a_full_disk_leaves_the_file(
    project: Path, fixed: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = spoiled(project, COLUMN)
    before = path.read_bytes()

    def full(_: int) -> None:
        """No room is left."""
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert fixed(*SCHEMA) == 1
    assert "it cannot be written: No space left on device" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["refund.xml"]


def test_what_mends_one_fault_may_bring_out_another_that_is_mended_too(
    project: Path, fixed: Callable[..., int]
) -> None:
    path, right = spoiled(project, COLUMN, ("select r.", "selec r."), ("from dat_refund r", "from dat_refnud r"))
    assert fixed(*SCHEMA) == 0
    assert path.read_bytes() == right


def test_a_difference_steers_no_terminal(
    project: Path, fixed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled(project, COLUMN, ("      from", "      /* \u009b\u202e */\n      from"))
    fixed(*SCHEMA)
    out = capsys.readouterr().out
    assert not re.search("[\x9b\u202e]", out)
    assert "\\x9b\\u202e" in out


def test_it_runs_as_a_command(project: Path, command: Callable[..., Any]) -> None:
    spoiled(project, TYPE)
    shown = command("--events", "events", "--fix", entry="validate", cwd=project)
    assert (shown.code, shown.err) == (0, "")
    assert "fixed 1 finding in 1 file: 1 schema" in shown.out
