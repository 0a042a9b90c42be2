"""Loading by another process. That a composer behaves the same by either way, the tests of `Composer` show."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from engine import apart
from engine.apart import load_apart
from engine.catalogue import Catalogue
from engine.errors import ConfigurationError, DefinitionUnavailableError
from engine.files import find_files
from engine.model import Dialect, LoadedFile
from engine.serving import load
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
TARGET = Target(Dialect.POSTGRESQL, None, (), "Europe/Stockholm", 1000)


def loaded(
    by: Callable[..., tuple[LoadedFile, ...]], folder: str = "definitions", schema: Path = SCHEMA
) -> tuple[LoadedFile, ...]:
    return by(find_files([ROOT / folder]), Catalogue.load(), TARGET, schema)


def without_template(file: LoadedFile) -> LoadedFile:
    """Templates are functions, and compare by identity."""
    if file.compiled is None:
        return file
    return structs.replace(file, compiled=structs.replace(file.compiled, template=None))


@pytest.mark.parametrize("folder", ["definitions", "fixtures/invalid"])
def test_what_comes_back_is_the_same_whatever_the_files_are(folder: str) -> None:
    here, there = loaded(load, folder), loaded(load_apart, folder)
    assert [without_template(file) for file in there] == [without_template(file) for file in here]
    templated = [file.path.stem for file in there if file.compiled and file.compiled.template]
    assert templated == (["servicechange"] if folder == "definitions" else [])


def test_the_parsers_are_not_in_this_process_whatever_the_ledger() -> None:
    code = (
        "import sys, engine.execution.duckdb.driver, engine.execution.sqlserver.schema\n"
        "from engine.apart import ApartComposer\n"
        f"made = ApartComposer.load('definitions', ledger='postgresql+psycopg://h/d', ledger_schema={str(SCHEMA)!r})\n"
        "assert len(made.status().definitions) == 10\n"
        "print([name for name in ('sqlglot', 'lxml', 'xmlschema') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_it_imports_what_this_process_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what happens to lie in the folder that it is started in."""
    (tmp_path / "engine.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert loaded(load_apart)


def test_a_fault_of_the_schema_is_raised_with_its_place(tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("create table a (b int);\ncreate table b (c nosuchtype(;\n")
    with pytest.raises(ConfigurationError) as here:
        loaded(load, schema=schema)
    with pytest.raises(ConfigurationError) as there:
        loaded(load_apart, schema=schema)
    assert vars(there.value) == vars(here.value)
    assert there.value.line == 2


def test_what_it_warns_of_is_logged_here(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("CREATE TABLE t (a int)\nGO\nCREATE VIEW dbo.v AS SELECT FROM\nGO")
    loaded(load, schema=schema)
    here = caplog.messages
    caplog.clear()
    loaded(load_apart, schema=schema)
    assert caplog.messages == here != []


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (None, "no process can be started .*No such file"),
        ("kill -9 $$", "ended with signal 9"),
        ("echo 'a traceback' >&2; exit 3", "ended with code 3"),
    ],
)
def test_one_that_dies_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    program: str | None,
    words: str,
) -> None:
    """In Python's place is a program that dies."""
    dying = tmp_path / "python"
    if program is not None:
        dying.write_text(f"#!/bin/sh\n{program}\n")
        dying.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(DefinitionUnavailableError, match=words) as raised:
        loaded(load_apart)
    assert raised.value.retryable
    said = ["the process that loads the definitions said: a traceback"] if "code" in words else []
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == said


def test_another_version_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_code", lambda: "of another version")
    with pytest.raises(DefinitionUnavailableError, match="restart"):
        loaded(load_apart)
