"""Queries that SQL Server refuses, each with the number of its error, and queries that it runs."""

from __future__ import annotations

import pytest
from analysis_corpus import Case, cases, faults, schema_of

from engine.model import Severity

WRONG = cases("wrong")
RIGHT = cases("right")


def _name(case: Case) -> str:
    return f"{case.schema}: {case.head}: {case.text[:60]}"


@pytest.mark.parametrize("case", WRONG, ids=_name)
def test_a_wrong_query_has_one_fault_at_its_place(case: Case) -> None:
    rule, *severity = case.head.split()[1:]
    found = faults(case.text, schema_of(case.schema))
    assert [(fault.rule, fault.offset) for fault in found] == [(rule, case.offset)], found
    assert found[0].severity is (Severity(severity[0]) if severity else Severity.ERROR)


@pytest.mark.parametrize("case", RIGHT, ids=_name)
def test_a_right_query_has_none(case: Case) -> None:
    assert faults(case.text, schema_of(case.schema)) == []


@pytest.mark.parametrize("case", RIGHT, ids=_name)
def test_nothing_is_said_of_names_without_a_schema(case: Case) -> None:
    assert faults(case.text, None) == []
