import contextlib
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.conversion import convert, convert_column, may_convert
from engine.model import ArgumentType as T
from engine.model import Kind

GUID = UUID("80342534-2508-4CAB-A090-C25BF1DDF923")
CET = timezone(timedelta(hours=1))

ACCEPTED = [
    (T.STRING, "Åse ", "Åse "),
    (T.STRING, "", ""),
    (T.STRING, 18142, "18142"),
    (T.STRING, True, "true"),
    (T.STRING, Decimal("1E+2"), "100"),
    (T.STRING, Decimal("123.00"), "123.00"),
    (T.STRING, Decimal("1E+400"), "1" + "0" * 400),
    (T.STRING, 1e22, "1e22"),
    (T.STRING, 10**999, "1" + "0" * 999),
    (T.INT, "18142", 18142),
    (T.INT, 18142, 18142),
    (T.INT, "-9223372036854775808", -(2**63)),
    (T.INT, "9223372036854775807", 2**63 - 1),
    (T.DECIMAL, "123.00", Decimal("123.00")),
    (T.DECIMAL, -7, Decimal(-7)),
    (T.DECIMAL, 12.5, Decimal("12.5")),
    (T.DECIMAL, Decimal("1E+2"), Decimal(100)),
    (T.DECIMAL, "-0." + "0" * 36 + "1", Decimal("-0." + "0" * 36 + "1")),
    (T.DOUBLE, "1e3", 1000.0),
    (T.DOUBLE, "-0.5", -0.5),
    (T.DOUBLE, 4, 4.0),
    (T.BOOLEAN, "true", True),
    (T.BOOLEAN, "0", False),
    (T.BOOLEAN, 1, True),
    (T.BOOLEAN, False, False),
    (T.DATE, "2026-11-24", date(2026, 11, 24)),
    (T.DATETIME, "2026-11-24T10:20:30", datetime(2026, 11, 24, 10, 20, 30)),
    (T.DATETIME, "2026-11-24 10:20:30.123", datetime(2026, 11, 24, 10, 20, 30, 123000)),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30Z", datetime(2026, 11, 24, 10, 20, 30, tzinfo=UTC)),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30.5+01:00", datetime(2026, 11, 24, 10, 20, 30, 500000, tzinfo=CET)),
    (T.GUID, "80342534-2508-4cab-a090-c25bf1ddf923", GUID),
    (T.GUID, GUID, GUID),
]

REFUSED = [
    (T.STRING, ["a"]),
    (T.STRING, {}),
    (T.STRING, "a\0b"),
    (T.STRING, "\ud800"),
    (T.STRING, math.nan),
    (T.STRING, Decimal("NaN")),
    (T.STRING, Decimal("sNaN")),
    (T.STRING, Decimal("1E+999999999999999999")),
    (T.STRING, Decimal("1E-999999999999999999")),
    (T.STRING, 10**1000),
    (T.STRING, "x" * 1_048_577),
    (T.INT, "18142 "),
    (T.INT, " 18142"),
    (T.INT, "+1"),
    (T.INT, "1e3"),
    (T.INT, "1.0"),
    (T.INT, ""),
    (T.INT, "0x10"),
    (T.INT, "1_000"),
    (T.INT, "١٢"),
    (T.INT, "9" * 5000),
    (T.INT, "9223372036854775808"),
    (T.INT, 2**63),
    (T.INT, True),
    (T.INT, 1.5),
    (T.INT, 1.0),
    (T.DECIMAL, "1e3"),
    (T.DECIMAL, "1,5"),
    (T.DECIMAL, ".5"),
    (T.DECIMAL, "5."),
    (T.DECIMAL, "9" * 39),
    (T.DECIMAL, Decimal("NaN")),
    (T.DECIMAL, Decimal("1E+40")),
    (T.DECIMAL, Decimal("1E-38")),
    (T.DECIMAL, "0." + "0" * 38),
    (T.DECIMAL, math.inf),
    (T.DECIMAL, True),
    (T.DOUBLE, "nan"),
    (T.DOUBLE, "inf"),
    (T.DOUBLE, "1e999"),
    (T.DOUBLE, 2**53 + 1),
    (T.DOUBLE, True),
    (T.BOOLEAN, "True"),
    (T.BOOLEAN, "yes"),
    (T.BOOLEAN, 2),
    (T.BOOLEAN, 1.0),
    (T.DATE, "2026-02-30"),
    (T.DATE, "20261124"),
    (T.DATE, "2026-11-24T00:00:00"),
    (T.DATE, datetime(2026, 11, 24)),
    (T.DATETIME, "2026-11-24"),
    (T.DATETIME, "2026-11-24T10:20:30Z"),
    (T.DATETIME, "2026-11-24T10:20:30+01:00"),
    (T.DATETIME, "2026-11-24T10:20:30.1234567"),
    (T.DATETIME, "2026-11-24T24:00:00"),
    (T.DATETIME, datetime(2026, 11, 24, tzinfo=UTC)),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30"),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30+25:00"),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30+14:01"),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30+01:60"),
    (T.DATETIMEOFFSET, "2026-11-24T10:20:30+01:00 "),
    (T.DATETIMEOFFSET, datetime(2026, 11, 24)),
    (T.GUID, "{80342534-2508-4CAB-A090-C25BF1DDF923}"),
    (T.GUID, "80342534-2508-4CAB-A090-C25BF1DDF92"),
    (T.GUID, "8034253425084CABA090C25BF1DDF923"),
]


@pytest.mark.parametrize(("type_", "value", "expected"), ACCEPTED)
def test_accepted(type_: T, value: object, expected: object) -> None:
    found = convert(type_, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("type_", "value"), REFUSED)
def test_refused(type_: T, value: object) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        convert(type_, value)
    assert not isinstance(value, str) or len(value) < 2 or value not in str(caught.value)


@pytest.mark.parametrize("type_", [type_ for type_ in T if type_ is not T.STRING])
def test_none_is_never_a_value(type_: T) -> None:
    with pytest.raises(ValueError, match="is not"):
        convert(type_, None)


@given(st.sampled_from(T), st.text())
def test_text_converts_or_raises_value_error(type_: T, text: str) -> None:
    with contextlib.suppress(ValueError):
        assert convert(type_, text) is not None


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_int_survives_as_text(number: int) -> None:
    assert convert(T.INT, str(number)) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**30), max_value=10**30))
def test_a_decimal_keeps_its_scale(number: Decimal) -> None:
    assert str(convert(T.DECIMAL, format(number, "f"))) == format(number, "f")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (T.INT, Decimal("5.00"), 5),
        (T.INT, 5.0, 5),
        (T.DOUBLE, Decimal("0.5"), 0.5),
        (T.DATE, datetime(2026, 11, 24), date(2026, 11, 24)),
        (T.DATETIME, date(2026, 11, 24), datetime(2026, 11, 24)),
        (T.STRING, GUID, "80342534-2508-4CAB-A090-C25BF1DDF923"),
        (T.STRING, date(2026, 11, 24), "2026-11-24"),
        (T.STRING, datetime(2026, 11, 24, 10, 20, 30, 120000), "2026-11-24T10:20:30.12"),
        (T.STRING, datetime(2026, 11, 24, 10, 20, 30), "2026-11-24T10:20:30"),
        (T.STRING, 5, "5"),
    ],
)
def test_a_column_converts_where_nothing_is_lost(type_: T, value: object, expected: object) -> None:
    assert convert_column(type_, value) == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (T.INT, Decimal("5.01")),
        (T.INT, math.inf),
        (T.DOUBLE, Decimal("0.12345678901234567890")),
        (T.DATE, datetime(2026, 11, 24, 0, 0, 1)),
        (T.BOOLEAN, Decimal(1)),
    ],
)
def test_a_column_does_not_convert_with_loss(type_: T, value: object) -> None:
    with pytest.raises(ValueError, match=r"is not|is a decimal"):
        convert_column(type_, value)


class _Text(StrEnum):
    NAME = "value"


class _Number(IntEnum):
    NAME = 7


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (T.INT, _Number.NAME, 7),
        (T.DECIMAL, _Number.NAME, Decimal(7)),
        (T.STRING, _Number.NAME, "7"),
        (T.STRING, _Text.NAME, "value"),
        (T.DECIMAL, 0.00001, Decimal("0.00001")),
        (T.DECIMAL, 1e16, Decimal(10**16)),
        (T.DECIMAL, 12.5, Decimal("12.5")),
    ],
)
def test_what_a_library_caller_may_pass_becomes_a_plain_value(type_: T, value: object, expected: object) -> None:
    found = convert(type_, value)
    assert (found, type(found)) == (expected, type(expected))


def test_a_time_of_an_earlier_step_may_be_text() -> None:
    assert convert_column(T.STRING, time(10, 20, 30, 120000)) == "10:20:30.12"
    assert convert_column(T.STRING, time(10, 20)) == "10:20:00"


SAMPLES: dict[Kind, list[object]] = {
    Kind.BIT: [True, False],
    Kind.INT: [0, 1, -7, 2**31 - 1],
    Kind.DECIMAL: [Decimal(0), Decimal("1.00"), Decimal("-2.5")],
    Kind.FLOAT: [0.0, 1.0, 2.5],
    Kind.NVARCHAR: ["1", "2.5", "2026-11-24", "2026-11-24T10:00:00", "2026-11-24T10:00:00Z", str(UUID(int=7))],
    Kind.UNIQUEIDENTIFIER: [str(UUID(int=7)).upper()],
    Kind.DATE: [date(2026, 11, 24)],
    Kind.TIME: [time(10, 20)],
    Kind.DATETIME2: [datetime(2026, 11, 24)],
    Kind.DATETIMEOFFSET: [datetime(2026, 11, 24, tzinfo=UTC)],
    Kind.VARBINARY: [b"", b"7"],
}


def converts(type_: T, value: object) -> bool:
    try:
        convert_column(type_, value)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("type_", T)
def test_what_never_converts_is_known_beforehand(type_: T, kind: Kind) -> None:
    assert any(converts(type_, value) for value in SAMPLES[kind]) == may_convert(type_, kind)
