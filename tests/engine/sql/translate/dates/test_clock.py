"""The present moment, in the time zone that the ledger's SQL Server has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from translation_ledgers import Ledger, asked, carried, declared, opened_ledgers, schema_of

SCHEMA = schema_of()


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        yield opened


@pytest.mark.parametrize(
    ("function", "type_name", "zone"),
    [
        ("GETDATE()", "datetime", "Asia/Tokyo"),
        ("CURRENT_TIMESTAMP", "datetime", "Europe/Stockholm"),
        ("SYSDATETIME()", "datetime2(6)", "Europe/Stockholm"),
        ("GETUTCDATE()", "datetime", "UTC"),
        ("SYSUTCDATETIME()", "datetime2(6)", "UTC"),
    ],
)
def test_is_now_there(ledgers: list[Ledger], function: str, type_name: str, zone: str) -> None:
    for ledger in ledgers:
        translation = carried(ledger, f"SELECT {function} AS v", SCHEMA, time_zone=zone)
        assert [declared(column) for column in translation.columns] == [type_name]
        found = ledger.rows(translation.sql)[0][0]
        now = datetime.now(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert abs(found - now) < timedelta(seconds=60)
        if type_name == "datetime":
            assert found.microsecond % 1000 == 0
            assert found.microsecond // 1000 % 10 in (0, 3, 7)


def test_the_clocks_of_utc_need_no_time_zone(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        assert isinstance(asked(ledger, "SELECT GETUTCDATE() AS v", SCHEMA)[0][0], datetime)


def test_computes_with_now(ledgers: list[Ledger]) -> None:
    sql = "SELECT DATEDIFF(day, CAST(GETDATE() AS date), DATEADD(day, 3, GETDATE())) AS v"
    for ledger in ledgers:
        assert asked(ledger, sql, SCHEMA, time_zone="Europe/Stockholm") == [(3,)]
