import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

from engine.cli import main as module
from engine.cli.main import COMMANDS, main, validate
from engine.commandline.console import CannotRunError
from engine.commandline.program import make_parser
from engine.errors import BindingError, ConfigurationError, QueryError
from engine.resources import definition_schema

CANARY = "canary-83be"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(*_: object) -> int:
        raise error

    broken = replace(COMMANDS["rules"], run=run)
    monkeypatch.setattr(module, "PROGRAM", replace(module.PROGRAM, commands={"rules": broken}))


def test_help_lists_every_command(command: Callable[..., Any]) -> None:
    shown = command("--help")
    assert shown.code == 0
    assert shown.err == ""
    for known in COMMANDS.values():
        assert f"{known.name} " in shown.out
        assert known.summary in shown.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_commands_help_is_sentences_and_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"], {})
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"example:\n  aptic-definitions {name}" in shown
    assert shown.isascii()
    known = COMMANDS[name]
    assert known.summary.endswith(".")
    assert all(line.endswith((".", "file")) for line in known.description.splitlines())


def test_every_option_is_described_by_a_sentence() -> None:
    for known in COMMANDS.values():
        for action in make_parser(known, "x")._actions:
            assert action.help is not None
            assert action.help.endswith((".", ")."))
            assert action.help[0].isupper()


@pytest.mark.parametrize("words", [["--version"], ["rules", "--version"]])
def test_version(words: list[str], command: Callable[..., Any]) -> None:
    shown = command(*words)
    assert shown.code == 0
    assert shown.out.startswith("aptic-webhooks ")


def test_help_imports_nothing_that_is_slow() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from engine.cli.main import validate; validate(['--help'])"
    slow = {"lxml", "xmlschema", "sqlglot", "sqlalchemy", "duckdb", "psycopg", "jinja2"}
    check = (
        f"import sys, atexit; atexit.register(lambda: print(sorted({slow!r} & set(sys.modules)), file=sys.stderr)); "
    )
    shown = subprocess.run([sys.executable, "-c", check + code], env=environment, capture_output=True, check=True)
    assert shown.stderr == b"[]\n"


def test_an_unknown_command_is_refused_with_a_guess(command: Callable[..., Any]) -> None:
    shown = command("validte")
    assert shown.code == 2
    assert shown.out == ""
    assert "'validte' is no command; did you mean validate?" in shown.err


@pytest.mark.parametrize("words", [[], ["--debug"], ["--debug", "rules"]])
def test_without_a_command_there_is_nothing_to_do(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, {})
    assert ended.value.code == 2
    assert "the command comes first" in capsys.readouterr().err


def test_schema_prints_the_xsd_to_the_byte(command: Callable[..., Any]) -> None:
    shown = command("schema")
    assert shown.code == 0
    assert shown.out.encode() == definition_schema()


def test_rules_prints_a_line_for_each(command: Callable[..., Any]) -> None:
    shown = command("rules")
    assert shown.code == 0
    lines = {line.split()[0]: line for line in shown.out.splitlines()}
    assert " warning " in lines["file-name"]
    assert lines["secret-in-sql"].endswith("(cannot be ignored)")
    assert not lines["portability"].endswith("(cannot be ignored)")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CannotRunError("no such folder"), 2, "error: no such folder"),
        (ConfigurationError("bad URL"), 2, "error: bad URL"),
        (BindingError("does not fit"), 1, "error: does not fit"),
        (
            QueryError("refused", code="22012", file="d/a.xml", line=12, step="lines"),
            1,
            "error: refused (d/a.xml:12, step lines)",
        ),
        (QueryError("d/a.xml: refused", file="d/a.xml", line=12), 1, "error: d/a.xml: refused\n"),
    ],
)
def test_errors_become_a_message_and_a_code(
    error: Exception, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, error)
    assert main(["rules"], {}) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("words", [["rules", "--debug"], ["rules"]])
def test_debug_shows_the_traceback(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, RuntimeError(CANARY))
    assert main(words, {}) == 2
    shown = capsys.readouterr().err
    assert "An internal error, RuntimeError; --debug shows where." in shown
    assert ("Traceback" in shown) is ("--debug" in words)
    assert (CANARY in shown) is ("--debug" in words)


def test_interrupted_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert main(["rules"], {}) == 130
    assert capsys.readouterr().err == ""


def _start(*words: str, **streams: Any) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import sys; from engine.cli.main import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=environment,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  background jobs ignore it
        **streams,
    )


def _open_when_read(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """Waits until the process reads from the pipe, and for nothing else."""
    while process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
    raise AssertionError(process.communicate())


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with _start("schema", stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 141
    assert err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("wb") as full, _start("rules", stdout=full) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == b"aptic-definitions rules: error: The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize(
    ("closed", "words", "code"),
    [
        (">&-", "rules", 0),
        (">&- 2>&-", "rules", 0),
        ("2>&-", "nosuch", 2),
        ("2>&-", "compose --nosuch", 2),
        ("<&-", "compose ledgerpayment --message -", 2),
    ],
)
def test_a_closed_stream_is_no_failure_of_its_own(closed: str, words: str, code: int) -> None:
    program = "import sys; from engine.cli.main import main; sys.exit(main())"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    shell = ["sh", "-c", f'exec "$0" -c "$1" {words} {closed}', sys.executable, program]
    done = subprocess.run(shell, env=environment, capture_output=True, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_control_c_ends_quietly(tmp_path: Path) -> None:
    pipe = tmp_path / "message"
    os.mkfifo(pipe)
    words = ("compose", "statuschange", "--message", str(pipe))
    with _start(*words, stdout=subprocess.PIPE) as process:
        writing = _open_when_read(pipe, process)
        process.send_signal(signal.SIGINT)
        os.close(writing)  # a signal that comes just before the call that reads does not end it
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert (out, err) == (b"", b"")


def test_the_second_entry_point_is_validate(command: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = command("nowhere.xml", entry="validate"), command("validate", "nowhere.xml")
    assert (first.code, second.code) == (2, 2)
    assert (
        first.err
        == "validate-definitions: error: nowhere.xml does not exist. Name a definition file or a folder of them.\n"
    )
    assert second.err.startswith("aptic-definitions validate: error: nowhere.xml does not exist.")
    assert validate(["--ignore", "read-only"], {}) == 2
    assert "read-only cannot be ignored" in capsys.readouterr().err
