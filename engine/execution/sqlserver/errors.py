"""From SQL Server's error number, or else the driver's SQLSTATE, to what an error means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from engine.execution.faults import Verdict
from engine.execution.odbc import sqlstate, text_of

# pyodbc writes the first message's number and the ODBC function in parentheses behind its text, which may quote data.
_NUMBER: Final = re.compile(r"\((-?\d+)\) \(SQL\w+\)")
_STATES: Final[Mapping[str, Verdict]] = {
    "HYT00": Verdict.TIMEOUT,
    "HYT01": Verdict.TIMEOUT,
    "HY008": Verdict.TIMEOUT,  # cancelled
    "07001": Verdict.REFUSED,  # placeholders and values differ in number
    "07002": Verdict.REFUSED,
    "07006": Verdict.DATA,
    "40001": Verdict.UNAVAILABLE,
    "42S02": Verdict.REFUSED,
    "42S22": Verdict.REFUSED,
}
_CLASSES: Final[Mapping[str, Verdict]] = {"21": Verdict.DATA, "22": Verdict.DATA}
_LOST: Final = ("08",)
_FATAL: Final = frozenset({233, 596, 6005, 10053, 10054, *range(20000, 20100)})  # FreeTDS's own are from 20000


def number_of(error: BaseException) -> int | None:
    """SQL Server's number of a pyodbc error; None where the driver itself raised it."""
    found = _NUMBER.findall(text_of(error))
    return int(found[-1]) or None if found else None


def code_of(error: BaseException) -> str | None:
    """The number as a message shows it, or else the SQLSTATE."""
    number = number_of(error)
    return str(number) if number is not None else sqlstate(error)


def verdict_of(error: BaseException) -> Verdict:
    """What a pyodbc error means; what is not known is retried."""
    state = sqlstate(error) or ""
    known = verdicts().get(number_of(error) or 0)
    return known or _STATES.get(state) or _CLASSES.get(state[:2], Verdict.UNAVAILABLE)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone. FreeTDS tells no more of that than `HY000` without a number at times."""
    state, number = sqlstate(error) or "", number_of(error)
    return state.startswith(_LOST) or number in _FATAL or (state == "HY000" and number is None)


@cache
def verdicts() -> Mapping[int, Verdict]:
    """The numbers that are known, from `errors.toml` beside this module."""
    tables = tomllib.loads((files(__package__) / "errors.toml").read_text(encoding="utf-8"))
    return {number: Verdict[name] for name, table in tables.items() for number in table["numbers"]}
