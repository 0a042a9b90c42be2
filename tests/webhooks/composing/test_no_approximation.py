"""The embedded ledger of tests may approximate an order of strings. A service has no way to switch that on."""

import ast
import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine.apart import ApartComposer
from engine.catalogue import Catalogue
from engine.commandline.program import make_parser
from engine.composer import Composer
from engine.settings import LoadOptions
from webhooks.cli.main import COMMANDS
from webhooks.composing.definitions import Definitions
from webhooks.settings import Settings

ROOT = Path(__file__).parents[3]
WORD = "approximate"
EVENT = "partpayment"
pytestmark = pytest.mark.usefixtures("forked_loading")


def test_no_option_of_the_service_speaks_of_it() -> None:
    helps = {name: make_parser(command, name).format_help() for name, command in COMMANDS.items()}
    assert len(helps) > 10
    assert [name for name, text in helps.items() if WORD in text.lower()] == []
    told = {*(each.name for each in fields(LoadOptions)), *Settings.__struct_fields__}
    told |= {*inspect.signature(Composer.load).parameters, *inspect.signature(ApartComposer.load).parameters}
    assert [name for name in told if WORD in name] == []


def test_no_module_of_the_service_names_it() -> None:
    modules = list((ROOT / "webhooks").rglob("*.py"))
    assert len(modules) > 50
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        names |= {str(node.arg) for node in ast.walk(tree) if isinstance(node, ast.keyword)}
        assert not [name for name in names if WORD in name.lower()], module


def test_a_definition_that_needs_it_is_held(
    tmp_path: Path, duckdb_ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APTIC_APPROXIMATE", "1")
    text = (ROOT / "definitions" / f"{EVENT}.xml").read_text(encoding="utf-8")
    (tmp_path / f"{EVENT}.xml").write_text(
        text.replace("p.payername,", "(select max(x.payername) from dat_payment x) as payername,")
    )
    options: Any = {"ledger": duckdb_ledger, "ledger_schema": ROOT / "fixtures" / "ledger" / "schema.sql"}
    definitions = Definitions(Catalogue.load(), LoadOptions(folder=tmp_path, **options))
    definitions.load()
    assert "not ordered alike" in definitions.faults()[EVENT]
    definitions.close()
