"""Loading by another process. That a composer behaves the same by either way, the tests of `Composer` show."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from forking import Forker
from msgspec import structs

from engine import Composer, DefinitionState, InvalidDefinitionError, apart
from engine.apart import ApartComposer, load_apart
from engine.catalogue import Catalogue
from engine.errors import ConfigurationError, DefinitionUnavailableError
from engine.files import find_files
from engine.model import Dialect, LoadedFile
from engine.serving import load
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
GUIDE = json.loads((ROOT / "fixtures/ledgerpayment/guide/event.json").read_bytes())
TARGET = Target(Dialect.POSTGRESQL, None, (), "Europe/Stockholm", 1000)


def loaded(
    by: Callable[..., tuple[LoadedFile, ...]], folder: str = "definitions", schema: Path = SCHEMA
) -> tuple[LoadedFile, ...]:
    return by(find_files([ROOT / folder]), Catalogue.load(), TARGET, schema)


def without_template(file: LoadedFile) -> LoadedFile:
    """Templates are functions, and compare by identity; contracts are derived in the child alone."""
    if file.compiled is None:
        return file
    return structs.replace(file, compiled=structs.replace(file.compiled, template=None, contract=None))


@pytest.mark.usefixtures("forked_loading")
@pytest.mark.parametrize("folder", ["definitions", "fixtures/invalid"])
def test_what_comes_back_is_the_same_whatever_the_files_are(folder: str) -> None:
    here, there = loaded(load, folder), loaded(load_apart, folder)
    assert [without_template(file) for file in there] == [without_template(file) for file in here]
    assert all(file.compiled.contract for file in there if file.compiled)
    assert not any(file.compiled.contract for file in here if file.compiled)
    templated = [file.path.stem for file in there if file.compiled and file.compiled.template]
    assert templated == (["servicechange"] if folder == "definitions" else [])


def test_the_parsers_are_not_in_this_process_whatever_the_ledger() -> None:
    code = (
        "import sys, engine.execution.duckdb.driver, engine.execution.sqlserver.schema\n"
        "from engine.apart import ApartComposer\n"
        f"made = ApartComposer.load('definitions', ledger='postgresql+psycopg://h/d', ledger_schema={str(SCHEMA)!r})\n"
        "assert len(made.status().definitions) == len(made.contracts()) == 10\n"
        "import webhooks.api.openapi\n"
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


@pytest.mark.usefixtures("forked_loading")
def test_a_fault_of_the_schema_is_raised_with_its_place(tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("create table a (b int);\ncreate table b (c nosuchtype(;\n")
    with pytest.raises(ConfigurationError) as here:
        loaded(load, schema=schema)
    with pytest.raises(ConfigurationError) as there:
        loaded(load_apart, schema=schema)
    assert vars(there.value) == vars(here.value)
    assert there.value.line == 2


@pytest.mark.usefixtures("forked_loading")
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


DYING = """
import os, signal
from importlib import import_module
from engine import apart
apart._MOST_SECONDS = 1
module = import_module({module!r})
real = module.{function}

def dying(*given, **named):
    if "deadly" in str(getattr(given[0], "file", given[-1])) and {condition}:
        {death}
    return real(*given, **named)

module.{function} = dying
"""


@pytest.fixture
def process_that_dies(forker: Forker, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A real process with the real code, but that it dies at files of a folder called `deadly`. It is forked."""

    def planted(
        death: str, *, function: str = "check", module: str = "engine.loading", condition: str = "True"
    ) -> None:
        program = DYING.format(function=function, module=module, death=death, condition=condition) + apart._PROGRAM
        monkeypatch.setattr(apart, "_run", lambda question: forker.run(question, program))

    return planted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "definitions"
    (made / "deadly").mkdir(parents=True)
    for name in ("ledgerpayment", "refundmade"):
        shutil.copy(ROOT / "definitions" / f"{name}.xml", made)
    shutil.copy(ROOT / "definitions/servicechange.xml", made / "deadly")
    return made


@pytest.mark.parametrize(
    ("function", "death", "how"),
    [
        ("check", "os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("parse", "os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("check", "os._exit(7)", "code 7"),
        ("parse", "os._exit(7)", "code 7"),
        ("check", "while True: pass", "signal 24"),  # for a second, two times
    ],
)
def test_where_it_dies_at_a_file_only_that_event_is_held(
    folder: Path,
    duckdb_ledger: str,
    process_that_dies: Callable[..., None],
    function: str,
    death: str,
    how: str,
) -> None:
    process_that_dies(death, function=function)
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA, on_invalid="hold") as composer:
        definitions = {found.event: found for found in composer.status().definitions}
        (found,) = composer.status().diagnostics
    held = definitions.pop("servicechange")
    assert held.state is DefinitionState.HELD
    assert f"the process that judged it ended with {how}" in str(held.reason)
    assert "[internal-error]" in str(held.reason)
    assert Path(found.file) == folder / "deadly/servicechange.xml"
    assert {event: each.state for event, each in definitions.items()} == dict.fromkeys(
        ("refundmade", "ledgerpayment"), DefinitionState.SERVING
    )


@pytest.mark.parametrize(
    ("death", "word"),
    [("os._exit(7)", "code 7"), ("while True: pass", "signal 24"), ("raise RecursionError", "RecursionError")],
)
def test_where_it_dies_at_a_contract_the_definition_serves_without_one(
    folder: Path, duckdb_ledger: str, process_that_dies: Callable[..., None], death: str, word: str, caplog: Any
) -> None:
    process_that_dies(death, function="derive", module="engine.contract.served")
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA) as composer:
        assert {found.state for found in composer.status().definitions} == {DefinitionState.SERVING}
        assert composer.contracts().keys() == {"ledgerpayment", "refundmade"}
    assert "servicechange.xml has no contract: " in caplog.text
    assert word in caplog.text


def test_a_contract_is_that_of_the_version_in_service(folder: Path, duckdb_ledger: str) -> None:
    file = folder / "ledgerpayment.xml"
    text = file.read_text("utf-8")
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA, on_invalid="hold") as composer:
        first = composer.contracts()
        file.write_text(text.replace("paidamount", "amountpaid"), "utf-8")
        assert composer.contracts() == first
        file.write_text(text.replace("select", "selekt"), "utf-8")
        composer.reload()
        assert composer.contracts() == first
        file.write_text(text.replace("paidamount", "amountpaid"), "utf-8")
        composer.reload()
        second = composer.contracts()
        body = composer.compose("ledgerpayment", GUIDE).fill(None)
    assert b'"amountpaid"' in body
    assert second.keys() == first.keys() == {"ledgerpayment", "refundmade", "servicechange"}
    assert b'"amountpaid"' not in first["ledgerpayment"]
    jsonschema_rs.validator_for(json.loads(second["ledgerpayment"])).validate(json.loads(body))
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validator_for(json.loads(first["ledgerpayment"])).validate(json.loads(body))


def test_a_file_of_another_name_that_it_dies_at_holds_the_event_that_it_defines(
    folder: Path, duckdb_ledger: str, process_that_dies: Callable[..., None]
) -> None:
    (folder / "deadly/servicechange.xml").rename(folder / "deadly/other.xml")
    process_that_dies("os._exit(7)")
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA, on_invalid="hold") as composer:
        states = {found.event: found.state for found in composer.status().definitions}
    assert states == {
        "refundmade": DefinitionState.SERVING,
        "ledgerpayment": DefinitionState.SERVING,
        "servicechange": DefinitionState.HELD,
    }


@pytest.mark.usefixtures("forked_loading")
def test_a_reload_at_which_it_dies_keeps_the_last_good_version(
    folder: Path, duckdb_ledger: str, process_that_dies: Callable[..., None]
) -> None:
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA) as composer:
        process_that_dies("os._exit(7)")
        composer.reload()
        states = {found.event: found.state for found in composer.status().definitions}
    assert states == {
        "refundmade": DefinitionState.SERVING,
        "ledgerpayment": DefinitionState.SERVING,
        "servicechange": DefinitionState.STALE,
    }


def test_a_strict_load_names_the_file_that_it_dies_at(
    folder: Path, duckdb_ledger: str, process_that_dies: Callable[..., None]
) -> None:
    process_that_dies("os._exit(7)")
    with pytest.raises(InvalidDefinitionError, match=r"1 of 3 definitions are faulty:\n.*servicechange.xml:1:1: "):
        ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA)


def test_to_die_once_is_no_finding(
    folder: Path, tmp_path: Path, duckdb_ledger: str, process_that_dies: Callable[..., None]
) -> None:
    """Somebody else may have killed it."""
    once = tmp_path / "died"
    process_that_dies(
        f"open({str(once)!r}, 'w').close(); os.kill(os.getpid(), signal.SIGKILL)",
        condition=f"not os.path.exists({str(once)!r})",
    )
    with ApartComposer.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA) as composer:
        assert len(composer.status().definitions) == 3
    assert once.exists()


def test_an_error_of_the_programs_own_comes_back_as_a_finding(
    folder: Path, process_that_dies: Callable[..., None]
) -> None:
    process_that_dies("raise ValueError('planted')")
    files = load_apart(find_files([folder]), Catalogue.load(), TARGET, SCHEMA)
    rules = {file.path.name: [found.rule for found in file.diagnostics] for file in files}
    assert rules == {"refundmade.xml": [], "ledgerpayment.xml": [], "servicechange.xml": ["internal-error"]}


@pytest.mark.usefixtures("forked_loading")
@pytest.mark.parametrize("kind", [Composer, ApartComposer])
def test_what_once_stopped_every_load_is_a_finding_or_none(
    folder: Path, duckdb_ledger: str, kind: type[Composer]
) -> None:
    """Four real files that each ended the load of all."""
    faulty = {
        "statuschange": "select $9999999999999999999999999 as a",
        "noteadded": f"select {'9' * 5000} as a",
        "partpayment": "select trim(both from ' x ') as a",
        "remindersent": "select clientid as a from dat_client with (index = ix_x)",
    }
    for name, sql in faulty.items():
        (folder / f"{name}.xml").write_text(
            f"<aptic_service_definition><category>webhook</category><name>{name}</name>"
            f"<steps><query>{sql}</query></steps></aptic_service_definition>"
        )
    with kind.load(folder, ledger=duckdb_ledger, ledger_schema=SCHEMA, on_invalid="hold") as composer:
        found = {Path(each.file).stem: each.rule for each in composer.status().diagnostics}
        serving = {each.event for each in composer.status().definitions if each.state is DefinitionState.SERVING}
    assert {"ledgerpayment", "refundmade", "servicechange"} <= serving
    assert "internal-error" not in found.values()
    assert (found["statuschange"], found["noteadded"]) == ("portability", "sql-syntax")
