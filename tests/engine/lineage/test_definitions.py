"""The shipped definitions: members by pointer, through steps and a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.lineage import DefinitionLineage, LedgerColumn, Trace, Tracer, is_shown, makes_value, trace_definition
from engine.loading import read_definition
from engine.script import read_schema_file
from engine.sql.query import parse_query

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shipped() -> Tracer:
    return Tracer(read_schema_file(ROOT / "fixtures" / "ledger" / "schema.sql"))


def lineage(name: str, tracer: Tracer) -> DefinitionLineage:
    definition = read_definition(ROOT / "definitions" / f"{name}.xml").definition
    assert definition is not None
    return trace_definition(definition, [parse_query(step.sql.value).query for step in definition.steps], tracer)


def names(trace: Trace, *, value: bool) -> set[str]:
    return {
        f"{origin.table}.{origin.name}"
        for origin, parts in trace.items()
        if isinstance(origin, LedgerColumn) and origin.name and not origin.is_view and makes_value(parts) is value
    }


def test_members_of_a_template(shipped: Tracer) -> None:
    found = lineage("servicechange", shipped)

    members = {member.pointer: member.trace for member in found.members}
    assert list(members)[:3] == ["/event", "/client", "/account/invoiceguid"]
    assert names(members["/way/*/period/*"], value=True) == {
        "dat_servicehistory.enteredat",
        "dat_servicehistory.leftat",
    }
    assert "dat_servicehistory.ledgeraccountid" in names(members["/way/*/name"], value=False)


def test_what_an_if_asks_for_is_shown_by_what_stands_under_it(shipped: Tracer) -> None:
    (since,) = [member for member in lineage("servicechange", shipped).members if member.pointer == "/way/*/since"]

    shown = {
        origin.name for origin, parts in since.trace.items() if isinstance(origin, LedgerColumn) and is_shown(parts)
    }
    assert shown == {"enteredat", "leftat"}
    assert "dat_servicehistory.leftat" in names(since.trace, value=False)


def test_what_skips_the_event_decides_about_the_body(shipped: Tracer) -> None:
    assert "dat_client.notifyservice" in names(lineage("servicechange", shipped).body, value=False)


def test_an_argument_of_an_earlier_step_brings_its_origins(shipped: Tracer) -> None:
    members = {member.pointer: member.trace for member in lineage("debtorcontact", shipped).members}

    assert names(members["/client/clientname"], value=True) == {"dat_client.clientname"}
    assert "dat_ledgeraccount.clientid" in names(members["/client/clientname"], value=False)
