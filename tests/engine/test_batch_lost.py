"""An event whose query costs the connection hurts no other event of its batch, also where steps share a snapshot."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from engine import Body, Composer, LedgerUnavailableError

SCHEMA = """
CREATE TABLE dbo.calm (id int NOT NULL, name varchar(10) NULL);
CREATE TABLE dbo.trap (id int NOT NULL, v int NULL);
"""
LEDGER = """
CREATE TABLE calm AS SELECT id, CAST('n' || id AS varchar(10)) AS name FROM generate_series(1, 5) AS number(id);
CREATE VIEW trap AS
    SELECT id, CASE WHEN id = 2 THEN CAST(pg_terminate_backend(pg_backend_pid()) AS int) ELSE id END AS v
    FROM generate_series(1, 5) AS number(id);
"""
ARGUMENT = '<argument source="$data.data.id" type="int"/>'
CALM = f'<query name="calm">select c.name from calm c where c.id = ?{ARGUMENT}</query>'
TRAP = f'<query name="trap">select t.v from trap t where t.id = ?{ARGUMENT}</query>'


@pytest.fixture(scope="module")
def ledger(postgres_url: str) -> Iterator[str]:
    name = f"trap_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        url = postgres_url.rpartition("/")[0] + "/" + name
        try:
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                connection.execute(LEDGER)
            yield url
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize("queries", [TRAP, CALM + TRAP, TRAP + CALM])
@pytest.mark.parametrize("ids", [[1, 3, 2, 4, 5, 2, 1], [2, 1, 3, 4]])
def test_only_its_own_result_is_the_error(tmp_path: Path, ledger: str, queries: str, ids: list[int]) -> None:
    events, definitions = tmp_path / "events", tmp_path / "definitions"
    events.mkdir()
    definitions.mkdir()
    member = {"type": "string", "description": "a number"}
    event = {"title": "fall", "description": "of these tests", "type": "object", "properties": {"id": member}}
    (events / "fall.schema.json").write_text(json.dumps(event))
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (definitions / "fall.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>fall</name>"
        f"<steps>{queries}</steps></aptic_service_definition>"
    )
    with Composer.load(
        definitions, ledger=ledger, ledger_schema=tmp_path / "schema.sql", events=events, timeout=2
    ) as composer:
        messages = [{"data": {"id": number}} for number in ids]
        found = composer.compose_many("fall", messages)
        assert [type(result) for result in found] == [LedgerUnavailableError if n == 2 else Body for n in ids]
        bodies = [result for result in found if isinstance(result, Body)]
        assert bodies == [composer.compose("fall", {"data": {"id": n}}) for n in ids if n != 2]
