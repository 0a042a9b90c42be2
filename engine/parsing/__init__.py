"""From a file's bytes to a definition with positions; every fault is a diagnostic. It knows no rule and no SQL."""

from engine.parsing.encoding import edited, encode
from engine.parsing.parser import MAX_BYTES, parse

__all__ = ["MAX_BYTES", "edited", "encode", "parse"]
