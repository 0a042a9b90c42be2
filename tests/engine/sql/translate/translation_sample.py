"""The tables that statements are tried on: everyday values, nulls and edges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from engine.model import Kind, SqlType
from engine.sql.schema import Column, Table

SAMPLE = Table(
    "dbo",
    "sample",
    (
        Column("id", SqlType(Kind.INT)),
        Column("small", SqlType(Kind.SMALLINT)),
        Column("tiny", SqlType(Kind.TINYINT)),
        Column("big", SqlType(Kind.BIGINT)),
        Column("amount", SqlType(Kind.DECIMAL, precision=19, scale=2)),
        Column("rate", SqlType(Kind.DECIMAL, precision=9, scale=6)),
        Column("price", SqlType(Kind.MONEY)),
        Column("fee", SqlType(Kind.SMALLMONEY)),
        Column("flag", SqlType(Kind.BIT)),
        Column("code", SqlType(Kind.CHAR, length=8)),
        Column("name", SqlType(Kind.NVARCHAR, length=40)),
        Column("ref", SqlType(Kind.VARCHAR, length=30)),
        Column("note", SqlType(Kind.NVARCHAR)),
        Column("born", SqlType(Kind.DATE)),
        Column("at", SqlType(Kind.DATETIME)),
        Column("precise", SqlType(Kind.DATETIME2, scale=3)),
        Column("clock", SqlType(Kind.SMALLDATETIME)),
        Column("t", SqlType(Kind.TIME, scale=0)),
        Column("guid", SqlType(Kind.UNIQUEIDENTIFIER)),
        Column("ratio", SqlType(Kind.FLOAT)),
    ),
)
ROWS: list[Mapping[str, object]] = [
    {
        "id": 1,
        "small": 7,
        "tiny": 200,
        "big": 9_000_000_000,
        "amount": Decimal("123.45"),
        "rate": Decimal("0.085000"),
        "price": Decimal("10.5000"),
        "fee": Decimal("0.2500"),
        "flag": True,
        "code": "KFM",
        "name": "Åsa Öberg",
        "ref": "Ref-12 ",
        "note": "Betalt i tid. 1  ",
        "born": date(1980, 2, 29),
        "at": datetime(2024, 1, 31, 10, 20, 30, 123000),
        "precise": datetime(2024, 1, 31, 23, 59, 59, 999000),
        "clock": datetime(2024, 1, 31, 10, 20),
        "t": time(10, 20, 30),
        "guid": UUID("80342534-2508-4cab-a090-c25bf1ddf923"),
        "ratio": 0.1,
    },
    {"id": 2},
    {
        "id": 3,
        "small": -7,
        "tiny": 0,
        "big": -5,
        "amount": Decimal("-123.45"),
        "rate": Decimal("-0.000001"),
        "price": Decimal("-0.0001"),
        "flag": False,
        "code": "",
        "name": "smile 😀",
        "ref": "",
        "note": "",
        "born": date(1, 1, 1),
        "at": datetime(1999, 12, 31, 23, 59, 59, 997000),
        "precise": datetime(1, 1, 1),
        "clock": datetime(2000, 1, 1),
        "t": time(0, 0),
        "guid": UUID(int=0),
        "ratio": -1e300,
    },
]

# A table that examples join; some of its columns are of types that are not carried.
OTHER = Table(
    "dbo",
    "other",
    (
        Column("id", SqlType(Kind.INT)),
        Column("small", SqlType(Kind.SMALLINT)),
        Column("ref", SqlType(Kind.VARCHAR, length=30)),
        Column("place", SqlType(Kind.OTHER, other_name="geography")),
        Column("sentat", SqlType(Kind.DATETIMEOFFSET, scale=7)),
    ),
)

ITEM = Table(
    "dbo",
    "item",
    (
        Column("id", SqlType(Kind.INT)),
        Column("code", SqlType(Kind.VARCHAR, length=20)),
        Column("name", SqlType(Kind.NVARCHAR, length=20)),
        Column("amount", SqlType(Kind.DECIMAL, precision=9, scale=2)),
        Column("sold", SqlType(Kind.DATE)),
        Column("parent", SqlType(Kind.INT)),
    ),
)
PART = Table(
    "dbo",
    "Part",
    (
        Column("ItemId", SqlType(Kind.INT)),
        Column("no", SqlType(Kind.SMALLINT)),
        Column("kind", SqlType(Kind.CHAR, length=3)),
        Column("share", SqlType(Kind.DECIMAL, precision=5, scale=4)),
    ),
)
ITEMS: list[tuple[object, ...]] = [
    (1, "ABC", "Åsa", Decimal("10.00"), date(2024, 1, 31), None),
    (2, "abc ", "åsa", Decimal("20.00"), date(2024, 2, 29), 1),
    (3, "def", "Örjan", None, None, 1),
    (4, None, None, Decimal("-5.50"), date(2024, 1, 1), 2),
]
PARTS: list[tuple[object, ...]] = [
    (1, 1, "a", Decimal("0.5000")),
    (1, 2, "B", Decimal("0.2500")),
    (2, 1, "A", Decimal("0.2500")),
    (9, 1, "x", Decimal("1.0000")),
]


def rows_of(table: Table, rows: list[tuple[object, ...]]) -> list[Mapping[str, object]]:
    """The rows by their columns' names."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]
