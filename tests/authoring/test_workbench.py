from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.workbench import Workbench
from engine.catalogue import Catalogue
from engine.model import Dialect
from engine.sql.target import Target

BENCH = Workbench(Catalogue.load(), Target(Dialect.SQL_SERVER))
NOWHERE = Path("/nowhere/refundmade.xml")


def rules(text: str) -> list[str]:
    return [found.rule for found in BENCH.check(text, NOWHERE).diagnostics]


@pytest.mark.parametrize(
    ("encoding", "name", "wanted"),
    [
        ("ISO-8859-1", "å", []),
        ("ISO-8859-1", "ж", ["encoding-mismatch"]),  # an editor would store it as UTF-8
        ("windows-1252", "€", []),
        ("UTF-16", "ж😀", []),
        ("UTF-8", "ж😀", []),
        ("koi8-r", "ж", ["xml-syntax"]),
    ],
)
def test_a_text_is_judged_as_it_would_be_stored(encoding: str, name: str, wanted: list[str]) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!-- {name} --><other/>'
    assert [rule for rule in rules(text) if rule != "schema"] == wanted


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    assert "internal-error" not in rules(text)
    assert "internal-error" not in rules(f"<aptic_service_definition>{text}</aptic_service_definition>")


def test_half_a_character_is_no_failure() -> None:
    assert rules("<a>\ud83d</a>") == ["schema"]


def test_it_is_warm_after_warming_up() -> None:
    BENCH.warm_up()
    assert "xmlschema" in sys.modules
