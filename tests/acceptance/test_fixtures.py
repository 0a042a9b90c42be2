"""Every case of `fixtures/` through the library, on each ledger: the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Composer
from engine.testing.cases import Case, find_cases, run_case

ROOT = Path(__file__).parents[2]
CASES = find_cases(ROOT / "fixtures")


@pytest.fixture(scope="module")
def composer(ledger_url: str) -> Iterator[Composer]:
    """All of `definitions/` over the fixture ledger."""
    schema = ROOT / "fixtures" / "ledger" / "schema.sql"
    with Composer.load(ROOT / "definitions", ledger=ledger_url, ledger_schema=schema) as loaded:
        yield loaded


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, composer: Composer) -> None:
    result = run_case(composer, case)
    assert result.problem is None, "\n".join((result.problem or "", *result.difference))


def test_the_guides_body_is_there_to_the_byte() -> None:
    body = (ROOT / "fixtures" / "ledgerpayment" / "guide" / "body.json").read_bytes()
    assert body == (
        b'{"invoiceguid":"80342534-2508-4CAB-A090-C25BF1DDF923","invoicenumber":"765",'
        b'"paidamount":123.00,"secret":"mySecret"}'
    )


def test_every_definition_has_a_case() -> None:
    defined = {path.stem for path in (ROOT / "definitions").glob("*.xml")}
    assert defined <= {case.event for case in CASES}
