"""The JSON Schema of a column's value, by the table of section 4 of the definition language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from engine.contract.schemas import Json, null_schema, open_schema, or_null
from engine.model import Kind, SqlType
from engine.model.families import BYTES, FLOATS, MOMENTS, MONEYS, PADDED, STRINGS, WHOLE
from engine.sql.analysis.domains import Domain

_BOUNDS: Final = {
    Kind.TINYINT: (0, 255),
    Kind.SMALLINT: (-(2**15), 2**15 - 1),
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.BIGINT: (-(2**63), 2**63 - 1),
}
_MONEY_SCALE: Final = 4
_MAX_PRECISION: Final = 38
_MICROSECONDS: Final = 6
"""Fractions of a second are cut to them."""
_FRACTIONS: Final = {Kind.SMALLDATETIME: 0, Kind.DATETIME: 3}
_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_OFFSET: Final = "[+-][0-9]{2}:[0-9]{2}"
_GUID: Final = "^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$"
_ROWVERSION_BYTES: Final = 8


def secret_schema() -> Json:
    """Of a hole: the registration's secret, or null where it has none."""
    return {"type": ["string", "null"], "description": "The registration's secret; null where it has none."}


def column_schema(domain: Domain) -> Json:
    """The schema of the JSON value that a column of this domain has in a body."""
    if domain.is_null:
        return null_schema()
    if domain.type is None or domain.type.kind is Kind.OTHER:
        return open_schema()
    found = _listed(domain) if domain.values else _within(domain, _of_type(domain.type))
    return or_null(found) if domain.nullable else found


def _within(domain: Domain, schema: Json) -> Json:
    """The numbers of a type that are within the bounds that the ledger sets."""
    least = None if domain.least is None else _number(domain, domain.least)
    greatest = None if domain.greatest is None else _number(domain, domain.greatest)
    if least is not None:
        schema = {**schema, "minimum": max(least, schema.get("minimum", least))}
    if greatest is not None:
        schema = {**schema, "maximum": min(greatest, schema.get("maximum", greatest))}
    return schema


def _number(domain: Domain, value: Decimal) -> int | Decimal:
    """As the type writes it."""
    is_whole = domain.type is not None and domain.type.kind in WHOLE
    return int(value) if is_whole else value


def _listed(domain: Domain) -> Json:
    """Of values that the SQL fixes."""
    values: list[Any] = list(domain.values or ())
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean"} if len(values) > 1 else {"type": "boolean", "const": values[0]}
    if all(isinstance(value, str) for value in values):
        type_ = "string"
    else:
        is_whole = all(value == int(value) for value in values) and not _scale(domain.type)
        type_ = "integer" if is_whole else "number"
        values = [int(value) if is_whole else value for value in values]
    return {"type": type_, "const": values[0]} if len(values) == 1 else {"type": type_, "enum": values}


def _scale(type_: SqlType | None) -> int:
    return (type_.scale or 0) if type_ is not None else 0


def _of_type(type_: SqlType) -> Json:
    kind = type_.kind
    if kind is Kind.BIT:
        return {"type": "boolean"}
    if kind in WHOLE:
        least, greatest = _BOUNDS[kind]
        return {"type": "integer", "minimum": least, "maximum": greatest}
    if kind is Kind.DECIMAL:
        return _decimal(type_)
    if kind in MONEYS:
        return _fixed(_MONEY_SCALE)
    if kind in FLOATS:
        return {"type": "number"}
    if kind in STRINGS:
        return _text(type_)
    if kind in BYTES:
        return _bytes(type_)
    return _special(type_)


def _decimal(type_: SqlType) -> Json:
    if type_.scale is None:
        return {"type": "number"}
    found: Json = {"type": "integer"} if type_.scale == 0 else _fixed(type_.scale)
    if type_.precision is not None and type_.precision < _MAX_PRECISION:
        greatest = Decimal((0, (9,) * type_.precision, -type_.scale))
        found |= {"minimum": -greatest, "maximum": greatest}
    return found


def fixed_number(scale: int) -> Json:
    """A number with at most so many digits after the point."""
    return _fixed(scale) if scale else {"type": "integer"}


def _fixed(scale: int) -> Json:
    """In the words too, since a validator that reckons in binary cannot check it."""
    words = "1 digit" if scale == 1 else f"{scale} digits"
    return {
        "type": "number",
        "multipleOf": Decimal((0, (1,), -scale)),
        "description": f"A decimal number with at most {words} after the point.",
    }


def _text(type_: SqlType) -> Json:
    found: Json = {"type": "string"}
    if type_.length is not None:
        found["maxLength"] = type_.length
        if type_.kind in PADDED:
            found["description"] = f"Filled up with blanks to {type_.length} characters."
    return found


def _bytes(type_: SqlType) -> Json:
    found: Json = {"type": "string", "contentEncoding": "base64"}
    length = _ROWVERSION_BYTES if type_.kind is Kind.ROWVERSION else type_.length
    if length is not None:
        found["maxLength"] = -(-length // 3) * 4
    return found


def _special(type_: SqlType) -> Json:
    """GUIDs, dates and times. The formats of JSON Schema have an offset in every time, so the others are patterns."""
    kind = type_.kind
    if kind is Kind.UNIQUEIDENTIFIER:
        return {"type": "string", "format": "uuid", "pattern": _GUID}
    if kind is Kind.DATE:
        return {"type": "string", "format": "date"}
    if kind is Kind.XML:
        return {"type": "string"}
    digits = _FRACTIONS.get(kind, _MICROSECONDS if type_.scale is None else min(type_.scale, _MICROSECONDS))
    fraction = rf"(\.[0-9]{{1,{digits}}})?" if digits else ""
    if kind is Kind.TIME:
        return {"type": "string", "pattern": f"^{_TIME}{fraction}$"}
    if kind in MOMENTS:
        return {"type": "string", "pattern": f"^{_DATE}T{_TIME}{fraction}$"}
    if kind is Kind.DATETIMEOFFSET:
        return {"type": "string", "format": "date-time", "pattern": f"^{_DATE}T{_TIME}{fraction}{_OFFSET}$"}
    return open_schema()
