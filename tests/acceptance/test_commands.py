"""The two commands on the project's own definitions, cases and ledgers, as a user of a checkout runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from forking import Forker

ROOT = Path(__file__).parents[2]
SCHEMA = "fixtures/ledger/schema.sql"
EVENT = "fixtures/ledgerpayment/guide/event.json"
GUIDE = (ROOT / "fixtures" / "ledgerpayment" / "guide" / "body.json").read_bytes()
CANARY = "canary-2d9e"
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(forker: Forker) -> Run:
    """The commands, forked."""

    def run(*words: str, entry: str = "definitions", **environment: str) -> subprocess.CompletedProcess[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("APTIC_")}
        return forker.complete(entry, words, ROOT, kept | environment)

    return run


@pytest.mark.parametrize("dialect", ["sqlserver", "duckdb", "postgresql"])
def test_the_shipped_definitions_are_valid(run: Run, dialect: str) -> None:
    shown = run("--ledger-schema", SCHEMA, "--dialect", dialect, "--warnings-as-errors", entry="validate")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert shown.stdout.endswith(b" definitions are valid\n")


def test_definitions_are_valid_for_the_ledger_that_is_named(run: Run, postgres_ledger: str) -> None:
    shown = run("validate", "--ledger-schema", SCHEMA, APTIC_LEDGER=postgres_ledger)
    assert shown.returncode == 0, shown.stdout.decode()


def test_every_case_passes_by_the_command(run: Run) -> None:
    shown = run("test")
    assert shown.returncode == 0, shown.stdout.decode()
    assert b"\nok   ledgerpayment/guide\n" in shown.stdout
    assert shown.stdout.endswith(b" cases passed\n")
    assert shown.stderr == b"", "run `aptic-definitions test --update`, and look at what it changes"


def test_the_cases_run_on_each_ledger(run: Run, ledger_url: str) -> None:
    shown = run("test", "fixtures/ledgerpayment", "--ledger", ledger_url)
    assert shown.returncode == 0, shown.stdout.decode()


def test_the_guides_body_on_each_ledger(run: Run, ledger_url: str) -> None:
    shown = run("compose", "ledgerpayment", "--message", EVENT, "--ledger-schema", SCHEMA, APTIC_LEDGER=ledger_url)
    assert (shown.returncode, shown.stdout) == (0, GUIDE + b"\n")


def test_the_secret_is_in_the_body_only(run: Run, postgres_ledger: str) -> None:
    words = ("compose", "partpayment", "--message", "fixtures/partpayment/lines-over-two-debts/event.json")
    shown = run(*words, "--secret-env", "HOOK", "--explain", "--debug", "--ledger", postgres_ledger, HOOK=CANARY)
    assert shown.returncode == 0, shown.stderr.decode()
    assert shown.stdout.count(CANARY.encode()) == 1
    assert CANARY.encode() not in shown.stderr
    assert b"step 2 (lines), definitions/partpayment.xml:" in shown.stderr
    assert b"$secret = ***" in shown.stderr
