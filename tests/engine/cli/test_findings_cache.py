"""What is remembered of earlier runs: nobody can see from the output whether it was."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from on_terminal import OnTerminal

import engine.loading
import engine.script
from engine.cli.findings_cache import FOLDER
from engine.cli.formats import FORMATS
from engine.cli.main import validate

WARNED = "create view v as select from\ngo\n"
DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<aptic_service_definition>
  <category>webhook</category>
  <name>refund</name>
  <steps>
    <query>
      <![CDATA[
      select r.refundid, r.amount, r.payee, ? as [secret]
      from dat_refund r
      where r.refundid = ?
      ]]>
      <argument source="$secret" type="string"/>
      <argument source="$data.data.refundid" type="int"/>
    </query>
  </steps>
</aptic_service_definition>
"""
SCHEMA = Path("fixtures/ledger/schema.sql")
SOUND = DEFINITION.replace("r.payee", "r.amount as payee")
EDITS = (
    ("r.payee", "r.paye"),
    ("r.amount,", "r.amount"),
    ("where r.refundid = ?", "where r.refundid = ? and ? = 1"),
    ("<name>refund</name>", "<name>refnd</name>"),
    ("</steps>", "</step>"),
    ("select r.refundid", "select top 3 r.refundid"),
    ("dat_refund", "dat_refunds"),
    ("Å", "\x00"),
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Validates in the project's folder; gives code, output and errors."""
    monkeypatch.chdir(project)

    def run(*words: str) -> tuple[int, str, str]:
        code = validate(["--events", "events", *words], {})
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the files that were checked, a list for each time."""
    calls: list[list[str]] = []
    original = engine.loading.load_files

    def load_files(paths: Any, *others: Any, **named: Any) -> Any:
        if paths:
            calls.append([path.name for path in paths])
        return original(paths, *others, **named)

    monkeypatch.setattr(engine.loading, "load_files", load_files)
    return calls


def stored() -> list[Path]:
    return sorted(FOLDER.glob("findings-*"))


@pytest.mark.parametrize("seed", range(6))
def test_the_output_is_the_same_byte_for_byte_with_and_without(run: Run, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  the same each time
    definitions, schema = Path("definitions"), SCHEMA.read_text()
    for _ in range(12):
        path = definitions / chance.choice(("refund.xml", "other.xml", "sub/copy.xml", "refund2.xml"))
        path.parent.mkdir(exist_ok=True)
        old, new = chance.choice(EDITS)
        content = chance.choice((DEFINITION, SOUND)).replace(old, new if chance.random() < 0.6 else old)
        path.unlink() if path.exists() and chance.random() < 0.3 else path.write_text(content, "utf-8")
        (definitions / "refund.xml").touch()
        SCHEMA.write_text(schema.replace("nvarchar(40)", chance.choice(("nvarchar(40)", "xml"))))
        words = [*chance.choice(((), ("--ledger-schema", str(SCHEMA)))), "--format", chance.choice(FORMATS)]
        words += chance.choice(
            ((), ("--ignore", "select-star"), ("--warnings-as-errors",), ("definitions/refund.xml",))
        )
        plain = run(*words, "--no-cache")
        assert run(*words) == plain
        assert run(*words) == plain
    assert stored()


def test_what_is_as_it_was_is_not_checked_again(run: Run, checked: list[list[str]]) -> None:
    Path("definitions/other.xml").write_text(SOUND.replace(">refund<", ">other<"), "utf-8")
    first = run()
    assert checked == [["other.xml", "refund.xml"]]
    assert run() == first
    assert len(checked) == 1
    Path("definitions/other.xml").write_text(DEFINITION.replace(">refund<", ">other<"), "utf-8")
    run()
    assert checked[1:] == [["other.xml"]]


def test_a_definition_that_comes_to_be_there_twice_is_found_beside_one_that_is_known(run: Run) -> None:
    assert run()[0] == 0
    Path("definitions/copy.xml").write_text(DEFINITION, "utf-8")
    twice = run()
    assert twice == run("--no-cache") == run()
    assert twice[1].count("duplicate-definition") == 2
    Path("definitions/copy.xml").unlink()
    assert run() == run("--no-cache")


def test_two_that_were_checked_each_alone_are_found_to_be_the_same_together(run: Run) -> None:
    Path("definitions/copy.xml").write_text(DEFINITION, "utf-8")
    run("definitions/copy.xml")
    run("definitions/refund.xml")
    assert run()[1].count("duplicate-definition") == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda: SCHEMA.write_text(SCHEMA.read_text().replace("payee", "payer")),
        lambda: Path("events/refund.schema.json").write_text('{"title":"refund","type":"object","properties":{}}'),
    ],
)
def test_another_schema_or_event_is_another_ground(run: Run, change: Callable[[], object]) -> None:
    assert run("--ledger-schema", str(SCHEMA))[0] == 0
    change()
    assert run("--ledger-schema", str(SCHEMA))[0] == 1


def test_what_was_found_while_the_schema_was_saved_is_not_remembered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is hashed before it is read."""
    before = SCHEMA.read_text()
    read = engine.script.read_schema_file

    def save_and_read(path: Path) -> Any:
        SCHEMA.write_text(before.replace("dat_refund", "dat_refunds"))
        return read(path)

    words = ("--ledger-schema", str(SCHEMA))
    with monkeypatch.context() as saving:
        saving.setattr(engine.script, "read_schema_file", save_and_read)
        assert "unknown-table" in run(*words)[1]
    SCHEMA.write_text(before)
    assert run(*words) == run(*words, "--no-cache")
    assert "unknown-table" not in run(*words)[1]


def test_each_option_that_findings_depend_on_is_ground_of_its_own(run: Run, checked: list[list[str]]) -> None:
    schema = ("--ledger-schema", str(SCHEMA))
    grounds = ((), schema, (*schema, "--dialect", "duckdb"), (*schema, "--dialect", "postgresql"))
    grounds += ((*schema, "--database", "ledger"), (*schema, "--time-zone", "Europe/Stockholm"))
    for words in grounds * 2:
        run(*words)
    assert len(checked) == len(stored()) == len(grounds)


def test_options_that_cannot_work_are_still_told_of(run: Run) -> None:
    run("--ledger-schema", str(SCHEMA))
    assert run("--dialect", "duckdb")[0] == run("--time-zone", "Nowhere/None")[0] == 2
    SCHEMA.unlink()
    assert run("--ledger-schema", str(SCHEMA))[0] == 2


def test_warnings_of_the_schema_are_told_each_time(run: Run, checked: list[list[str]]) -> None:
    SCHEMA.write_text(SCHEMA.read_text() + "\ngo\n" + WARNED)
    first = run("--ledger-schema", str(SCHEMA))
    assert "warning:" in first[2]
    assert run("--ledger-schema", str(SCHEMA)) == first
    assert len(checked) == 1


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-9] + b"!" + path.read_bytes()[-8:]),
    "empty": lambda path: path.write_bytes(b""),
    "other": lambda path: path.write_bytes(os.urandom(4096)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_thrown_away(run: Run, checked: list[list[str]], damage: Callable[[Path], object]) -> None:
    first = run()
    (path,) = stored()
    sound = path.read_bytes()
    damage(path)
    assert run() == first
    assert len(checked) == 2
    assert path.read_bytes() == sound


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_where_nothing_can_be_kept_all_is_found_all_the_same(run: Run, kind: str) -> None:
    first = run()
    (path,) = stored()
    path.unlink()
    if kind == "file":
        path.with_name(".gitignore").unlink()
        FOLDER.rmdir()
        FOLDER.write_text("no folder")
    else:
        path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert run() == first
    assert run() == first


def test_a_ledger_that_may_change_is_asked_each_time(run: Run) -> None:
    assert run("--ledger", "duckdb:///nowhere.duckdb")[0] == 2
    assert run("--no-cache")[0] == 0
    assert run("--debug")[0] == 0
    assert not FOLDER.exists()


def test_a_failure_of_the_program_is_not_remembered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(engine.loading, "check", lambda *_: 1 // 0)
        assert "internal-error" in run()[1]
    assert run()[0] == 0


def test_old_grounds_are_forgotten(run: Run) -> None:
    for number in range(20):
        run("--database", f"ledger{number}")
    assert len(stored()) == 16
    assert (FOLDER / ".gitignore").read_text() == "*\n"


def test_several_processes_at_once(project: Path, command: Callable[..., Any]) -> None:
    for number in range(20):
        faulty = DEFINITION.replace("r.payee", f"r.paye{number}")
        (project / f"definitions/faulty{number}.xml").write_text(faulty, "utf-8")
    single = ([f"definitions/faulty{number}.xml"] for number in range(3))
    words = [["definitions", "--no-cache"], *single, ["definitions"]]
    program = "import sys; from engine.cli.main import validate; sys.exit(validate())"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *each, "--events", "events", "--ledger-schema", str(SCHEMA)],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
        )
        for each in words * 2
    ]
    shown = [process.communicate()[0] for process in running]
    assert len(set(shown[:: len(words)] + shown[len(words) - 1 :: len(words)])) == 1
    ended = command("--events", "events", "--ledger-schema", SCHEMA, entry="validate", cwd=project)
    assert ended.out.encode() == shown[0]


BAR = """
import sys
from engine.commandline import progress_bar
from engine.cli.main import validate
progress_bar._AFTER_SECONDS = progress_bar._BETWEEN_SECONDS = 0
sys.exit(validate(["--events", "events"]))
"""


def test_a_bar_is_shown_on_a_terminal_and_leaves_no_trace(project: Path, command: Callable[..., Any]) -> None:
    for number in range(9):
        (project / f"definitions/copy{number}.xml").write_text(DEFINITION, "utf-8")
    terminal = OnTerminal(BAR, project, {**os.environ, "NO_COLOR": "1"})
    assert terminal.end() == 1
    assert "validate [####" in terminal.shown
    assert "] 10 of 10" in terminal.shown
    before, result = terminal.shown.rsplit("\r\x1b[K", 1)
    assert before.count("\x1b[K") >= 10
    plain = command("--events", "events", entry="validate", cwd=project)
    assert plain.err == ""
    assert result == plain.out
