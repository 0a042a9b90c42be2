"""Any value of an event survives binding, database and body exactly, and the shape of the body never depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Context, Decimal
from pathlib import Path
from uuid import UUID

import pytest
from examples import examples
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import Composer

SCHEMA = Path(__file__).parents[2] / "fixtures/ledger/schema.sql"
TYPES = ("string", "int", "decimal", "double", "boolean", "date", "datetime", "guid")
DEFINITION = (
    "<aptic_service_definition><category>webhook</category><name>everytype</name><steps><query>select "
    + ", ".join(f"? as {name}value" for name in TYPES)
    + ", ? as [secret]"
    + "".join(f'<argument source="$data.data.{name}" type="{name}" nullable="true"/>' for name in TYPES)
    + '<argument source="$secret" type="string"/></query></steps></aptic_service_definition>'
)
EVENT = {
    "title": "everytype",
    "type": "object",
    "properties": {name: {"type": "string"} for name in TYPES},
}

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
decimals = st.builds(
    lambda number, scale: Decimal(number).scaleb(-scale, Context(prec=60)),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(0, 37),
)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))
events = st.fixed_dictionaries(
    {
        "string": st.none() | text,
        "int": st.none() | st.integers(-(2**63), 2**63 - 1),
        "decimal": st.none() | decimals,
        "double": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.none() | st.booleans(),
        "date": st.none() | st.dates(),
        "datetime": st.none() | moments,
        "guid": st.none() | st.uuids(),
    }
)


def as_argument(value: object) -> object:
    """As publishers send it: a string."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case float():
            return repr(value)
        case datetime():
            return value.isoformat()
        case date() | UUID() | int():
            return str(value)
    raise AssertionError(value)


def as_member(value: object) -> str:
    """The JSON that section 4 of the definition language promises."""
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            whole = value.isoformat()
            return f'"{whole.rstrip("0")}"' if value.microsecond else f'"{whole}"'
        case date():
            return f'"{value.isoformat()}"'
        case UUID():
            return f'"{str(value).upper()}"'
        case _:
            return json.dumps(value, ensure_ascii=False)


@pytest.fixture(scope="module")
def composer(ledger_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composer]:
    folder = tmp_path_factory.mktemp("values")
    (folder / "everytype.xml").write_text(DEFINITION)
    (folder / "everytype.schema.json").write_text(json.dumps(EVENT))
    with Composer.load(folder, ledger=ledger_url, ledger_schema=SCHEMA, events=folder) as loaded:
        yield loaded


@given(events)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_survives(composer: Composer, ledger_url: str, event: dict[str, object]) -> None:
    # FreeTDS shifts days before 1753, so they go to SQL Server as text: a column that is just `?` is then a text, too.
    assume("tdsodbc" not in ledger_url or not any(isinstance(v, date) and v.year < 1753 for v in event.values()))
    message = {"data": {name: as_argument(value) for name, value in event.items()}}
    body = composer.compose("everytype", message).fill("geheim")
    found = json.loads(body)
    assert list(found) == [*(f"{name}value" for name in TYPES), "secret"]
    for name, value in event.items():
        if isinstance(value, str | float):
            assert found[f"{name}value"] == value  # their spelling is pinned where they are written
        else:
            assert f'"{name}value":{as_member(value)},'.encode() in body
