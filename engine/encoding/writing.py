"""Canonical values to canonical JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.errors import EncodingError

MAX_DEPTH: Final = 100
"""How many arrays and objects may stand inside one another."""

_CUT: Final = b"\x00"

HOLE: Final = msgspec.Raw(_CUT)
"""Stands for the secret in a tree of values; known by identity.

msgspec copies it as it is, and escapes every control character elsewhere: so a NUL in its output is a hole and nothing
else, and no value that a database holds can make one.
"""


class FixedDecimal(Decimal):
    """A decimal that Python would write with an exponent (`1E-8`); it is written in fixed notation instead."""

    __slots__ = ()


def encode_canonical(tree: object) -> tuple[bytes, ...]:
    """The JSON of a tree of canonical values, cut at each HOLE: n holes give n + 1 parts.

    For what normalisers, `canonical` and `read_json` gave; anything else needs `encode`. An unpaired surrogate is an
    EncodingError, which quotes nothing.
    """
    try:
        return tuple(_write(tree).split(_CUT))
    except UnicodeEncodeError:
        reason = "a text holds an unpaired surrogate"
    except RecursionError:
        reason = "a value is nested too deeply"
    except (msgspec.MsgspecError, OverflowError, TypeError, ValueError):
        reason = "a value has no JSON form"
    # Raised here, not in a handler: the first exception would stay attached, and it holds the text.
    raise EncodingError(reason)


def _fixed_notation(value: object) -> msgspec.Raw:
    if type(value) is not FixedDecimal:
        raise TypeError
    return msgspec.Raw(format(value, "f").encode())


_write: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_fixed_notation).encode
