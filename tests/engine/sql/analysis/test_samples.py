"""Sample databases that people learn SQL Server with: their scripts are read whole, their queries are right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from analysis_corpus import HERE, faults

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Dialect
from engine.sql.ddl import read_schema
from engine.sql.schema import LedgerSchema
from engine.sql.target import Target

SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "samples").glob("*.sql"))}
DEFINITION = """<aptic_service_definition><category>webhook</category><name>statuschange</name><steps>
<query name="found" result="many" output="false"><![CDATA[{}]]>{}</query></steps></aptic_service_definition>"""
ARGUMENT = '<argument source="$data.data.status" type="{}"/>'
TYPES = {
    "int": "int",
    "money": "decimal",
    "datetime": "datetime",
    "datetime2": "datetime",
    "char": "string",
    "nchar": "string",
    "nvarchar": "string",
}
BY_DESIGN = {
    "many-unordered",
    "select-star",  # a view may have one, a body may not
}
REFUSED = {
    "Website.VehicleTemperatures": "read-only",
    "Website.SearchForCustomers": "unnamed-column",
    "[dbo].[uspSearchCandidateResumes]": "read-only",
}
"""What the definitions' language leaves out: DECOMPRESS, FOR JSON on the whole query, and FREETEXTTABLE."""
BEGINNING = re.compile(r"(?im)^\s*(?:select\b(?! @)|with\b(?!\s+(?:execute|native_compilation|schemabinding)))")


def _modules(script: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each view and procedure that reads."""
    for batch in re.split(r"(?im)^\s*go\s*$", script):
        found = re.search(r'(?is)^\s*create\s+(view|procedure)\s+("[^"]+"|\S+)(.*)', batch)
        if found is not None and BEGINNING.search(found[3]):
            yield found[2], found[3]


def _query(text: str) -> tuple[str, list[str]]:
    """The SELECT of a view or procedure with `?` for its variables, and their types."""
    declared = dict(re.findall(r"(?i)(@\w+)\s*\[?(int|money|n?varchar|n?char|datetime2?)\b", text))
    start = BEGINNING.search(text)
    assert start is not None
    query = re.sub(r"(?is)\s*;?\s*(end\s*;?)?\s*$", "", text[start.start() :])
    names = [name for name in re.findall(r"@\w+", query) if name in declared]  # an XPath has some too
    types = [TYPES[declared[name].lower()] for name in names]
    return re.sub(r"@\w+", lambda found: "?" if found[0] in declared else found[0], query), types


def _schema(name: str) -> LedgerSchema:
    return read_schema(SCRIPTS[name]).schema


QUERIES = [(sample, name, *_query(text)) for sample, script in SCRIPTS.items() for name, text in _modules(script)]


@pytest.mark.parametrize("sample", SCRIPTS)
def test_a_script_is_read_whole(sample: str) -> None:
    found = read_schema(SCRIPTS[sample])
    assert found.faults == ()
    assert not found.schema.unread
    declared = re.findall(r"(?im)^\s*create (?:table|view)\b", SCRIPTS[sample])
    assert len(found.schema.tables) == len(declared)
    assert not any(table.is_open for table in found.schema.tables.values())


def test_every_kind_of_module_is_there() -> None:
    assert len(QUERIES) > 40


@pytest.mark.parametrize(("sample", "name", "query", "types"), QUERIES, ids=[f"{q[0]}: {q[1]}" for q in QUERIES])
def test_its_queries_are_right_in_a_definition(
    tmp_path: Path, sample: str, name: str, query: str, types: list[str]
) -> None:
    path = tmp_path / "statuschange.xml"
    arguments = "".join(ARGUMENT.format(type_) for type_ in types)
    path.write_text(DEFINITION.format(query, arguments), encoding="utf-8")
    (file,) = load_files([path], Catalogue.load(), Target(Dialect.SQL_SERVER, _schema(sample)))
    found = {diagnostic.rule for diagnostic in file.diagnostics} - BY_DESIGN
    assert found == ({REFUSED[name]} if name in REFUSED else set()), file.diagnostics


@pytest.mark.parametrize(("sample", "name", "query", "types"), QUERIES, ids=[f"{q[0]}: {q[1]}" for q in QUERIES])
def test_nothing_is_said_of_their_meaning(sample: str, name: str, query: str, types: list[str]) -> None:
    for schema in (_schema(sample), None):
        assert {fault.rule for fault in faults(query, schema)} <= {REFUSED.get(name)}
