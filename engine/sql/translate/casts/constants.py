"""String literals read as numbers, GUIDs and bits, at translation.

Sources: Microsoft Learn, "Constants", "uniqueidentifier" (Transact-SQL).
"""

from __future__ import annotations

import re
from typing import Final

from engine.guid import is_guid

_WHOLE: Final = re.compile(r" *[-+]?\d{1,19} *")
_DECIMAL: Final = re.compile(r" *([-+]?(?:\d+\.?\d*|\.\d+)) *", re.ASCII)


class UnreadableError(ValueError):
    """The literal is none of the forms that are read; the message says which are."""


def whole_number(text: str) -> int:
    """A whole number with an optional sign and blanks around it."""
    if _WHOLE.fullmatch(text) is None:
        raise UnreadableError("write the number without quotes")
    return int(text)


def decimal_number(text: str, precision: int, scale: int) -> str:
    """A number with an optional sign and blanks around it, of no more digits than the type has on each side."""
    found = _DECIMAL.fullmatch(text)
    whole, _, fraction = (found[1] if found else "").lstrip("-+").partition(".")
    if found is None or len(whole.lstrip("0")) > precision - scale or len(fraction) > scale:
        raise UnreadableError("write the number without quotes")
    return found[1]


def guid(text: str) -> str:
    """A GUID with hyphens, in upper case."""
    if not is_guid(text):
        raise UnreadableError("write it as '80342534-2508-4CAB-A090-C25BF1DDF923'")
    return text.upper()


def bit(text: str) -> bool:
    """'true', 'false', '1' or '0'."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.casefold() not in known:
        raise UnreadableError("write 1 or 0")
    return known[text.casefold()]
