"""What a PostgreSQL session is set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# The same on every server, whatever its configuration or the role's says. search_path is the site's own.
_SETTINGS: Final[Mapping[str, str]] = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "read committed",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # shortest digits that read back the same
    "bytea_output": "hex",
    "xmloption": "content",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "client_min_messages": "error",  # notices would be sent and thrown away
    "jit": "off",  # compiling costs more than these queries
}
_LOCK_SHARE: Final = 0.8  # of the timeout: who waits for a lock is told so, not that the query was slow

GRACE: Final = 1.0
"""Seconds that the server has to keep the timeout itself before it is interrupted."""


def session_options(timeout: float) -> str:
    """The settings as libpq's `options`: a part of the connection's first message, so that none is missing at first."""
    milliseconds = max(1, round(timeout * 1000))
    settings = {
        **_SETTINGS,
        "statement_timeout": str(milliseconds),
        "lock_timeout": str(max(1, int(milliseconds * _LOCK_SHARE))),
        "idle_in_transaction_session_timeout": str(2 * milliseconds),
    }
    escaped = {name: value.replace(" ", r"\ ") for name, value in settings.items()}
    return " ".join(f"-c {name}={value}" for name, value in escaped.items())
