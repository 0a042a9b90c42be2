"""The value that a check returns for what it finds."""

from __future__ import annotations

from msgspec import Struct


class Trouble(Struct, frozen=True):
    """Something that is wrong: the check that found it, what it is, and what to do."""

    check: str
    what: str
    advice: str
