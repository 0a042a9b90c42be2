"""The settings of a PostgreSQL session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# They are the same on every server, whatever is configured for the server or the role. search_path is left to the site.
_SETTINGS: Final[Mapping[str, str]] = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "read committed",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # floats are written with the fewest digits that give the same number again
    "bytea_output": "hex",
    "xmloption": "content",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "client_min_messages": "error",  # notices would only be thrown away
    "jit": "off",  # compiling takes longer than these queries
}
_LOCK_SHARE: Final = 0.8  # of the timeout, so that the error for a query that waits for a lock says so

GRACE: Final = 1.0
"""Seconds after the timeout that the server has for ending the query itself, before the engine cuts the connection."""


def session_options(timeout: float) -> str:
    """The settings as libpq's `options`, which are part of the connection's first message."""
    milliseconds = max(1, round(timeout * 1000))
    settings = {
        **_SETTINGS,
        "statement_timeout": str(milliseconds),
        "lock_timeout": str(max(1, int(milliseconds * _LOCK_SHARE))),
        "idle_in_transaction_session_timeout": str(2 * milliseconds),
    }
    escaped = {name: value.replace(" ", r"\ ") for name, value in settings.items()}
    return " ".join(f"-c {name}={value}" for name, value in escaped.items())
