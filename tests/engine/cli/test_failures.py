"""An error of the program's own at one file, in commands: told with the file, and the others come as ever.

Every error is planted: no file is known that brings one about.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import lineage, loading, schema_change
from engine.catalogue import Catalogue
from engine.cli.main import main, validate
from engine.contract import comparison, contracts
from engine.plan import Plan

SCHEMA = "fixtures/ledger/schema.sql"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a project with two definitions, in this process."""
    first = project / "definitions" / "refund.xml"
    second = first.read_text("utf-8").replace("<name>refund<", "<name>refundmade<")
    (project / "definitions" / "refundmade.xml").write_text(second, "utf-8")
    monkeypatch.chdir(project)

    def run(*words: str, entry: Callable[..., int] = main) -> tuple[int, str, str]:
        capsys.readouterr()
        code = entry([*words, "--events", "events"], {})
        return code, *capsys.readouterr()

    return run


def failing(real: Callable[..., Any], is_hit: Callable[..., bool]) -> Callable[..., Any]:
    def call(*given: Any, **more: Any) -> Any:
        if is_hit(*given):
            raise KeyError("tells 4711")
        return real(*given, **more)

    return call


def test_docs_leaves_one_body_open_and_writes_the_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, before, _ = run("docs")
    assert code == 0
    hit = failing(contracts.derive, lambda definition, *_: definition.name == "refund")
    monkeypatch.setattr(contracts, "derive", hit)
    code, after, told = run("docs")
    assert code == 1
    assert "error: definitions/refund.xml: The program failed at this file (KeyError" in told
    assert "4711" not in told
    old, new = json.loads(before)["$defs"], json.loads(after)["$defs"]
    assert new["refund"]["x-open"] is True
    assert {**new, "refund": old["refund"]} == old


def test_against_a_failure_is_a_finding_beside_what_breaks_elsewhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("was.json").write_text(run("docs")[1], "utf-8")
    other = Path("definitions/refundmade.xml")
    other.write_text(other.read_text("utf-8").replace(" r.payee,", ""), "utf-8")
    hit = failing(comparison.compare, lambda schema, _now: schema["title"] == "refund")
    monkeypatch.setattr(comparison, "compare", hit)
    code, shown, _ = run(
        "definitions", "--ledger-schema", SCHEMA, "--against", "was.json", "--format", "json", entry=validate
    )
    assert code == 1
    assert {(found["file"], found["rule"]) for found in json.loads(shown)} == {
        ("definitions/refund.xml", "internal-error"),
        ("definitions/refundmade.xml", "contract-break"),
    }


def test_a_contract_that_cannot_be_derived_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hit = failing(contracts.derive, lambda definition, *_: definition.name == "refund")
    monkeypatch.setattr(contracts, "derive", hit)
    definitions = [loading.read_definition(path).definition for path in sorted(Path("definitions").glob("*.xml"))]
    found = contracts.derive_all([each for each in definitions if each], Catalogue.load("events"), None)
    (fault,) = [each.fault for each in found if each.fault is not None]
    assert (fault.rule, fault.file) == ("internal-error", "definitions/refund.xml")


@pytest.mark.parametrize("command", ["lineage", "disclosures", "impact"])
def test_what_traces_leaves_out_the_one_and_shows_the_others(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [command, "dat_refund"] if command == "impact" else [command]
    monkeypatch.setattr(lineage, "read_lineage", failing(lineage.read_lineage, lambda each, _: each.name == "refund"))
    code, shown, told = run(*words)
    assert code == 1
    assert "error: Left out is definitions/refund.xml: The program failed at this file (KeyError" in told
    assert "4711" not in told
    assert ("refundmade" in shown) is (command != "disclosures")


def test_a_change_of_the_schema_is_told_for_the_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = schema_change.read_lineage
    monkeypatch.setattr(schema_change, "read_lineage", failing(real, lambda each, _: each.name == "refund"))
    code, shown, told = run("definitions", "--ledger-schema", SCHEMA, "--was", SCHEMA, entry=validate)
    assert code == 0
    assert "definitions/refund.xml" in shown
    assert "The program failed at this file (KeyError" in shown
    assert "4711" not in shown + told


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_compose_names_the_definition(run: Run, explain: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.setattr(Plan, "compose", failing(Plan.compose, lambda plan, event, *_: event == "refund"))
    message = "fixtures/refund/plain/event.json"
    code, out, told = run("compose", "refund", "--message", message, *explain)
    assert (code, out) == (2, "")
    assert "error: definitions/refund.xml: The program failed at this file (KeyError" in told
    assert "4711" not in told
    assert "Report this line with the file" in told


def test_new_is_not_kept_from_its_file_by_another(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "parse", failing(loading.parse, lambda _, name: name == "definitions/refund.xml"))
    code, shown, told = run("new", "noteadded")
    assert (code, shown, told) == (0, "wrote definitions/noteadded.xml\n", "")
