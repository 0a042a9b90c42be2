"""Ten thousand events at once need little more memory than their bodies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, resource, sys
from engine import Body, Composer
ledger, path = sys.argv[1:]
message = json.load(open(path, encoding="utf-8"))
event = message["event"]
with Composer.load(
    "definitions", ledger=ledger, ledger_schema="fixtures/ledger/schema.sql", time_zone="Europe/Amsterdam"
) as composer:
    composer.compose_many(event, [message] * 10)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = composer.compose_many(event, [message] * 10_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert all(isinstance(body, Body) for body in found) and len(found) == 10_000
print((peak - start) // 1024)
"""


@pytest.mark.parametrize("event", ["ledgerpayment", "partpayment"])
def test_memory_stays_flat(postgres_ledger: str, event: str) -> None:
    """One step, and two of which the second gives many rows."""
    message = sorted(ROOT.glob(f"fixtures/{event}/*/event.json"))[0]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, postgres_ledger, str(message)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64, f"{done.stdout.strip()} MiB above the start"
