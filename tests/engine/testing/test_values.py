from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from engine.model import SQL_SERVER_DEFAULT, Collation
from engine.sql.ddl import read_schema
from engine.testing.values import Convert, converters

GUID = "80342534-2508-4cab-a090-c25bf1ddf923"


def forms(declared: str, database: Collation = SQL_SERVER_DEFAULT) -> Mapping[str, Convert]:
    table = read_schema(f"CREATE TABLE t (c {declared})").schema.table("t")
    assert table is not None
    return converters(table.columns[0].type, database)


def value(declared: str, literal: str) -> object:
    form = "hex" if literal.startswith("0x") else "text" if "'" in literal else "number"
    return forms(declared)[form](literal)


def reason(declared: str, literal: str) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        value(declared, literal)
    return str(caught.value)


@pytest.mark.parametrize(
    ("declared", "literal", "expected"),
    [
        ("bit", "1", True),
        ("bit", "'False'", False),
        ("tinyint", "255", 255),
        ("smallint", "-32768", -32768),
        ("int", "+2147483647", 2147483647),
        ("int", "'  12 '", 12),
        ("bigint", "-9223372036854775808", -(2**63)),
        ("decimal(19, 2)", "-123.4", Decimal("-123.40")),
        ("decimal(19, 2)", "7", Decimal("7.00")),
        ("decimal(19, 2)", "1.5000", Decimal("1.50")),
        ("decimal(5, 5)", ".12345", Decimal("0.12345")),
        ("decimal(38, 0)", "9" * 38, Decimal("9" * 38)),
        ("decimal(9, 2)", "-0.00", Decimal("0.00")),
        ("money", "922337203685477.5807", Decimal("922337203685477.5807")),
        ("smallmoney", "'-214748.3648'", Decimal("-214748.3648")),
        ("float", "1.5e300", 1.5e300),
        ("float", "0.1", 0.1),
        ("real", "0.1", 0.10000000149011612),
        ("char(5)", "N'ab'", "ab   "),
        ("char(2)", "'ab   '", "ab"),
        ("nchar(3)", "N'😀'", "😀 "),
        ("varchar(3)", "'Åé '", "Åé "),
        ("varchar(5)", "N'it''s'", "it's"),
        ("varchar(3) COLLATE Latin1_General_100_CI_AS_SC_UTF8", "N'€'", "€"),
        ("nvarchar(max)", "N''", ""),
        ("xml", "N'<a>1</a>'", "<a>1</a>"),
        ("uniqueidentifier", f"'{GUID.upper()}'", UUID(GUID)),
        ("uniqueidentifier", f"'{{{GUID}}}'", UUID(GUID)),
        ("varbinary(3)", "0xABC", b"\x0a\xbc"),
        ("varbinary(max)", "0x", b""),
        ("binary(4)", "0x01ff", b"\x01\xff\x00\x00"),
        ("date", "'2026-02-28'", date(2026, 2, 28)),
        ("date", "'20260228 23:59'", date(2026, 2, 28)),
        ("time(0)", "'10:20:30.49'", time(10, 20, 30)),
        ("time(3)", "'2026-01-01T10:20:30.1235'", time(10, 20, 30, 124000)),
        ("time", "'10:20'", time(10, 20)),
        ("datetime2(3)", "'2026-11-24T10:20:30.1234567'", datetime(2026, 11, 24, 10, 20, 30, 123000)),
        ("datetime2(0)", "'2026-12-31 23:59:59.5'", datetime(2027, 1, 1)),
        ("datetime2", "'0001-01-01 00:00:00.1234560'", datetime(1, 1, 1, 0, 0, 0, 123456)),
        ("datetimeoffset(0)", "'2026-07-01 10:00:00 +02:00'", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("datetimeoffset", "'2026-07-01'", datetime(2026, 7, 1, tzinfo=UTC)),
        ("datetimeoffset", "'2026-07-01T10:00:00-03:30'", datetime(2026, 7, 1, 13, 30, tzinfo=UTC)),
    ],
)
def test_what_is_stored(declared: str, literal: str, expected: object) -> None:
    found = value(declared, literal)
    assert found == expected
    assert type(found) is type(expected)
    if isinstance(expected, Decimal):
        assert str(found) == str(expected)


# Microsoft Learn, "datetime (Transact-SQL)", table of rounding; "smalldatetime (Transact-SQL)".
@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("23:59:59.999", "1998-01-02T00:00:00.000"),
        ("23:59:59.995", "1998-01-01T23:59:59.997"),
        ("23:59:59.998", "1998-01-01T23:59:59.997"),
        ("23:59:59.992", "1998-01-01T23:59:59.993"),
        ("23:59:59.994", "1998-01-01T23:59:59.993"),
        ("23:59:59.990", "1998-01-01T23:59:59.990"),
        ("23:59:59.991", "1998-01-01T23:59:59.990"),
        ("00:00:00.001", "1998-01-01T00:00:00.000"),
        ("00:00:00.002", "1998-01-01T00:00:00.003"),
    ],
)
def test_datetime_rounds_to_three_hundredths(literal: str, expected: str) -> None:
    assert value("datetime", f"'1998-01-01 {literal}'") == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("seconds", "minute"), [("29.998", 35), ("29.999", 36), ("30", 36), ("00", 35)])
def test_smalldatetime_rounds_to_the_minute(seconds: str, minute: int) -> None:
    assert value("smalldatetime", f"'2000-05-08 12:35:{seconds}'") == datetime(2000, 5, 8, 12, minute)


@pytest.mark.parametrize(
    ("declared", "literal", "why"),
    [
        ("bit", "2", "write 0 or 1"),
        ("tinyint", "-1", "goes from 0 to 255"),
        ("int", "2147483648", "goes from"),
        ("int", "1.0", "write a whole number"),
        ("int", "'1_0'", "write a whole number"),
        ("int", "''", "write a whole number"),
        ("decimal(5, 2)", "1000", "too large"),
        ("decimal(5, 2)", "1.005", "holds 2 digits behind the point"),
        ("decimal(5, 2)", "1e2", "without an exponent"),
        ("decimal(5, 2)", "'NaN'", "without an exponent"),
        ("money", "922337203685477.5808", "too large"),
        ("money", "0.00001", "holds 4 digits"),
        ("smallmoney", "214748.3648", "too large"),
        ("float", "1e309", "1.79E+308"),
        ("float", "'inf'", "write a number"),
        ("real", "3.5e38", "3.40E+38"),
        ("char(2)", "'abc'", "char(2), for which the text is too long"),
        ("nvarchar(1)", "N'😀'", "nvarchar(1), for which the text is too long"),
        ("varchar(5)", "N'日'", "U+65E5"),
        ("nvarchar(5)", "'日'", "write N'…'"),
        ("varchar(5) COLLATE Nowhere_CI_AS", "N'å'", "use nvarchar"),
        ("varchar(3) COLLATE Latin1_General_100_CI_AS_SC_UTF8", "N'€€'", "too long"),
        ("nvarchar(9)", "N'a\\\nb'", "backslash at a line's end"),
        ("nvarchar(9)", "N'a\0'", "U+0000"),
        ("xml", "N'<?xml version=\"1.0\"?><a/>'", "leave it out"),
        ("uniqueidentifier", "'80342534'", "8-4-4-4-12"),
        ("varbinary(1)", "0xABC", "too many bytes"),
        ("date", "'24/11/2026'", "YYYY-MM-DD"),
        ("date", "'2026-1124'", "YYYY-MM-DD"),
        ("date", "'2026-02-29'", "no date of the calendar"),
        ("date", "''", "YYYY-MM-DD"),
        ("time", "'25:00'", "no time of day"),
        ("time(0)", "'23:59:59.5'", "rounds to the next day"),
        ("datetime2", "'2026-11-24 10:20:30.1234567'", "below a microsecond"),
        ("datetime2(3)", "'2026-11-24 10:20:30.12345678'", "more than seven digits"),
        ("datetime2(3)", "'2026-11-24 10:20 +01:00'", "has an offset"),
        ("datetime2(0)", "'9999-12-31 23:59:59.9'", "beyond the year 9999"),
        ("datetime", "'2026-11-24 10:20:30.1234'", "more than three digits"),
        ("datetime", "'1752-12-31'", "before 1753"),
        ("smalldatetime", "'2079-06-06 23:59:30'", "1900-01-01 to 2079-06-06"),
        ("smalldatetime", "'1899-12-31'", "1900-01-01 to 2079-06-06"),
        ("datetimeoffset", "'2026-11-24 10:20 +14:30'", "beyond 14:00"),
    ],
)
def test_what_is_refused(declared: str, literal: str, why: str) -> None:
    assert why in reason(declared, literal)


def test_an_offset_is_kept_by_the_value() -> None:
    found = value("datetimeoffset", "'2026-07-01 10:00 +05:30'")
    assert isinstance(found, datetime)
    assert found.utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("declared", ["sql_variant", "geography", "rowversion"])
def test_types_that_take_no_literal(declared: str) -> None:
    assert forms(declared) == {}


def test_forms_do_not_mix() -> None:
    assert set(forms("varchar(9)")) == {"text"}
    assert set(forms("varbinary(9)")) == {"hex"}
    assert set(forms("int")) == {"number", "text"}
    assert set(forms("date")) == {"text"}
