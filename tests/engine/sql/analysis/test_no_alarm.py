"""No alarm on what is known to be right: the definitions and fixtures of the repository, and the parser's corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis_corpus import ROOT, faults, schema_of

from engine.files import find_files
from engine.parsing import parse

DEFINITIONS = [*find_files([ROOT / "definitions"]), *find_files([ROOT / "fixtures" / "valid"])]
LEGITIMATE = (ROOT / "tests/engine/sql/corpus/legitimate.sql").read_text(encoding="utf-8").split("### ")[1:]


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_definitions(path: Path) -> None:
    definition = parse(path.read_bytes(), str(path)).definition
    assert definition is not None
    for step in definition.steps:
        assert faults(step.sql.value, schema_of("ledger")) == []
        assert faults(step.sql.value, None) == []


@pytest.mark.parametrize("text", LEGITIMATE, ids=lambda text: text.partition("\n")[0])
def test_what_t_sql_has(text: str) -> None:
    assert faults(text.partition("\n")[2], None) == []
