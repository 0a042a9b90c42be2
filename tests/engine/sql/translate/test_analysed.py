"""The analysis says nothing against what SQL Server is known to run, and fails at no statement at all."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from translation_corpus import QUERIES, VALUES, mutated
from translation_grammar import TABLE, statement
from translation_ledgers import schema_of
from translation_sample import ITEM, OTHER, PART, SAMPLE

from engine.model import Severity
from engine.sql.analysis import analyse, faults_of
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema

SETTINGS = settings(
    max_examples=int(os.environ.get("APTIC_TEST_EXAMPLES", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize="APTIC_TEST_EXAMPLES" not in os.environ,
)
SCHEMA = schema_of(SAMPLE, OTHER, ITEM, PART)


def _faults(text: str, schema: LedgerSchema | None) -> list[SqlFault]:
    """What is wrong with a statement; nothing where it does not parse."""
    query = parse_query(text).query
    return faults_of(query, analyse(query, schema), schema) if query is not None else []


@pytest.mark.parametrize("text", [*(f"SELECT {value} AS v FROM sample t" for value in VALUES), *QUERIES])
def test_every_case_with_a_value(text: str) -> None:
    assert parse_query(text).query is not None
    assert [fault for fault in _faults(text, SCHEMA) if fault.severity is Severity.ERROR] == []
    assert [fault for fault in _faults(text, None) if fault.severity is Severity.ERROR] == []


@SETTINGS
@given(statement)
def test_statements_made_by_chance(text: str) -> None:
    assert [fault for fault in _faults(text, schema_of(TABLE)) if fault.severity is Severity.ERROR] == []


@SETTINGS
@given(st.integers(min_value=0))
def test_what_no_statement_is(seed: int) -> None:
    """Pieces of statements in any order, so that most names and types are wrong."""
    for schema in (SCHEMA, schema_of(TABLE), None):
        for fault in _faults(mutated(seed), schema):
            assert fault.message.endswith(".")
