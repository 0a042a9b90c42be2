"""A fault is reported once, whether the SQL is then translated or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis_corpus import Case, cases, northwind, schema_of

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Dialect
from engine.sql.target import Target

DEFINITION = """<aptic_service_definition><category>webhook</category><name>statuschange</name><steps>
<query name="found" result="many" output="false"><![CDATA[{}]]></query></steps></aptic_service_definition>"""
OF_OTHERS = {"unnamed-column", "duplicate-column", "unordered-top", "many-unordered", "portability"}
"""Rules that look at something else; what cannot be carried is told beside a name that is wrong."""
CASES = [
    case
    for case in cases("wrong")
    if "*" not in case.text[case.offset : case.offset + 4] and not {"?", "sales.Product.Name"} & set(case.text.split())
]


@pytest.mark.parametrize("dialect", [Dialect.SQL_SERVER, Dialect.DUCKDB])
def test_each_wrong_query_has_one_error(tmp_path: Path, dialect: Dialect) -> None:
    catalogue, path = Catalogue.load(), tmp_path / "statuschange.xml"
    for case in CASES:
        path.write_text(DEFINITION.format(case.text), encoding="utf-8")
        (file,) = load_files([path], catalogue, Target(dialect, schema_of(case.schema)))
        rules = [found.rule for found in file.diagnostics if found.rule not in OF_OTHERS]
        assert rules in ([case.head.split()[1]], ["read-only"]), (case, file.diagnostics)


@pytest.mark.parametrize("dialect", [Dialect.SQL_SERVER, Dialect.DUCKDB])
@pytest.mark.parametrize("case", northwind(), ids=lambda case: case.text[:80])
def test_each_slip_over_northwind_is_told_once(tmp_path: Path, case: Case, dialect: Dialect) -> None:
    path = tmp_path / "statuschange.xml"
    path.write_text(DEFINITION.format(case.text), encoding="utf-8")
    (file,) = load_files([path], Catalogue.load(), Target(dialect, schema_of(case.schema)))
    found = [diagnostic for diagnostic in file.diagnostics if diagnostic.rule not in OF_OTHERS]
    rule, *severity = case.head.split()[1:]
    at = DEFINITION.format(case.text).rindex("CDATA[") - DEFINITION.rindex("\n") + len("CDATA[") + case.offset
    assert [(one.rule, str(one.severity), one.column) for one in found] == [(rule, (severity or ["error"])[0], at)], (
        found
    )
    assert found[0].hint is None or found[0].hint[-1] in ".?"
