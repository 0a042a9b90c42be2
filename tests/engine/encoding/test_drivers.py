"""What the drivers really give, written as section 4 says."""

from collections.abc import Iterator

import duckdb
import psycopg
import pytest
from psycopg import RawCursor

from engine.encoding import encode_canonical, normaliser
from engine.errors import EncodingError
from engine.model import Kind, SqlType

SAME_ON_BOTH = [
    ("CAST(1 AS smallint)", SqlType(Kind.SMALLINT), "1"),
    ("CAST(2 AS bigint)", SqlType(Kind.BIGINT), "2"),
    ("(SELECT sum(x) FROM (VALUES (CAST(9223372036854775807 AS bigint))) v(x))", SqlType(Kind.BIGINT), f"{2**63 - 1}"),
    ("CAST(123 AS decimal(18,2))", SqlType(Kind.DECIMAL, 18, 2), "123.00"),
    ("CAST(0.00000001 AS decimal(18,8))", SqlType(Kind.DECIMAL, 18, 8), "0.00000001"),
    ("CAST(0 AS decimal(18,10))", SqlType(Kind.DECIMAL, 18, 10), "0.0000000000"),
    ("CAST(-1.5 AS decimal(19,4))", SqlType(Kind.MONEY), "-1.5000"),
    ("CAST('99999999999999999999999999999999999999' AS decimal(38,0))", SqlType(Kind.DECIMAL, 38, 0), "9" * 38),
    ("CAST(1e22 AS double precision)", SqlType(Kind.FLOAT), "1e22"),
    ("CAST(4 AS double precision)", SqlType(Kind.FLOAT), "4.0"),
    ("CAST(1.1 AS real)", SqlType(Kind.REAL), "1.1"),
    ("CAST(16777216 AS real)", SqlType(Kind.REAL), "16777216.0"),
    ("true", SqlType(Kind.BIT), "true"),
    ("'Åsa' || chr(9)", SqlType(Kind.NVARCHAR), '"Åsa\\t"'),
    (
        "CAST('80342534-2508-4cab-a090-c25bf1ddf923' AS uuid)",
        SqlType(Kind.UNIQUEIDENTIFIER),
        '"80342534-2508-4CAB-A090-C25BF1DDF923"',
    ),
    ("CAST('2026-11-24' AS date)", SqlType(Kind.DATE), '"2026-11-24"'),
    ("CAST('10:20:30.120' AS time)", SqlType(Kind.TIME), '"10:20:30.12"'),
    ("CAST('2026-11-24 10:20:30' AS timestamp)", SqlType(Kind.DATETIME2), '"2026-11-24T10:20:30"'),
    ("CAST('2026-11-24 10:20:30.000001' AS timestamp)", SqlType(Kind.DATETIME2), '"2026-11-24T10:20:30.000001"'),
    ("CAST('0001-01-01 00:00:00' AS timestamp)", SqlType(Kind.DATETIME2), '"0001-01-01T00:00:00"'),
    ("CAST(NULL AS text)", SqlType(Kind.NVARCHAR), "null"),
    ("CAST(NULL AS decimal(10,2))", SqlType(Kind.DECIMAL, 10, 2), "null"),
]
DUCKDB_ONLY = [
    ("'\\x00\\xFF'::blob", SqlType(Kind.VARBINARY), '"AP8="'),
    ("170141183460469231731687303715884105727::hugeint", SqlType(Kind.BIGINT), f"{2**127 - 1}"),
]
POSTGRES_ONLY = [
    ("'\\x00ff'::bytea", SqlType(Kind.VARBINARY), '"AP8="'),
    ("'ab'::char(4)", SqlType(Kind.CHAR, length=4), '"ab  "'),
    ("1.50::numeric", None, "1.50"),
    ("0.00000000001::numeric", None, "0.00000000001"),
]


@pytest.fixture(scope="module")
def embedded() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[RawCursor[tuple[object, ...]]]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True, cursor_factory=RawCursor) as connection:
        yield connection.cursor()  # type: ignore[misc]  # the factory is a RawCursor


def written(type_: SqlType | None, row: object) -> str:
    assert isinstance(row, tuple)
    (text,) = encode_canonical(normaliser(type_)(row[0]))
    return text.decode()


@pytest.mark.parametrize(("expression", "type_", "json_text"), [*SAME_ON_BOTH, *DUCKDB_ONLY])
def test_duckdb(embedded: duckdb.DuckDBPyConnection, expression: str, type_: SqlType | None, json_text: str) -> None:
    assert written(type_, embedded.execute(f"SELECT {expression}").fetchone()) == json_text


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(("expression", "type_", "json_text"), [*SAME_ON_BOTH, *POSTGRES_ONLY])
def test_postgresql(
    server: RawCursor[tuple[object, ...]], expression: str, type_: SqlType | None, json_text: str, binary: bool
) -> None:
    assert written(type_, server.execute(f"SELECT {expression}", binary=binary).fetchone()) == json_text


@pytest.mark.parametrize("expression", ["'NaN'::float", "'Infinity'::float", "'-Infinity'::real", "'NaN'::numeric"])
def test_what_postgresql_has_beyond_json(server: RawCursor[tuple[object, ...]], expression: str) -> None:
    row = server.execute(f"SELECT {expression}").fetchone()
    for type_ in (SqlType(Kind.FLOAT), SqlType(Kind.REAL), SqlType(Kind.DECIMAL, 10, 2), None):
        with pytest.raises(EncodingError):
            written(type_, row)


@pytest.mark.parametrize("expression", ["[1, 2]", "{'a': 1}", "INTERVAL 1 DAY", "MAP {'a': 1}", "'inf'::double"])
def test_what_duckdb_has_beyond_json(embedded: duckdb.DuckDBPyConnection, expression: str) -> None:
    row = embedded.execute(f"SELECT {expression}").fetchone()
    with pytest.raises(EncodingError):
        written(None, row)
