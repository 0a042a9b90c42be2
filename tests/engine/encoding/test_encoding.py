import copy
import json
import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.encoding import (
    HOLE,
    MAX_DEPTH,
    FixedDecimal,
    InvalidJSONError,
    canonical,
    encode,
    encode_canonical,
    normaliser,
    read_json,
)
from engine.errors import EncodingError
from engine.model import Kind, SqlType

GUID = UUID("80342534-2508-4cab-a090-c25bf1ddf923")
CANARY = "canary-5e1f"


def written(type_: SqlType | None, value: object) -> str:
    (text,) = encode_canonical(normaliser(type_)(value))
    return text.decode()


def zone(**parts: int) -> timezone:
    return timezone(timedelta(**parts))


@pytest.mark.parametrize(
    ("type_", "value", "json_text"),
    [
        (SqlType(Kind.TINYINT), 255, "255"),
        (SqlType(Kind.SMALLINT), -5, "-5"),
        (SqlType(Kind.INT), 0, "0"),
        (SqlType(Kind.BIGINT), -(2**63), "-9223372036854775808"),
        (SqlType(Kind.BIGINT), 2**100, "1267650600228229401496703205376"),  # DuckDB's HUGEINT
        (SqlType(Kind.BIGINT), Decimal(7), "7"),  # PostgreSQL's sum(bigint)
        (SqlType(Kind.BIGINT), Decimal("7E+1"), "70"),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("123.00"), "123.00"),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("123"), "123.00"),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("123.0000"), "123.00"),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("1.2E+2"), "120.00"),
        (SqlType(Kind.DECIMAL, 10, 2), 5, "5.00"),
        (SqlType(Kind.DECIMAL, 10, 0), Decimal("1E+3"), "1000"),
        (SqlType(Kind.DECIMAL, 38, 0), Decimal("9" * 38), "9" * 38),
        (SqlType(Kind.DECIMAL, 38, 38), Decimal("0." + "9" * 38), "0." + "9" * 38),
        (SqlType(Kind.DECIMAL, 18, 8), Decimal("1E-8"), "0.00000001"),
        (SqlType(Kind.DECIMAL, 18, 8), Decimal("-1E-8"), "-0.00000001"),
        (SqlType(Kind.DECIMAL, 18, 10), Decimal(0), "0.0000000000"),
        (SqlType(Kind.DECIMAL, 18, 7), Decimal("0.0000001"), "0.0000001"),
        (SqlType(Kind.DECIMAL, 18, 7), Decimal("0.0000010"), "0.0000010"),
        (SqlType(Kind.DECIMAL, 18, 6), Decimal("0.000000"), "0.000000"),
        (SqlType(Kind.DECIMAL), Decimal("1.50"), "1.50"),
        (SqlType(Kind.DECIMAL), Decimal("1E-8"), "0.00000001"),
        (SqlType(Kind.DECIMAL), 3, "3"),
        (SqlType(Kind.MONEY), Decimal("123.45"), "123.4500"),
        (SqlType(Kind.SMALLMONEY), Decimal("-0.0001"), "-0.0001"),
        (SqlType(Kind.FLOAT), 4.0, "4.0"),
        (SqlType(Kind.FLOAT), 1e22, "1e22"),
        (SqlType(Kind.FLOAT), 0.1, "0.1"),
        (SqlType(Kind.FLOAT), 5e-324, "5e-324"),
        (SqlType(Kind.FLOAT), 1.7976931348623157e308, "1.7976931348623157e308"),
        (SqlType(Kind.REAL), 1.1, "1.1"),
        (SqlType(Kind.REAL), 1.100000023841858, "1.1"),
        (SqlType(Kind.REAL), 16777216.0, "16777216.0"),
        (SqlType(Kind.REAL), 3.4028234663852886e38, "3.4028235e38"),
        (SqlType(Kind.REAL), 2.0**-149, "1e-45"),
        (SqlType(Kind.REAL), 2.0**-96, "1.2621775e-29"),  # rounding to nearest would need nine digits
        (SqlType(Kind.REAL), 0.0, "0.0"),
        (SqlType(Kind.BIT), True, "true"),
        (SqlType(Kind.BIT), 0, "false"),
        (SqlType(Kind.CHAR, length=5), "ab   ", '"ab   "'),
        (SqlType(Kind.NVARCHAR), "Åsa \U0001f600", '"Åsa \U0001f600"'),
        (SqlType(Kind.XML), "<a/>", '"<a/>"'),
        (SqlType(Kind.UNIQUEIDENTIFIER), GUID, '"80342534-2508-4CAB-A090-C25BF1DDF923"'),
        (SqlType(Kind.UNIQUEIDENTIFIER), str(GUID), '"80342534-2508-4CAB-A090-C25BF1DDF923"'),
        (SqlType(Kind.DATE), date(2026, 11, 24), '"2026-11-24"'),
        (SqlType(Kind.DATE), date(1, 1, 1), '"0001-01-01"'),
        (SqlType(Kind.TIME), time(10, 20, 30, 123000), '"10:20:30.123"'),
        (SqlType(Kind.TIME), time(10, 20, 30), '"10:20:30"'),
        (SqlType(Kind.DATETIME2), datetime(2026, 11, 24, 10, 20, 30, 123000), '"2026-11-24T10:20:30.123"'),
        (SqlType(Kind.DATETIME), datetime(2026, 11, 24, 10, 20, 30, 120000), '"2026-11-24T10:20:30.12"'),
        (SqlType(Kind.SMALLDATETIME), datetime(2026, 11, 24, 10, 20), '"2026-11-24T10:20:00"'),
        (SqlType(Kind.DATETIME2), datetime(2026, 11, 24, 10, 20, 30, 1), '"2026-11-24T10:20:30.000001"'),
        (
            SqlType(Kind.DATETIMEOFFSET),
            datetime(2026, 11, 24, 10, 20, 30, 500000, tzinfo=zone(hours=1)),
            '"2026-11-24T10:20:30.5+01:00"',
        ),
        (
            SqlType(Kind.DATETIMEOFFSET),
            datetime(2026, 11, 24, 10, 20, tzinfo=zone(hours=-3, minutes=-30)),
            '"2026-11-24T10:20:00-03:30"',
        ),
        (SqlType(Kind.DATETIMEOFFSET), datetime(2026, 1, 2, tzinfo=zone(hours=0)), '"2026-01-02T00:00:00+00:00"'),
        (SqlType(Kind.VARBINARY), b"\x00\xff\xfe", '"AP/+"'),
        (SqlType(Kind.BINARY), bytearray(b"a"), '"YQ=="'),
        (SqlType(Kind.ROWVERSION), memoryview(b"\x00\x01"), '"AAE="'),
        (SqlType(Kind.IMAGE), b"", '""'),
    ],
)
def test_the_value_table(type_: SqlType, value: object, json_text: str) -> None:
    assert written(type_, value) == json_text


@pytest.mark.parametrize("kind", list(Kind))
def test_null_is_null_for_every_type(kind: Kind) -> None:
    assert written(SqlType(kind), None) == "null"
    assert written(SqlType(Kind.DECIMAL, 10, 2), None) == "null"
    assert written(None, None) == "null"


@pytest.mark.parametrize(
    ("value", "json_text"),
    [
        ("text", '"text"'),
        (True, "true"),
        (12, "12"),
        (1.5, "1.5"),
        (Decimal("10.50"), "10.50"),
        (Decimal("1E-10"), "0.0000000001"),
        (Decimal("12E+2"), "1200"),
        (Decimal("0E-10"), "0.0000000000"),
        (FixedDecimal("1E-8"), "0.00000001"),
        (GUID, '"80342534-2508-4CAB-A090-C25BF1DDF923"'),
        (date(2026, 11, 24), '"2026-11-24"'),
        (time(1, 2, 3), '"01:02:03"'),
        (datetime(2026, 11, 24, 1), '"2026-11-24T01:00:00"'),
        (datetime(2026, 11, 24, 1, tzinfo=zone(hours=2)), '"2026-11-24T01:00:00+02:00"'),
        (b"abc", '"YWJj"'),
    ],
)
def test_without_a_type_the_python_type_decides(value: object, json_text: str) -> None:
    assert written(None, value) == json_text
    assert encode(value) == (json_text.encode(),)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (SqlType(Kind.INT), True),
        (SqlType(Kind.INT), 1.0),
        (SqlType(Kind.INT), "1"),
        (SqlType(Kind.INT), Decimal("1.5")),
        (SqlType(Kind.INT), Decimal("NaN")),
        (SqlType(Kind.INT), Decimal("1E+999999999")),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("1.005")),
        (SqlType(Kind.DECIMAL, 10, 2), 1.5),
        (SqlType(Kind.DECIMAL, 10, 2), True),
        (SqlType(Kind.DECIMAL, 10, 2), "1.50"),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("NaN")),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("sNaN")),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("-Infinity")),
        (SqlType(Kind.DECIMAL, 10, 2), Decimal("1E+999999999")),
        (SqlType(Kind.DECIMAL), Decimal("NaN")),
        (SqlType(Kind.DECIMAL), 1.5),
        (SqlType(Kind.MONEY), Decimal("0.00001")),
        (SqlType(Kind.FLOAT), float("nan")),
        (SqlType(Kind.FLOAT), float("inf")),
        (SqlType(Kind.FLOAT), Decimal("1.5")),
        (SqlType(Kind.FLOAT), 1),
        (SqlType(Kind.REAL), float("-inf")),
        (SqlType(Kind.REAL), 3.5e38),
        (SqlType(Kind.BIT), 2),
        (SqlType(Kind.BIT), "true"),
        (SqlType(Kind.VARCHAR), b"bytes"),
        (SqlType(Kind.VARCHAR), 5),
        (SqlType(Kind.UNIQUEIDENTIFIER), "{80342534-2508-4CAB-A090-C25BF1DDF923}"),
        (SqlType(Kind.UNIQUEIDENTIFIER), "80342534"),
        (SqlType(Kind.DATE), datetime(2026, 11, 24)),
        (SqlType(Kind.DATE), "2026-11-24"),
        (SqlType(Kind.TIME), time(1, tzinfo=zone(hours=1))),
        (SqlType(Kind.TIME), timedelta(hours=1)),
        (SqlType(Kind.DATETIME), date(2026, 11, 24)),
        (SqlType(Kind.DATETIME), datetime(2026, 11, 24, tzinfo=zone(hours=1))),
        (SqlType(Kind.DATETIMEOFFSET), datetime(2026, 11, 24)),
        (SqlType(Kind.DATETIMEOFFSET), datetime(2026, 11, 24, tzinfo=zone(minutes=53, seconds=28))),
        (SqlType(Kind.VARBINARY), "text"),
        (SqlType(Kind.OTHER, other_name="geography"), "POINT (1 2)"),
        (None, timedelta(1)),
        (None, float("nan")),
        (None, Decimal("1E+1001")),
        (None, Decimal("1E-999999")),
        (None, {"a": 1}),
        (None, [1]),
        (None, object()),
    ],
)
def test_what_does_not_fit_its_type_is_refused(type_: SqlType | None, value: object) -> None:
    with pytest.raises(EncodingError):
        normaliser(type_)(value)


@pytest.mark.parametrize("kind", [Kind.INT, Kind.DATE, Kind.UNIQUEIDENTIFIER, Kind.BIT, Kind.REAL, Kind.OTHER])
def test_a_refusal_never_quotes_the_value(kind: Kind) -> None:
    with pytest.raises(EncodingError) as caught:
        normaliser(SqlType(kind))(CANARY)
    assert CANARY not in repr(caught.value)


def test_only_the_quote_the_backslash_and_the_controls_are_escaped() -> None:
    controls = "".join(map(chr, range(0x20)))
    expected = (
        r"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
        r"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"
    )
    assert written(None, controls) == f'"{expected}"'
    assert written(None, '"\\/') == r'"\"\\/"'
    plain = "\x7f\x80\x9f\xa0\u2028\u2029\ufeff\ufffe\uffff\U0001f600\U0010ffff<>&'"
    assert written(None, plain) == f'"{plain}"'


@pytest.mark.parametrize("tree", ["\ud800", ["a\udfff"], {"\udc00": 1}, {"a": f"{CANARY}\ud83d"}])
def test_an_unpaired_surrogate_is_refused_without_a_trace_of_the_text(tree: object) -> None:
    with pytest.raises(EncodingError) as caught:
        encode(tree)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert CANARY not in repr(caught.value)


def test_a_tree_is_cut_at_each_hole() -> None:
    assert encode({"a": 1, "secret": HOLE}) == (b'{"a":1,"secret":', b"}")
    assert encode([HOLE, "x\x00y", HOLE]) == (b"[", rb',"x\u0000y",', b"]")
    assert encode(HOLE) == (b"", b"")
    assert encode([]) == (b"[]",)


def test_members_keep_their_order_and_nothing_is_blank_between_them() -> None:
    assert encode({"b": 1, "a": [True, None, {"ö": "x"}]}) == ('{"b":1,"a":[true,null,{"ö":"x"}]}'.encode(),)


@pytest.mark.parametrize("tree", [{1: 2}, {None: 1}, [object()], {"a": {1, 2}}, [10**5000], msgspec.Raw(b"{")])
def test_what_is_no_json_is_refused(tree: object) -> None:
    with pytest.raises(EncodingError):
        encode(tree)


def nested(levels: int) -> object:
    tree: object = 1
    for _ in range(levels):
        tree = [tree]
    return tree


def test_nesting_is_bounded() -> None:
    assert encode(nested(MAX_DEPTH)) == (b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,)
    assert read_json("[" * MAX_DEPTH + "0" + "]" * MAX_DEPTH) is not None
    endless: list[object] = []
    endless.append(endless)
    for tree in (nested(MAX_DEPTH + 1), endless):
        with pytest.raises(EncodingError):
            encode(tree)
    with pytest.raises(EncodingError):
        encode_canonical(nested(100_000))  # newer Pythons nest deeper before they refuse


def test_fixed_decimals_count_and_travel_as_decimals() -> None:
    value = normaliser(SqlType(Kind.DECIMAL, 18, 8))(Decimal("1E-8"))
    assert isinstance(value, Decimal)
    assert value + 1 == Decimal("1.00000001")
    assert encode_canonical(copy.deepcopy(value)) == (b"0.00000001",)


def test_what_no_normaliser_gave_is_refused_though_it_can_be_written_in_digits() -> None:
    with pytest.raises(EncodingError):
        encode_canonical([1 + 2j])


@pytest.mark.parametrize(
    "text",
    ["0", "-0", "1.50", "1E5", "1e+05", "123.00", "0.10e-7", "9" * 5000, '{"a":[1.0,{"b":null}],"":""}', '"\\/"'],
)
def test_numbers_are_read_with_their_digits(text: str) -> None:
    assert encode_canonical(read_json(f" \t\r\n{text}\n")) == (text.replace("\\/", "/").encode(),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"a":1,}',
        "[1,]",
        "{'a':1}",
        "1 2",
        "{}{}",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "True",
        "undefined",
        '"\x01"',
        '"\t"',
        '"\\x41"',
        '"open',
        '{"a":1,"a":2}',
        '[{"b":{"a":1,"\\u0061":2}}]',
        "\ufeff1",
        "\xa01",
        "/* */1",
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "[" * 100_000,
    ],
)
def test_json_is_read_strictly(text: str) -> None:
    with pytest.raises(InvalidJSONError) as caught:
        read_json(text)
    assert caught.value.__context__ is None


def test_a_fault_in_json_is_placed_but_not_quoted() -> None:
    with pytest.raises(InvalidJSONError) as caught:
        read_json(f'{{"a": "{CANARY}" "b": 1}}')
    assert caught.value.position == 20
    assert CANARY not in repr(caught.value)


def test_the_mark_of_a_hole_becomes_the_hole() -> None:
    tree = read_json('{"a":["mark",{"b":"mark"}],"c":"mark "}', hole="mark")
    assert encode_canonical(tree) == (b'{"a":[', b',{"b":', b'}],"c":"mark "}')
    with pytest.raises(InvalidJSONError, match="name"):
        read_json('{"mark":1}', hole="mark")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
    | st.text()
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def values(tree: Any, number: Callable[[Any], object]) -> object:
    """The tree with its numbers made comparable with what the standard library reads."""
    if isinstance(tree, dict):
        return {name: values(item, number) for name, item in tree.items()}
    if isinstance(tree, list):
        return [values(item, number) for item in tree]
    return number(tree) if isinstance(tree, float | Decimal) else tree


@given(TREES)
def test_any_tree_reads_back_equal(tree: object) -> None:
    (text,) = encode(tree)
    found = json.loads(text.decode(), parse_float=Decimal)
    assert values(found, lambda n: n) == values(tree, lambda n: Decimal(repr(n)) if isinstance(n, float) else n)
    assert encode_canonical(read_json(text.decode())) == (text,)
    assert encode(canonical(tree)) == (text,)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**25), max_value=10**25))
def test_a_decimal_keeps_its_digits_in_fixed_notation(value: Decimal) -> None:
    assert written(SqlType(Kind.DECIMAL, 38, 9), value) == written(None, value) == format(value, "f")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_real_reads_back_as_the_same_single_from_the_fewest_digits(value: float) -> None:
    text = written(SqlType(Kind.REAL), value)
    assert struct.pack("<f", float(text)) == struct.pack("<f", value)
    assert len(Decimal(text).normalize().as_tuple().digits) <= 9


@given(st.datetimes(timezones=st.none() | st.builds(lambda m: zone(minutes=m), st.integers(-840, 840))))
def test_a_datetime_reads_back(value: datetime) -> None:
    text = json.loads(written(None, value))
    assert datetime.fromisoformat(text) == value
    assert datetime.fromisoformat(text).utcoffset() == value.utcoffset()
    assert not text.partition("+")[0].endswith(".0")
