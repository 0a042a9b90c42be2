"""The shipped definitions and everyday queries over the fixture ledger: all are carried, with the same rows on both."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from translation_ledgers import SERVER, parsed, read, shown

from engine.conversion import convert
from engine.encoding import normaliser
from engine.model import Argument, ArgumentType, DataSource, Definition, Dialect, SecretSource, SqlType, Step
from engine.parsing import parse
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation, translate
from engine.testing.ledger import build_duckdb, build_postgresql

ROOT = Path(__file__).parents[4]
LEDGER = ROOT / "fixtures" / "ledger"
FILES = sorted((ROOT / "definitions").glob("*.xml"))


@dataclass(frozen=True)
class Ledgers:
    schema: LedgerSchema
    duck: duckdb.DuckDBPyConnection
    postgres: psycopg.Connection[Any] | None


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledgers]:
    texts = [(LEDGER / name).read_text("utf-8") for name in ("schema.sql", "data.sql")]
    path = tmp_path_factory.mktemp("ledger") / "ledger.duckdb"
    schema = build_duckdb(*texts, path)
    with duckdb.connect(str(path), read_only=True) as duck:
        if not SERVER:
            yield Ledgers(schema, duck, None)
            return
        with psycopg.connect(SERVER) as postgres:
            postgres.execute("CREATE SCHEMA translate_definitions")
            postgres.execute("SET search_path TO translate_definitions")
            with postgres.cursor() as cursor:
                build_postgresql(*texts, cursor)
            yield Ledgers(schema, duck, postgres)
            postgres.rollback()


def definition(file: Path) -> Definition:
    found = parse(file.read_bytes(), file.name).definition
    assert found is not None
    return found


def statement(step: Step, schema: LedgerSchema, dialect: Dialect) -> Translation:
    found = translate(
        parsed(step.sql.value),
        schema,
        dialect,
        tuple(argument.type for argument in step.arguments),
        nullable=tuple(argument.nullable for argument in step.arguments),
        holes=frozenset(n for n, one in enumerate(step.arguments) if isinstance(one.source, SecretSource)),
        row_limit=1001,
    )
    assert isinstance(found, Translation), found
    return found


def asked(ledgers: Ledgers, found: Mapping[Dialect, Translation], values: Sequence[object]) -> list[list[list[str]]]:
    """The rows of DuckDB, and those of PostgreSQL where there is one."""
    duck, postgres = found[Dialect.DUCKDB], found[Dialect.POSTGRESQL]
    given = [rows(ledgers.duck.execute(duck.sql, [values[n] for n in duck.parameters]).fetchall(), duck.columns)]
    if ledgers.postgres is not None:
        cursor = psycopg.RawCursor(ledgers.postgres)
        cursor.execute(postgres.sql, [values[n] for n in postgres.parameters] or None)
        given.append(rows(cursor.fetchall(), postgres.columns))
    return given


def bound(argument: Argument, message: Mapping[str, Any]) -> object:
    """The argument's value; a column of an earlier step is null here."""
    if not isinstance(argument.source, DataSource):
        return None
    value: Any = message
    for name in argument.source.path:
        value = value.get(name, argument.default) if isinstance(value, dict) else value
    return None if value is None else convert(argument.type, value)


def rows(found: list[tuple[Any, ...]], types: Sequence[SqlType]) -> list[list[str]]:
    """The rows as a body would show them: the drivers differ in what they make of a real."""
    normal = [normaliser(type_) for type_ in types]
    return [
        [shown(None if cell is None else make(cell)) for make, cell in zip(normal, row, strict=True)] for row in found
    ]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_is_carried_and_gives_the_same_on_both(ledgers: Ledgers, file: Path) -> None:
    messages = [json.loads(case.read_bytes()) for case in sorted((ROOT / "fixtures" / file.stem).glob("*/event.json"))]
    found = 0
    for step in definition(file).steps:
        duck = statement(step, ledgers.schema, Dialect.DUCKDB)
        postgres = statement(step, ledgers.schema, Dialect.POSTGRESQL)
        assert duck.columns == postgres.columns
        for message in messages:
            try:
                values = [bound(argument, message) for argument in step.arguments]
            except ValueError:
                continue
            first, *others = asked(ledgers, {Dialect.DUCKDB: duck, Dialect.POSTGRESQL: postgres}, values)
            found += len(first)
            assert all(other == first for other in others)
    assert found


CASES = tomllib.loads(Path(__file__).with_name("ledger_cases.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_an_everyday_query_is_carried(ledgers: Ledgers, case: dict[str, Any]) -> None:
    types = [ArgumentType(name) for name in case.get("arguments", [])]
    values = [read(written) for written in case.get("values", [])]
    found = {}
    for dialect in (Dialect.DUCKDB, Dialect.POSTGRESQL):
        made = translate(parsed(case["sql"]), ledgers.schema, dialect, tuple(types), row_limit=1001)
        assert isinstance(made, Translation), made
        found[dialect] = made
    for given in asked(ledgers, found, values):
        assert given == case["rows"]
