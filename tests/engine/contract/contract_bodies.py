"""Definitions, their contracts, and bodies held against them."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import jsonschema_rs

from engine.catalogue import Catalogue
from engine.contract import Contract, derive
from engine.contract.schemas import Json
from engine.loading import load_files, read_definition
from engine.model import ArgumentType, Dialect, Event, EventArgument, LoadedFile
from engine.script import Script
from engine.sql.schema import LedgerSchema
from engine.sql.target import Target

ROOT = Path(__file__).parents[3]
LEDGER = ROOT / "fixtures/ledger/schema.sql"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<aptic_service_definition><category>webhook</category>'


@cache
def ledger_schema() -> LedgerSchema:
    """The fixture ledger's."""
    return Script.read(LEDGER).schema().schema


@cache
def catalogue() -> Catalogue:
    """The shipped events, and `chance`, which has an argument of each type."""
    arguments = tuple(EventArgument(type_.value, False, "", None) for type_ in ArgumentType)
    return Catalogue({**Catalogue.load().events, "chance": Event("chance", "An event by chance.", arguments)})


def contract_of(path: Path, schema: LedgerSchema | None = None, *, max_rows: int = 1000) -> Contract:
    """The contract of a definition's file on the fixture ledger, or on another one."""
    definition = read_definition(path).definition
    assert definition is not None
    event = catalogue().events.get(definition.name)
    return derive(definition, event, ledger_schema() if schema is None else schema, max_rows=max_rows)


def written(folder: Path, steps: str, body: str | None = None, name: str = "statuschange") -> Path:
    """A definition's file with these steps, and this template."""
    path = folder / f"{name}.xml"
    template = "" if body is None else f"<body>{escape(body)}</body>"
    path.write_text(
        f"{HEAD}<name>{name}</name><steps>{steps}</steps>{template}</aptic_service_definition>", encoding="utf-8"
    )
    return path


def query(sql: str, *arguments: str, **attributes: str) -> str:
    """A step; an argument is `source type`, and `null` behind them where it may be null."""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    made = ""
    for argument in arguments:
        source, type_, *rest = argument.split()
        nullable = ' nullable="true"' if rest else ""
        made += f'<argument source="{source}" type="{type_}"{nullable}/>'
    return f"<query{given}>{escape(sql)}{made}</query>"


def loaded(path: Path, dialect: Dialect, schema: LedgerSchema) -> LoadedFile:
    """The file, checked and compiled."""
    (file,) = load_files([path], catalogue(), Target(dialect, schema, (), "UTC"))
    return file


def read_exactly(body: bytes) -> object:
    """The body, its numbers as they are written."""
    return json.loads(body, parse_float=Decimal)


def faults(schema: Json, body: bytes) -> list[str]:
    """Why the body does not keep what the contract promises; empty where it does."""
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(read_exactly(body))]


def is_in_order(schema: Json, body: bytes) -> bool:
    """Whether the members of a body come in the order of the contract."""
    return list(json.loads(body)) == [name for name in schema["properties"] if name in json.loads(body)]
