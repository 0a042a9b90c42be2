"""`aptic-definitions disclosures`: what is sensitive and leaves the ledger, with the reasons."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CLASSIFIED = """
go
add sensitivity classification to dbo.dat_refund.payee with (label = 'Personal', information_type = 'Name');
"""
DISCLOSURE = '<disclosure label="personal" reason="The payee asked | for it."/>\n  <steps>'
ROW = {"event": "refund", "member": "/payee", "column": "dat_refund.payee", "label": "Personal"}


@pytest.fixture
def disclosures(command: Callable[..., Any], project: Path) -> Callable[..., Any]:
    def run(*words: str) -> Any:
        return command("disclosures", "--events", "events", *words, cwd=project)

    return run


@pytest.fixture
def classified(project: Path) -> Path:
    with (project / "fixtures/ledger/schema.sql").open("a") as file:
        file.write(CLASSIFIED)
    return project / "definitions/refund.xml"


def disclose(definition: Path) -> None:
    definition.write_text(definition.read_text(encoding="utf-8").replace("<steps>", DISCLOSURE), encoding="utf-8")


def test_each_member_with_column_label_and_reason(disclosures: Callable[..., Any], classified: Path) -> None:
    disclose(classified)
    found = disclosures("--format", "json")
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out) == [{**ROW, "reason": "The payee asked | for it."}]
    assert disclosures().out.splitlines() == [
        "EVENT   MEMBER  COLUMN            LABEL     REASON",
        "refund  /payee  dat_refund.payee  Personal  The payee asked | for it.",
    ]
    assert disclosures("--format", "markdown").out.splitlines()[2] == (
        r"| refund | /payee | dat\_refund.payee | Personal | The payee asked \| for it. |"
    )


def test_what_is_undisclosed_is_listed_and_gives_exit_code_1(disclosures: Callable[..., Any], classified: Path) -> None:
    found = disclosures("--format", "json")
    assert (found.code, json.loads(found.out)) == (1, [{**ROW, "reason": None}])
    assert disclosures().out.splitlines()[1].endswith("  (undisclosed)")


def test_a_faulty_definition_is_named_and_gives_exit_code_1(disclosures: Callable[..., Any], classified: Path) -> None:
    disclose(classified)
    classified.write_text(classified.read_text(encoding="utf-8").replace("r.amount", "r.amont"), encoding="utf-8")
    found = disclosures("--format", "json")
    assert (found.code, found.out) == (1, "[]\n")
    assert "definitions/refund.xml" in found.err


def test_a_schema_that_classifies_nothing_is_told_of(disclosures: Callable[..., Any]) -> None:
    found = disclosures()
    assert (found.code, found.out) == (0, "")
    assert "classifies no column" in found.err


def test_what_is_not_traced_is_told_of(disclosures: Callable[..., Any], classified: Path, project: Path) -> None:
    disclose(classified)
    with (project / "fixtures/ledger/schema.sql").open("a") as file:
        file.write("go\ncreate function dbo.f(@a int) returns nvarchar(9) as begin return N'' end;\n")
    text = classified.read_text(encoding="utf-8").replace("r.amount,", "dbo.f(r.refundid) as amount,")
    classified.write_text(text, encoding="utf-8")
    found = disclosures("--format", "json")
    assert (found.code, len(json.loads(found.out))) == (0, 1)
    assert "Not all was traced" in found.err
