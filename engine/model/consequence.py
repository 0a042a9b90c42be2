"""What a change of the ledger's schema does to a definition."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Effect(StrEnum):
    """What the change does to one definition."""

    BROKEN = "broken"
    """It has errors that it did not have, and would not be served."""
    CHANGED = "changed"
    """It is sound, and a member's type, length or nullability is another, or what its body comes from is."""
    MENDED = "mended"
    """It had errors, and has none any more."""
    FAULTY = "faulty before and after"
    """It has the errors that it had."""
    UNTOUCHED = "untouched"


class Consequence(Struct, frozen=True, gc=False):
    """The effect on a file; `words` say what is broken or changed, each a sentence or the name of a rule."""

    file: str
    effect: Effect
    words: tuple[str, ...] = ()
