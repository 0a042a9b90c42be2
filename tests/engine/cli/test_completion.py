"""What a shell proposes at TAB: by the finder alone, and by the real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from argparse import Action
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pytest
from needed import missing
from on_terminal import OnTerminal

from authoring.cli.main import COMMANDS
from engine.cli.completion import PROGRAMS, SHELLS
from engine.cli.main import main
from engine.cli.validate import VALIDATE
from engine.commandline import completion
from engine.commandline.completion import finder_of
from engine.commandline.program import make_parser
from engine.validation.rules import rules
from webhooks.cli.main import COMMANDS as OF_SERVICE

_MAINS = {
    "aptic-definitions": "authoring.cli.main:main",
    "validate-definitions": "engine.cli.main:validate",
    "aptic-webhooks": "webhooks.cli.main:main",
}
_NO_PROPOSALS = {
    *(
        "ARGUMENT=VALUE,…",
        "CIDR",
        "DAYS",
        "HOST",
        "ID",
        "LIST",
        "MONTHS",
        "N",
        "NAME",
        "NAME=VALUE",
        "[NAME=]VALUE",
        "S",
    ),
    *("PATTERN", "SCOPE", "SECONDS", "STATE", "TABLE[.COLUMN]", "TEXT", "TIME", "URL", "WAITS"),
}


def proposed(line: str) -> list[str]:
    """The whole lines that may become of one; a name is completed, and options once a dash is there."""
    name, _, rest = line.partition(" ")
    commands: Any = VALIDATE if name == "validate-definitions" else COMMANDS
    finder = finder_of(name, OF_SERVICE if name == "aptic-webhooks" else commands)
    found = takewhile(lambda each: each is not None, (finder.rl_complete(rest, state) for state in count()))
    return [str(each).removeprefix(rest[: rest.rfind(" ") + 1]).strip() for each in found]


@pytest.fixture(autouse=True)
def _a_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (project / "definitions" / "ownevent.xml").touch()
    (project / "events" / "siteevent.schema.json").touch()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("aptic-definitions ex", ["explain"]),
        ("aptic-definitions explain secret", ["secret-in-sql"]),
        ("aptic-definitions validate --dia", ["--dialect"]),
        ("aptic-definitions validate --dialect ", ["sqlserver", "postgresql", "duckdb"]),
        ("aptic-definitions compose own", ["ownevent"]),
        ("aptic-definitions compose site", []),
        ("aptic-definitions compose --events events site", ["siteevent"]),
        ("aptic-definitions new ledgerpay", ["ledgerpayment"]),
        ("aptic-definitions docs --time-zone Europe/Stock", ["Europe/Stockholm"]),
        ("aptic-definitions completion ", ["bash", "fish", "zsh"]),
        ("aptic-definitions studio def", ["definitions/"]),
        ("validate-definitions --dialect duckdb def", ["definitions/"]),
        ("validate-definitions definitions/ --dialect duckdb fix", ["fixtures/"]),
        ("validate-definitions --ledger-schema fixtures/ledger/sch", ["fixtures/ledger/schema.sql"]),
        ("validate-definitions --select read-only,secret", ["read-only,secret-in-sql"]),
        ("validate-definitions --ledger ", []),
        ("aptic-webhooks clients ", ["add", "list", "rotate", "disable", "enable"]),
        ("aptic-webhooks emit ledgerpay", ["ledgerpayment"]),
    ],
)
def test_what_may_stand_there_is_proposed(line: str, wanted: list[str]) -> None:
    assert proposed(line) == wanted


def test_the_site_s_events_are_known_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APTIC_EVENTS", "events")
    assert proposed("aptic-definitions compose site") == ["siteevent"]


def test_every_command_and_every_rule_is_proposed() -> None:
    assert proposed("aptic-definitions ") == list(COMMANDS)
    assert {*proposed("aptic-webhooks ")} == {name.partition(" ")[0] for name in OF_SERVICE}
    assert proposed("aptic-definitions explain ") == list(rules())


def test_every_word_for_a_value_is_known_to_completion() -> None:
    def valued(action: Action) -> bool:
        return action.choices is None and action.nargs != 0

    actions = [
        action
        for command in (*COMMANDS.values(), *OF_SERVICE.values())
        for action in make_parser(command, "")._actions
        if valued(action)
    ]
    assert {str(action.metavar) for action in actions} == completion._COMPLETERS.keys() | _NO_PROPOSALS


@pytest.mark.parametrize("shell", SHELLS)
def test_the_code_for_a_shell_is_about_all_programs(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell], {}) == 0
    shown = capsys.readouterr().out
    assert all(program in shown for program in PROGRAMS)


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the three programs are found by their names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program, entry in _MAINS.items():
        module, _, function = entry.partition(":")
        (folder / program).write_text(
            f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        )
        (folder / program).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APTIC_", "PYTEST_"))}
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    paths = os.pathsep.join(sys.path)
    return {**kept, "PATH": path, "HOME": str(tmp_path), "HISTFILE": "", "PYTHONPATH": paths}


def _wanted(shell: str) -> None:
    if shutil.which(shell) is None:
        missing(f"{shell} is not installed")


@pytest.mark.parametrize(
    ("shell", "words", "prelude", "typed"),
    [
        (
            "bash",
            ["--norc", "--noprofile", "-i"],
            "",
            {"aptic-definitions explain secr": "et-in-sql", "aptic-webhooks clients rot": "ate"},
        ),
        ("zsh", ["-f", "-i"], "autoload -Uz compinit && compinit -u -D; ", {"validate-definitions defi": "nitions/"}),
    ],
)
def test_a_real_shell_completes_at_tab(
    shell: str, words: list[str], prelude: str, typed: dict[str, str], installed: dict[str, str], project: Path
) -> None:
    _wanted(shell)
    terminal = OnTerminal(f"import os; os.execvp({shell!r}, {[shell, *words]!r})", project, installed)
    terminal.type(f'{prelude}eval "$(aptic-definitions completion {shell})" && echo rea""dy\n')
    terminal.wait_for("ready")
    for begun, added in typed.items():
        terminal.type(f"{begun}\t")
        terminal.wait_for(added)
        terminal.type("\x15")  # Ctrl-U: the line is not to be run
    terminal.type("exit\n")
    assert terminal.end() == 0


def test_fish_completes(installed: dict[str, str], project: Path) -> None:
    _wanted("fish")
    script = 'aptic-definitions completion fish | source; complete -C "validate-definitions --dialect post"'
    ran = subprocess.run(["fish", "-N", "-c", script], env=installed, cwd=project, capture_output=True, check=True)
    assert ran.stdout.partition(b"\t")[0] == b"postgresql"
