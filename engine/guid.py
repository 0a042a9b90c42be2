"""How a GUID is written: SQL Server's uniqueidentifier, an argument's type and an API key share the form."""

from __future__ import annotations

import re
from typing import Final

GUID_PATTERN: Final = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
"""A regular expression for it, as Python and every ledger reads it: hexadecimal digits, 8-4-4-4-12."""

_is_guid = re.compile(GUID_PATTERN).fullmatch


def is_guid(text: str) -> bool:
    """Whether the text is one GUID, and nothing else."""
    return _is_guid(text) is not None
