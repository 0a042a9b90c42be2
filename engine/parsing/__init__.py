"""From a file's bytes to a definition with positions; every fault is a diagnostic."""

from engine.parsing.parser import MAX_BYTES, parse

__all__ = ["MAX_BYTES", "parse"]
