"""fixtures/valid has no finding; each folder of fixtures/invalid is named after the one rule that its files violate."""

import re
from functools import cache
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.files import find_files
from engine.loading import load_files
from engine.model import Dialect, LoadedFile, Severity
from engine.sql.ddl import read_schema
from engine.sql.target import Target
from engine.validation.rules import rules

ROOT = Path(__file__).parents[3]
VALID = ROOT / "fixtures" / "valid"
INVALID = ROOT / "fixtures" / "invalid"
NEEDS_SCHEMA = {
    "unknown-function",
    "unknown-table",
    "unknown-column",
    "ambiguous-column",
    "group-by",
    "type-mismatch",
    "forgotten-comma",
    "undisclosed",
    "unused-disclosure",
}
WITHOUT_FOLDER = {"unsupported-type", "contract-break", "internal-error"}
"""The fixtures' ledger has no such type; a contract is broken by a change; no file is known to have the last."""
SENTENCE = re.compile(r"[A-Z`<&$\]].*[.?]", re.DOTALL)
"""Begins with a capital or with what stands in the file, and ends as a sentence does."""


@cache
def _target(dialect: Dialect, *, has_schema: bool) -> Target:
    text = (ROOT / "fixtures" / "ledger" / "schema.sql").read_text(encoding="utf-8")
    return Target(dialect, read_schema(text).schema if has_schema else None)


def _target_of(rule: str) -> Target:
    if rule == "portability":
        return _target(Dialect.DUCKDB, has_schema=True)
    return _target(Dialect.SQL_SERVER, has_schema=rule in NEEDS_SCHEMA)


def _loaded(folder: Path, target: Target) -> tuple[LoadedFile, ...]:
    return load_files(find_files([folder]), Catalogue.load(), target)


@cache
def _invalid(rule: str) -> tuple[LoadedFile, ...]:
    return _loaded(INVALID / rule, _target_of(rule))


def _folders() -> list[str]:
    return sorted(path.name for path in INVALID.iterdir() if path.is_dir())


@pytest.mark.parametrize("has_schema", [False, True])
def test_valid_definitions_have_no_finding(has_schema: bool) -> None:
    files = _loaded(VALID, _target(Dialect.SQL_SERVER, has_schema=has_schema))
    assert len(files) >= 8
    for file in files:
        assert file.diagnostics == ()
        assert file.compiled is not None


def test_every_rule_has_a_folder() -> None:
    assert set(_folders()) == set(rules()) - WITHOUT_FOLDER


@pytest.mark.parametrize("rule", _folders())
def test_each_file_violates_the_rule_of_its_folder_and_no_other(rule: str) -> None:
    files = _invalid(rule)
    assert files
    for file in files:
        assert {diagnostic.rule for diagnostic in file.diagnostics} == {rule}, file.diagnostics
        assert {diagnostic.severity for diagnostic in file.diagnostics} == {rules()[rule].severity}
        assert (file.compiled is None) == (rules()[rule].severity is Severity.ERROR)


@pytest.mark.parametrize("rule", _folders())
def test_each_finding_says_what_and_where(rule: str) -> None:
    for file in _invalid(rule):
        lines = file.text.replace("\r\n", "\n").split("\n") if file.text is not None else None
        for diagnostic in file.diagnostics:
            assert diagnostic.file == str(file.path)
            assert len(diagnostic.message.split()) >= 3
            assert SENTENCE.fullmatch(diagnostic.message), diagnostic.message
            assert diagnostic.hint is None or SENTENCE.fullmatch(diagnostic.hint), diagnostic.hint
            assert lines is None or 1 <= diagnostic.column <= len(lines[diagnostic.line - 1]) + 1


def test_findings_stand_where_the_fault_is() -> None:
    """One line for each finding in places.txt: change it there when a fixture changes."""
    found = [
        f"{file.path.relative_to(INVALID).as_posix()}:{diagnostic.line}:{diagnostic.column}"
        for rule in _folders()
        for file in _invalid(rule)
        for diagnostic in file.diagnostics
    ]
    assert found == (INVALID / "places.txt").read_text(encoding="utf-8").split()
