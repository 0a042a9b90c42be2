"""The options of what composes and delivers."""

from pathlib import Path
from typing import Any

import certifi
import pytest

from engine.commandline.console import Console
from engine.commandline.options import Parser
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, dispatching_settings
from webhooks.settings import Settings

WORDS = {
    "--data": "d",
    "--definitions": "definitions",
    "--events": "events",
    "--ledger": "postgresql://reader@ledger/aptic",
    "--ledger-schema": certifi.where(),
    "--time-zone": "Europe/Stockholm",
    "--database": "aptic,archive",
    "--query-timeout": "2.5",
    "--max-rows": "50",
    "--require-read-only": "1",
    "--allow-http": "1",
    "--allow-network": "10.0.0.0/8,fd00::/8",
    "--allow-port": "8443,80",
    "--retry-schedule": "1s,2s",
    "--deadline": "3",
    "--ca-bundle": certifi.where(),
    "--keep-data": "7",
    "--keep-attempts": "2",
}
EXPECTED = Settings(
    data=Path("d"),
    definitions=Path("definitions"),
    events=Path("events"),
    ledger="postgresql://reader@ledger/aptic",
    ledger_schema=Path(certifi.where()),
    time_zone="Europe/Stockholm",
    databases=("aptic", "archive"),
    query_timeout=2.5,
    max_rows=50,
    require_read_only=True,
    allow_http=True,
    allow_networks=("10.0.0.0/8", "fd00::/8"),
    allow_ports=(8443, 80),
    retry_schedule=(1.0, 2.0),
    deadline=3.0,
    ca_bundle=Path(certifi.where()),
    keep_data=7,
    keep_attempts=2,
)


def settings_of(words: list[str], environment: dict[str, str]) -> Settings:
    parser = Parser("x", "", "")
    add_dispatching(parser)
    console = Console.of_process("x", environment)
    return dispatching_settings(parser.parse_command_line(words, environment, DispatchingArguments()), console)


def test_every_option_becomes_its_setting() -> None:
    words = [f"{option}={word}" if word != "1" else option for option, word in WORDS.items()]
    assert settings_of(words, {}) == EXPECTED


def test_every_variable_becomes_its_setting() -> None:
    variables = {f"APTIC_{option[2:].upper().replace('-', '_')}": word for option, word in WORDS.items()}
    assert settings_of([], variables) == EXPECTED


def test_without_options_they_are_the_defaults(tmp_path: Path) -> None:
    settings = settings_of([], {"XDG_DATA_HOME": str(tmp_path)})
    assert settings == Settings(data=tmp_path / "aptic-webhooks")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--allow-network", "10.0.0.1/8"], "argument --allow-network: '10.0.0.1/8' is no network in CIDR notation"),
        (["--allow-network", "10.0.0.0/8,x"], "'x' is no network in CIDR notation such as 10.0.0.0/8"),
        (["--allow-port", "0"], "argument --allow-port: '0' is no port that can be called"),
        (["--allow-port", "https"], "'https' is no port: a number from 0 to 65535"),
        (["--retry-schedule", "5"], "argument --retry-schedule: '5' is no retry schedule: write up to 100 waits"),
        (["--deadline", "0"], "argument --deadline: '0' is no number from 0.1 to 600"),
        (["--deadline", "nan"], "'nan' is no number from 0.1 to 600"),
        (["--deadline", "15s"], "'15s' is no number from 0.1 to 600"),
        (["--query-timeout", "-1"], "--query-timeout"),
        (["--max-rows", "0"], "argument --max-rows: '0' is no whole number from 1 to 10000000"),
        (["--max-rows", "1.5"], "'1.5' is no whole number"),
        (["--max-rows", "9" * 5000], "is no whole number"),
        (["--keep-data", "0"], "argument --keep-data: '0' is no whole number from 1 to 36500"),
        (["--keep-attempts", "x"], "argument --keep-attempts: 'x' is no whole number from 1 to 1200"),
        (["--ca-bundle", "/dev/null"], "The CA bundle /dev/null holds no certificate in PEM."),
        (["--ledger-schema", "/nonexistent"], "ledger's schema /nonexistent cannot be read: No such file"),
        (["--time-zone", "Mars/X"], "The time zone 'Mars/X' is unknown here. Give an IANA name"),
        (["--time-zone", "../../etc/passwd"], "is unknown here. Give an IANA name"),
        (["--ledger", "postgresql://u:canary@h/x"], "There is a --ledger but no --definitions"),
    ],
)
def test_wrong_settings_stop_the_start(run: Any, tmp_path: Path, words: list[str], message: str) -> None:
    ended = run("serve", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "canary" not in ended.err
    assert list(tmp_path.iterdir()) == []
