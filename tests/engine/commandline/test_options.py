from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.commandline.options import Arguments, Parser, add_catalogue, add_ledger, or_meant, several


class Sample(Arguments):
    files: list[str]
    explain: bool
    format: str
    events: Path | None
    time_zone: str | None
    databases: list[str]
    ledger: str | None
    ledger_schema: Path | None


def parse(*words: str, environment: Mapping[str, str] | None = None) -> Sample:
    parser = Parser("sample", "Does something.", "Ends.")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    add_catalogue(parser)
    add_ledger(parser, ledger="A ledger.", schema="A schema.")
    return parser.parse_command_line(words, environment or {}, Sample())


def test_the_environment_gives_what_the_command_line_does_not() -> None:
    environment = {
        "APTIC_LEDGER_SCHEMA": "s.sql",
        "APTIC_TIME_ZONE": "Europe/Stockholm",
        "APTIC_DATABASE": "one, two",
        "APTIC_EXPLAIN": "yes",
        "APTIC_FORMAT": "json",
        "LEDGER": "not ours",
    }
    found = parse("a.xml", environment=environment)
    assert found.ledger_schema == Path("s.sql")
    assert found.time_zone == "Europe/Stockholm"
    assert found.databases == ["one", "two"]
    assert found.explain
    assert found.format == "json"
    assert found.ledger is None
    assert found.files == ["a.xml"]


def test_the_command_line_wins() -> None:
    environment = {"APTIC_FORMAT": "json", "APTIC_DATABASE": "one", "APTIC_TIME_ZONE": "UTC"}
    found = parse("--format=text", "--database", "two", "--database", "three,four", environment=environment)
    assert found.format == "text"
    assert found.databases == ["two", "three", "four"]
    assert found.time_zone == "UTC"


def test_an_empty_variable_counts_as_not_set() -> None:
    found = parse(environment={"APTIC_LEDGER": "", "APTIC_EXPLAIN": "", "APTIC_EVENTS": ""})
    assert found.ledger is None
    assert found.events is None
    assert not found.explain


@pytest.mark.parametrize(("value", "is_set"), [("1", True), ("True", True), ("on", True), ("0", False), ("no", False)])
def test_a_switch_in_the_environment(value: str, is_set: bool) -> None:
    assert parse(environment={"APTIC_EXPLAIN": value}).explain is is_set


def test_a_value_may_begin_with_a_dash_in_the_environment() -> None:
    assert parse(environment={"APTIC_TIME_ZONE": "-x"}).time_zone == "-x"


def test_paths_and_options_may_be_mixed() -> None:
    found = parse("a", "--explain", "b", "--format", "json", "c")
    assert found.files == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ((), {"APTIC_EXPLAIN": "perhaps"}, "APTIC_EXPLAIN must be 1 or 0"),
        ((), {"APTIC_FORMAT": "yaml"}, "invalid choice: 'yaml'"),
        (("--formt", "json"), {}, "unrecognized arguments: --formt"),
        (("--form", "json"), {}, "unrecognized arguments: --form"),
    ],
)
def test_what_cannot_be_understood_ends_with_2(
    words: tuple[str, ...], environment: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(*words, environment=environment)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_several_names_are_split_at_commas() -> None:
    assert several("a, b,,c ,") == ["a", "b", "c"]


def test_guesses_only_what_is_close() -> None:
    assert or_meant("validte", ["validate", "rules"]) == "; did you mean validate?"
    assert or_meant("VALIDATE", ["validate"]) == "; did you mean validate?"
    assert or_meant("zzz", ["validate", "rules"]) == "."
