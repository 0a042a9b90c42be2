"""Values of the ledger as canonical JSON (definition language, section 4).

Two steps: a *normaliser* turns what a driver gave into a canonical value (str, int, bool, None, float or Decimal: what
the JSON shows, and no other Python type), and `encode_canonical` writes a tree of them, cut at each hole of the secret.
"""

from engine.encoding.normalising import canonical, encode, normaliser
from engine.encoding.reading import InvalidJSONError, read_json, strict_decoder
from engine.encoding.writing import HOLE, MAX_DEPTH, FixedDecimal, encode_canonical

__all__ = [
    "HOLE",
    "MAX_DEPTH",
    "FixedDecimal",
    "InvalidJSONError",
    "canonical",
    "encode",
    "encode_canonical",
    "normaliser",
    "read_json",
    "strict_decoder",
]
