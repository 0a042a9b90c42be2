from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import processor_seconds_below

from engine.errors import ConfigurationError
from engine.sql.ddl import read_schema
from engine.testing.literals import read_data

SCHEMA = read_schema(
    """
    CREATE TYPE dbo.Code FROM varchar(5) NOT NULL
    CREATE TABLE dbo.t (id int NOT NULL PRIMARY KEY, [the name] nvarchar(20) NULL, amount decimal(9, 2) DEFAULT ((0)))
    CREATE TABLE arc.[odd)table] (a int)
    CREATE TABLE versioned (id int, stamp rowversion, twice AS id * 2, made datetime DEFAULT (getdate()) NOT NULL)
    CREATE TABLE keyed (code varchar(5) NOT NULL, part int NOT NULL, PRIMARY KEY (code, part))
    CREATE TABLE shaped (id int, shape geography NULL)
    CREATE TABLE scripted (
        id int IDENTITY NOT NULL, at datetime NULL, price decimal(10, 2) NULL, precise datetime2(3) NULL,
        small smalldatetime NULL, day date NULL, data varbinary(20) NULL
    )
    CREATE SYNONYM other FOR dbo.t
    GO
    CREATE VIEW v AS SELECT id FROM t
    """
).schema


def rows(text: str) -> dict[str, list[tuple[object, ...]]]:
    return {found.table.name: list(zip(*found.values, strict=True)) for found in read_data(text, SCHEMA)}


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_data(text, SCHEMA, "my data.sql")
    assert caught.value.file == "my data.sql"
    assert caught.value.message.startswith(f"my data.sql:{caught.value.line}: ")
    return caught.value.message.removeprefix("my data.sql:")


class TestStatements:
    def test_everything_that_may_stand_between(self) -> None:
        found = rows(
            """-- a comment; INSERT INTO nothing
            USE [Ledger]
            GO
            SET NOCOUNT ON; SET IDENTITY_INSERT [dbo].[t] ON
            /* INSERT
               ( */ INSERT INTO dbo.t ([ID] /* key */ , "the name", -- and
                   amount) VALUES
              (1, N'it''s -- no comment', -1.5), -- (2, N'x', 1)
              ( /* ( */ 2 , NULL , +2.25 );
            insert t (amount, id)values(DEFAULT,3)
            GO
            INSERT [arc].[odd)table] VALUES (1),(2);;
            INSERT other (id) VALUES (4)
            """
        )
        assert found == {
            "t": [
                (1, "it's -- no comment", Decimal("-1.50")),
                (2, None, Decimal("2.25")),
                (3, None, Decimal("0.00")),
                (4, None, Decimal("0.00")),
            ],
            "odd)table": [(1,), (2,)],
        }

    def test_nothing(self) -> None:
        assert rows("") == rows(" \n-- nothing\n/**/ GO\n;") == {}

    def test_computed_and_rowversion_columns_are_left_out(self) -> None:
        found = rows("INSERT versioned (id, made) VALUES (7, '2026-01-01'), (8, '2026-01-01')")
        assert [row[:2] for row in found["versioned"]] == [(7, (1).to_bytes(8)), (8, (2).to_bytes(8))]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("\nDELETE FROM t", "2: only INSERT"),
            ("SET DATEFORMAT dmy", "1: only INSERT"),
            ("INSERT t SELECT 1", "1: only INSERT"),
            ("INSERT nothing VALUES (1)", "1: nothing is not a table of the schema"),
            ("INSERT v VALUES (1)", "1: v is not a table of the schema"),
            ("INSERT t (id, nix) VALUES (1, 2)", "1: column nix of t is not there"),
            ("INSERT t (id, ID) VALUES (1, 2)", "1: a column of t is listed twice"),
            ("INSERT versioned (twice) VALUES (1)", "1: column twice of versioned is computed: leave it out"),
            ("INSERT versioned (stamp) VALUES (0x1)", "1: column stamp of versioned is rowversion"),
            ("INSERT versioned (id) VALUES (1)", "1: column made cannot be left out: it has the default getdate()"),
            ("INSERT t (amount) VALUES (1)", "1: column id cannot be left out: it is NOT NULL"),
            ("INSERT t (id) VALUES 1", "1: a row in parentheses is expected here"),
            ("INSERT t (id) VALUES\n(1),\n", "3: a row in parentheses is expected here"),
            ("INSERT t (id) VALUES\n(1),\n(1+1)", "3: a literal is expected here, for column id"),
            ("INSERT t (id) VALUES\n(GETDATE())", "2: a literal is expected here, for column id"),
            ("INSERT t (id, amount) VALUES (1)", "1: a row of 2 values is expected here"),
            ("INSERT t (id) VALUES (1, 2)", "1: a row of 1 values is expected here"),
            ("INSERT t (id) VALUES (N'1", "1: a literal is expected here"),
            ("INSERT t (id, amount) VALUES (1,\n 1000000000)", "2: column amount is decimal(9,2)"),
            ("INSERT t (id) VALUES (NULL)", "1: column id is NOT NULL"),
            ("INSERT t (id, [the name]) VALUES (1, 5)", "1: column the name does not take a number literal"),
            ("INSERT t (id, [the name]) VALUES (1, 0x05)", "1: column the name does not take a hex literal"),
            ("INSERT shaped VALUES (1, NULL), (2, 'POINT(1 1)')", "1: column shape does not take a text literal"),
            ("INSERT t (id) VALUES (1),\n(2),\n(1)", "3: an earlier row of t has the same primary key"),
            (
                "INSERT keyed VALUES ('a', 1), ('a', 2),\n('A ', 2)",
                "2: an earlier row of keyed has the same primary key",
            ),
        ],
    )
    def test_refused(self, text: str, message: str) -> None:
        assert refusal(text).startswith(message)

    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("at", "CAST(N'2020-01-02' AS Date)", "column at is datetime: CAST to this type"),
            ("at", "CAST(0x00 AS DateTime)", "column at is datetime, whose 8 bytes"),
            ("at", "CAST(0x0000A8FF018B8200 AS DateTime)", "column at is datetime, whose 8 bytes"),
            ("at", "CAST(0xFFF00000018B81FF AS DateTime)", "column at is no date of the calendar"),
            ("at", "CAST(0x FF AS DateTime)", "a literal is expected here, for column at"),
            ("at", "CAST(0xFFFF0000018B81FF AS DateTime)", "column at is before 1753"),
            ("at", "CAST(5 AS DateTime)", "column at does not take a number literal in a CAST"),
            ("at", "CAST(DEFAULT AS DateTime)", "column at does not take a default literal in a CAST"),
            ("at", "CAST(N'2020-01-02T03:04:05.9971' AS DateTime)", "column at has more than three digits"),
            ("price", "CAST(12.50 AS Decimal(10, 1))", "column price is decimal(10,2): CAST to this type"),
            ("price", "CAST(12 AS Decimal(10))", "column price is decimal(10,2): CAST to this type"),
            ("price", "CAST(12.505 AS Decimal(10, 2))", "column price holds 2 digits behind the point"),
            ("precise", "CAST(N'2020-01-02' AS DateTime2(1))", "column precise is datetime2(3): CAST to this type"),
            ("small", "CAST(0xA8FF05A0 AS SmallDateTime)", "column small is smalldatetime, whose 4 bytes"),
            ("day", "CAST(0x5B950A01 AS Date)", "column day is date, whose 3 bytes"),
            ("day", "CAST(0xFFFFFF00 AS Date)", "column day is no date of the calendar"),
            ("price", "CAST(CAST(1 AS int) AS Decimal(10, 2))", "a literal is expected here, for column price"),
        ],
    )
    def test_casts_that_would_change_a_value_are_refused(self, column: str, value: str, message: str) -> None:
        assert refusal(f"INSERT scripted (id, {column}) VALUES\n(1, {value})").startswith(f"2: {message}")


class TestScriptedData:
    """What SQL Server Management Studio writes as "Data only"."""

    def test_a_script_loads_as_it_is(self) -> None:
        found = rows(
            """USE [Shop]
GO
SET ANSI_NULLS, QUOTED_IDENTIFIER ON
GO
SET ARITHABORT ON
GO
SET IDENTITY_INSERT [dbo].[scripted] ON\x20
GO
INSERT [dbo].[scripted] ([id], [at], [price], [precise], [small], [day], [data]) VALUES (1, CAST(N'2020-01-02T03:04:05.997' AS DateTime), CAST(12.50 AS Decimal(10, 2)), CAST(N'2020-01-02T03:04:05.1235000' AS DateTime2), CAST(N'2020-01-02T03:04:00' AS SmallDateTime), CAST(N'2020-01-02' AS Date), 0x0102)
GO
print 'Processed 100 total records'
INSERT [dbo].[scripted] VALUES (2, CAST(0x0000A8FF00C5C100 AS DateTime), CAST(7 AS Numeric(10, 2)), NULL, CAST(0xA8FF02D0 AS SmallDateTime), CAST(0x5B950A00 AS Date), 0x), (3, CAST(0xFFFF2E46018B81FF AS [datetime]), CAST(NULL AS Decimal(10,2)), NULL, NULL, NULL, NULL)
GO
SET IDENTITY_INSERT [dbo].[scripted] OFF
GO
"""  # noqa: E501  # as it is written
        )
        first, second, third = found["scripted"]
        moment = datetime(2020, 1, 2, 3, 4, 5)
        assert first[:3] == (1, moment.replace(microsecond=997_000), Decimal("12.50"))
        assert first[3:] == (moment.replace(microsecond=124_000), moment.replace(second=0), moment.date(), b"\1\2")
        noon = datetime(2018, 6, 14, 12)
        assert second == (2, noon, Decimal("7.00"), None, noon, date(1900, 1, 1), b"")
        assert third == (3, datetime(1753, 1, 1, 23, 59, 59, 997_000), None, None, None, None, None)

    @given(st.datetimes(datetime(1753, 1, 1), datetime(9999, 12, 31)))
    def test_bytes_and_text_are_the_same_datetime(self, moment: datetime) -> None:
        days = (moment.date() - date(1900, 1, 1)).days
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        tick = moment.microsecond * 299 // 999_999
        written = f"{moment:%H:%M:%S}.{(tick * 20 + 3) // 6:03d}"
        digits = f"{days & 0xFFFFFFFF:08X}{second * 300 + tick:08X}"
        script = (
            f"INSERT scripted (id, at) VALUES (1, CAST(0x{digits} AS DateTime)),"
            f"(2, CAST(N'{moment.date().isoformat()}T{written}' AS DateTime))"
        )
        (_, of_bytes, *_), (_, of_text, *_) = rows(script)["scripted"]
        assert of_bytes == of_text


class TestProperties:
    @given(st.lists(st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9))))
    def test_texts_come_back(self, texts: list[tuple[str]]) -> None:
        script = "".join(
            f"INSERT t (id, [the name]) VALUES ({number}, N'{text.replace(chr(39), chr(39) * 2)}')\n"
            for number, (text,) in enumerate(texts)
            if "\\\n" not in text and "\\\r" not in text
        )
        expected = [text for (text,) in texts if "\\\n" not in text and "\\\r" not in text]
        assert [row[1] for row in rows(script).get("t", [])] == expected

    @given(st.text())
    def test_any_text_is_read_or_refused_with_its_line(self, text: str) -> None:
        line = 1
        try:
            read_data("INSERT t (id) VALUES (1)" + text, SCHEMA)
        except ConfigurationError as error:
            line = error.line or 0
        assert 1 <= line <= text.count("\n") + 1

    def test_time_is_linear(self) -> None:
        script = "INSERT t (id, [the name], amount) VALUES\n" + ",\n".join(
            f"({number}, N'Påminnelse {number}', {number}.25)" for number in range(5_000)
        )
        with processor_seconds_below(5):
            assert len(rows(script)["t"]) == 5_000
        with processor_seconds_below(5):
            refusal("INSERT t (id) VALUES (" + "/*" * 50_000)
