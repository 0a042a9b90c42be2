"""Every body that a definition composes keeps what its contract promises (definition language, section 11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from contract_bodies import (
    ROOT,
    catalogue,
    contract_of,
    faults,
    is_in_order,
    ledger_schema,
    loaded,
    query,
    written,
)
from contract_grammar import query_by_chance
from contract_rows import data_script
from examples import examples
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from engine import EngineError
from engine.body import Body, default_body
from engine.contract import default_contract
from engine.execution import Ledger, open_ledger
from engine.model import Dialect
from engine.plan import Plan
from engine.testing.ledger import build_duckdb

CASES = sorted(path.parent for path in ROOT.glob("fixtures/*/*/body.json"))
SEEDS = (1, 2, 3)
MESSAGES = [
    {
        "data": {
            "int": "5",
            "string": "Öl och x",
            "date": "2026-01-31",
            "guid": "80342534-2508-4cab-a090-c25bf1ddf923",
            "boolean": "true",
            "decimal": "-12.3450",
            "double": "1.5e300",
            "datetime": "2026-01-31T10:20:30.123456",
        }
    },
    {"data": dict.fromkeys(("int", "string", "date", "guid", "boolean", "decimal", "double", "datetime"))},
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_fixtures_body_keeps_its_contract(case: Path) -> None:
    body = (case / "body.json").read_bytes()
    event = case.parent.name
    file = ROOT / "definitions" / f"{event}.xml"
    contract = contract_of(file) if file.exists() else default_contract(catalogue().events[event])
    assert faults(contract.schema, body) == []
    if "properties" in contract.schema:
        assert is_in_order(contract.schema, body)


@pytest.mark.parametrize("file", sorted(ROOT.glob("definitions/*.example.json")), ids=lambda file: file.name)
def test_a_recorded_example_keeps_its_contract_with_a_secret_and_without_one(file: Path) -> None:
    event = file.name.removesuffix(".example.json")
    definition = file.with_name(f"{event}.xml")
    contract = contract_of(definition) if definition.exists() else default_contract(catalogue().events[event])
    body = Body.load(file.read_bytes())
    assert faults(contract.schema, body.fill(None)) == []
    assert faults(contract.schema, body.fill("mySecret")) == []


def test_a_default_body_keeps_its_contract() -> None:
    for event in catalogue().events.values():
        if event.code == "chance":
            continue
        schema = default_contract(event).schema
        arguments: dict[str, object] = {each.name: 12 if each.required else "x" for each in event.arguments}
        assert faults(schema, default_body(event, arguments).fill("mySecret")) == []
        needed = {name: arguments[name] for name in schema["required"]}
        assert faults(schema, default_body(event, needed).fill(None)) == []


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    folder = tmp_path_factory.mktemp("ledgers")
    text = (ROOT / "fixtures/ledger/schema.sql").read_text("utf-8")
    with ExitStack() as stack:
        opened = []
        for seed in SEEDS:
            path = folder / f"{seed}.duckdb"
            build_duckdb(text, data_script(ledger_schema(), seed), path)
            opened.append(stack.enter_context(open_ledger(f"duckdb:///{path}", timeout=60.0)))
        yield opened


def steps_of(sql: str, **attributes: str) -> str:
    """A step whose placeholders are written as `?type`."""
    types = re.findall(r"\?([a-z]+)", sql)
    arguments = [f"$data.data.{name} {name} null" for name in types]
    return query(re.sub(r"\?[a-z]+", "?", sql), *arguments, **attributes)


def composed(path: Path, ledgers: list[Ledger]) -> Iterator[bytes]:
    """The bodies of every ledger and message; none where the definition cannot be carried."""
    compiled = loaded(path, Dialect.DUCKDB, ledger_schema()).compiled
    if compiled is None:
        return
    plan = Plan(compiled, max_rows=1000)
    for ledger in ledgers:
        for message in MESSAGES:
            try:
                body = plan.compose("chance", message, ledger, None)
            except EngineError as error:
                note(str(error))
                continue
            if body.skip_reason is None:
                yield body.fill(None)


def check(path: Path, ledgers: list[Ledger]) -> int:
    """How many bodies there were, all of which keep the contract."""
    schema = contract_of(path).schema
    note(json.dumps(schema, default=str))
    bodies = list(composed(path, ledgers))
    for body in bodies:
        note(body.decode())
        assert faults(schema, body) == []
    return len(bodies)


def test_bodies_by_chance_keep_their_contract(ledgers: list[Ledger], tmp_path: Path) -> None:
    counts = {"tried": 0, "composed": 0}

    @given(seed=st.integers(0, 2**32))
    @example(seed=180046)  # divides by a smallmoney that is rounded
    @settings(max_examples=examples(1500))
    def keeps(seed: int) -> None:
        """One query, and what is composed by it."""
        sql = query_by_chance(seed)
        note(sql)
        path = written(tmp_path, steps_of(sql, name="found", result="many"), name="chance")
        counts["tried"] += 1
        counts["composed"] += check(path, ledgers) > 0

    keeps()
    assert counts["composed"] * 4 >= counts["tried"], "much of it was composed"
