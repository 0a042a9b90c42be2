from typing import Any

import pytest

from engine.commandline.program import make_parser
from webhooks.cli.main import COMMANDS


def test_help_lists_every_command(run: Any) -> None:
    shown = run("--help")
    assert (shown.code, shown.err) == (0, "")
    for known in COMMANDS.values():
        assert f"  {known.name}" in shown.out
        assert known.summary in shown.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_commands_help_is_sentences_and_an_example(run: Any, name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.code == 0
    assert f"example:\n  aptic-webhooks {name}" in shown.out
    assert "/root" not in shown.out
    for action in make_parser(COMMANDS[name], "x")._actions:
        assert action.help is not None
        assert action.help.endswith((".", ")."))
        assert action.help[0].isupper() or action.help.startswith("X-")


@pytest.mark.parametrize("words", [["clients"], ["client", "add"], ["servé"]])
def test_an_unknown_command_is_told_so(run: Any, words: list[str]) -> None:
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "is no command" in ended.err


def test_a_wrong_option_is_told_in_two_lines(run: Any) -> None:
    ended = run("serve", "--port", "x")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "aptic-webhooks serve: error: argument --port: 'x' is no port: a number from 0 to 65535",
        "aptic-webhooks serve --help tells what it takes.",
    ]
