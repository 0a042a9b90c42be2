"""Each SQL Server type as a result and as a parameter, through both real drivers.

The server is the stand-in: this is about drivers and the types on the wire, and proves nothing about SQL Server.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from math import pi
from typing import Any
from uuid import UUID

import pytest
from standin.client import Standin
from standin.records import Answer, Rows

pyodbc = pytest.importorskip("pyodbc", reason="pyodbc needs unixODBC's library", exc_type=ImportError)

LONG = "Långt ☃ 😀 " * 3000
EAST = timezone(timedelta(hours=5, minutes=30))
RESULTS: list[tuple[str, object]] = [
    ("bit", True),
    ("tinyint", 255),
    ("smallint", -32768),
    ("int", -(2**31)),
    ("bigint", 2**63 - 1),
    ("decimal(9,2)", Decimal("-1234567.89")),
    ("decimal(19,4)", Decimal("123456789012345.6789")),
    ("decimal(28,0)", Decimal("9" * 28)),
    ("decimal(38,2)", Decimal("-" + "9" * 36 + ".99")),
    ("decimal(38,38)", Decimal("0." + "1" * 38)),
    ("decimal(5,2)", Decimal("123.00")),
    ("money", Decimal("-922337203685477.5808")),
    ("smallmoney", Decimal("214748.3647")),
    ("float", pi),
    ("real", 0.5),
    ("char(5)", "ab   "),
    ("varchar(10)", "åäö€ ÿ"),
    ("varchar(max)", "å" * 10_000),
    ("varchar(max)", ""),
    ("nchar(5)", "☃    "),
    ("nvarchar(40)", "Åke ☃ 😀"),
    ("nvarchar(40)", ""),
    ("nvarchar(max)", LONG),
    ("nvarchar(max)", ""),
    ("text", "åäö"),
    ("ntext", "Åke ☃ 😀"),
    ("xml", "<å>☃</å>"),
    ("uniqueidentifier", UUID("80342534-2508-4cab-a090-c25bf1ddf923")),
    ("date", date(1, 1, 1)),
    ("date", date(9999, 12, 31)),
    ("time(0)", time(23, 59, 59)),
    ("time(7)", time(10, 20, 30, 123_456)),
    ("smalldatetime", datetime(2079, 6, 6, 23, 59)),
    ("datetime", datetime(1753, 1, 1)),
    ("datetime", datetime(2024, 2, 29, 23, 59, 59, 997_000)),
    ("datetime", datetime(2024, 2, 29, 10, 20, 30, 123_000)),
    ("datetime2(0)", datetime(2024, 2, 29, 10, 20, 30)),
    ("datetime2(3)", datetime(2024, 2, 29, 10, 20, 30, 123_000)),
    ("datetime2(7)", datetime(9999, 12, 31, 23, 59, 59, 999_999)),
    ("binary(4)", b"\x00\x01\xfe\xff"),
    ("varbinary(10)", b"\x00\xff"),
    ("varbinary(max)", bytes(range(256)) * 100),
    ("varbinary(max)", b""),
    ("image", b"\x89PNG\x00"),
    ("rowversion", b"\0\0\0\0\0\0\x07\xd1"),
]
TYPES = [*list(dict.fromkeys(type_ for type_, _ in RESULTS)), "datetimeoffset(7)"]


@pytest.fixture
def connection(connection: pyodbc.Connection) -> pyodbc.Connection:
    connection.add_output_converter(pyodbc.SQL_GUID, lambda raw: UUID(bytes_le=raw))
    connection.add_output_converter(-155, datetimeoffset)  # pyodbc has no type of its own for it
    return connection


def datetimeoffset(raw: bytes) -> datetime:
    """From ODBC's SQL_SS_TIMESTAMPOFFSET_STRUCT."""
    *moment, nanoseconds, hours, minutes = struct.unpack("<hHHHHHIhh", raw)
    return datetime(*moment, nanoseconds // 1000, timezone(timedelta(hours=hours, minutes=minutes)))


@pytest.fixture
def planned(standin: Standin, connection: pyodbc.Connection) -> Callable[[str, object], object]:
    def run(type_: str, value: object) -> object:
        standin.answer(Answer("planned", [Rows([("before", "int"), ("it", type_), ("after", "int")], [[1, value, 2]])]))
        before, found, after = connection.execute("select planned").fetchone()
        assert (before, after) == (1, 2)
        return found

    return run


@pytest.mark.parametrize(("type_", "value"), RESULTS, ids=lambda item: str(item)[:30])
def test_a_result_of_each_type_arrives_as_it_is(planned: Any, type_: str, value: object) -> None:
    found = planned(type_, value)
    assert found == value
    if isinstance(value, Decimal):
        assert str(found) == str(value)


@pytest.mark.parametrize("type_", TYPES)
def test_null_arrives_in_each_type(planned: Any, type_: str) -> None:
    assert planned(type_, None) is None


@pytest.mark.parametrize(
    "value",
    [
        datetime(2024, 2, 29, 10, 20, 30, 123_456, EAST),
        datetime(2024, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2024, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_datetimeoffset_arrives_by_a_converter(planned: Any, value: datetime) -> None:
    found = planned("datetimeoffset(7)", value)
    assert (found, found.utcoffset()) == (value, value.utcoffset())


PARAMETERS: list[tuple[object, tuple[int, int, int] | None, str]] = [
    (True, None, "bit"),
    (5, None, "int"),
    (2**63 - 1, (pyodbc.SQL_BIGINT, 0, 0), "bigint"),
    (Decimal("-12.340"), None, "decimal(5,3)"),
    (Decimal("9" * 36 + ".99"), (pyodbc.SQL_DECIMAL, 38, 2), "decimal(38,2)"),
    (pi, None, "float"),
    ("765", (pyodbc.SQL_VARCHAR, 50, 0), "varchar(50)"),
    ("åäö€", (pyodbc.SQL_VARCHAR, 50, 0), "varchar(50)"),
    ("Åke ☃ 😀", (pyodbc.SQL_WVARCHAR, 4000, 0), "nvarchar(4000)"),
    (None, (pyodbc.SQL_WVARCHAR, 4000, 0), "nvarchar(4000)"),
    (None, (pyodbc.SQL_BIGINT, 0, 0), "bigint"),
    (date(2024, 2, 29), None, "date"),
    (datetime(2024, 2, 29, 10, 20, 30, 123_456), None, "datetime2(7)"),
    (UUID("80342534-2508-4cab-a090-c25bf1ddf923"), None, "uniqueidentifier"),
    (b"\x00\xff", None, "varbinary(2)"),
]


@pytest.mark.parametrize(("value", "size", "declared"), PARAMETERS, ids=lambda item: str(item)[:30])
def test_a_parameter_of_each_type_arrives_as_it_was_declared(
    standin: Standin, connection: pyodbc.Connection, value: object, size: Any, declared: str
) -> None:
    cursor = connection.cursor()
    if size is not None:
        cursor.setinputsizes([size])
    assert cursor.execute("select ? as it", value).fetchone()[0] == value
    (arrival,) = standin.arrivals("sp_prepexec", "sp_executesql")
    (parameter,) = arrival.parameters
    assert (parameter.declared, parameter.value) == (declared, value)


def test_a_long_text_goes_whole(connection: pyodbc.Connection) -> None:
    assert connection.execute("select ? as it", LONG).fetchone()[0] == LONG


def test_values_of_the_fixture_ledger_have_the_types_of_its_columns(connection: pyodbc.Connection) -> None:
    cursor = connection.execute(
        "select top 1 c.uniqueid, c.clientname, c.commissionrate, c.notifyservice, c.orgno, c.logothumbnail"
        " from dat_client c where c.clientid = ?",
        501,
    )
    assert tuple(cursor.fetchone()) == (
        UUID("5F0C9A52-6A3B-4E1F-9C39-0A7A1E0B5D01"),
        "Åkes Östra Elnät AB",
        Decimal("0.125000"),
        True,
        "556001-0011",
        bytes.fromhex("89504E470D0A1A0A"),
    )
