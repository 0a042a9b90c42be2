import gc
import logging
import os
from pathlib import Path

import pytest

from engine import loading
from engine.catalogue import Catalogue
from engine.files import find_files
from engine.loading import load_files
from engine.model import Dialect, LoadedFile, ParsedFile
from engine.sql.ddl import read_schema
from engine.sql.target import Target

DEFINITION = (
    "<aptic_service_definition><category>webhook</category><name>statuschange</name>"
    "<steps><query>select 1 as a</query></steps></aptic_service_definition>"
)


def loaded(folder: Path) -> tuple[LoadedFile, ...]:
    target = Target(Dialect.SQL_SERVER, None, (), None, 1000)
    return load_files(find_files([folder]), Catalogue.load(), target)


def test_files_of_subfolders_are_found_in_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.xml", "a/z.XML", "a/.c.xml", ".git/d.xml", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in find_files([tmp_path])] == ["a/z.XML", "b.xml"]


@pytest.mark.parametrize(
    ("link", "leads_to"), [("loop", "."), ("inner/up", ".."), ("inner/self", "."), ("inner/out", "../..")]
)
def test_a_link_that_leads_round_adds_nothing(tmp_path: Path, link: str, leads_to: str) -> None:
    folder = tmp_path / "definitions"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "statuschange.xml").write_text(DEFINITION)
    (folder / link).symlink_to(leads_to)
    assert find_files([folder]) == [folder / "inner" / "statuschange.xml"]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "statuschange.xml").write_text(DEFINITION)
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "mounted").symlink_to("../elsewhere")
    (file,) = loaded(tmp_path / "definitions")
    assert file.diagnostics == ()


def test_a_pipe_is_a_finding_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "statuschange.xml")
    (file,) = loaded(tmp_path)
    (found,) = file.diagnostics
    assert (found.rule, found.line, found.column) == ("xml-syntax", 1, 1)
    assert "pipe" in found.message


@pytest.mark.parametrize("target", ["nowhere.xml", "statuschange.xml"])
def test_a_link_that_leads_nowhere_is_a_finding(tmp_path: Path, target: str) -> None:
    (tmp_path / "statuschange.xml").symlink_to(target)
    (file,) = loaded(tmp_path)
    assert [found.rule for found in file.diagnostics] == ["xml-syntax"]
    assert file.compiled is None


def test_a_value_that_never_becomes_the_argument_is_found_at_load(tmp_path: Path) -> None:
    steps = (
        '<query name="account">select uniqueid, createdat from dat_ledgeraccount where ledgeraccountid = 1</query>'
        "<query>select ? as a, ? as b"
        '<argument source="$steps.account.uniqueid" type="int"/>'
        '<argument source="$steps.account.UniqueId" type="guid"/></query>'
    )
    text = DEFINITION.replace("<query>select 1 as a</query>", steps)
    (tmp_path / "statuschange.xml").write_text(text)
    schema = read_schema(
        "create table dat_ledgeraccount (ledgeraccountid int, uniqueid uniqueidentifier, createdat date)"
    )
    target = Target(Dialect.DUCKDB, schema.schema, (), None, 1000)
    (file,) = load_files(find_files([tmp_path]), Catalogue.load(), target)
    (found,) = [found for found in file.diagnostics if found.rule == "argument-source"]
    assert file.compiled is None
    assert "uniqueidentifier, which can never be a value of type int" in found.message
    assert text.splitlines()[found.line - 1][found.column - 1 :].startswith("$steps.account.uniqueid")


@pytest.mark.parametrize("stage", ["_read", "_checked"])
@pytest.mark.parametrize("error", [ValueError("tells 4711"), MemoryError(), RecursionError(), AssertionError()])
def test_an_error_of_the_programs_own_is_a_finding_on_that_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, stage: str, error: Exception
) -> None:
    """The error is planted: no file is known that brings one about."""
    real = getattr(loading, stage)

    def failing(path: Path, *others: object) -> ParsedFile | LoadedFile:
        if path.name == "statuschange.xml":
            raise error
        return real(path, *others)  # type: ignore[no-any-return]

    monkeypatch.setattr(loading, stage, failing)
    for name in ("ledgerpayment", "statuschange", "refundmade"):
        (tmp_path / f"{name}.xml").write_text(DEFINITION.replace("statuschange", name))
    caplog.set_level(logging.DEBUG)
    before, after, broken = loaded(tmp_path)
    assert before.compiled is not None
    assert after.compiled is not None
    assert broken.compiled is None
    (found,) = broken.diagnostics
    assert (found.rule, found.line, found.column, found.file) == ("internal-error", 1, 1, str(broken.path))
    assert f"({type(error).__name__} at engine/loading.py:" in found.message
    assert "4711" not in found.message
    assert found.hint is not None
    assert "Report this line with the file" in found.hint
    assert (broken.definition is not None) is (stage == "_checked")
    assert any("tells 4711" in str(record.exc_info) for record in caplog.records) is (type(error) is ValueError)


def test_what_was_found_before_the_error_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is planted, as above."""
    monkeypatch.setattr(loading, "check", lambda *_: 1 // 0)
    text = DEFINITION.encode().replace(b"select 1 as a", "select 'å' as a".encode())
    (tmp_path / "statuschange.xml").write_bytes(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text)
    (file,) = loaded(tmp_path)
    assert [found.rule for found in file.diagnostics] == ["internal-error", "encoding-mismatch"]


def test_an_error_where_comments_are_heard_is_a_finding_on_that_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is planted, as above."""
    monkeypatch.setattr(loading, "judge", lambda *_, **__: 1 // 0)
    comment = "<!-- aptic: ignore file-name because it is so -->"
    (tmp_path / "statuschange.xml").write_text(comment + DEFINITION)
    (tmp_path / "refundmade.xml").write_text(DEFINITION.replace("statuschange", "refundmade"))
    other, broken = loaded(tmp_path)
    assert ([found.rule for found in broken.diagnostics], broken.compiled) == (["internal-error"], None)
    assert other.compiled is not None


@pytest.mark.parametrize("is_running", [True, False])
def test_the_garbage_collector_is_as_it_was_after_a_load(
    is_running: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xml").write_text("<a/>")
    monkeypatch.setattr(loading, "_checked_safely", lambda *_given: 1 / 0 if not gc.isenabled() else None)
    if not is_running:
        gc.disable()
    try:
        with pytest.raises(ZeroDivisionError):
            load_files([tmp_path / "a.xml"], Catalogue.load(), Target(Dialect.SQL_SERVER, None))
        assert gc.isenabled() is is_running
    finally:
        gc.enable()
