"""Judges an error by SQL Server's number, or else by the driver's SQLSTATE."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from engine.execution.faults import Verdict
from engine.execution.odbc import sqlstate, text_of

# pyodbc writes the first message's number and the ODBC function in parentheses after the text, which may quote data.
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
_FATAL: Final = frozenset({233, 596, 6005, 10053, 10054, *range(20000, 20100)})  # those from 20000 on are FreeTDS's own


def number_of(error: BaseException) -> int | None:
    """SQL Server's number of a pyodbc error. None if the driver itself raised the error."""
    found = _NUMBER.findall(text_of(error))
    return int(found[-1]) or None if found else None


def code_of(error: BaseException) -> str | None:
    """The code for messages: the number, or else the SQLSTATE."""
    number = number_of(error)
    return str(number) if number is not None else sqlstate(error)


def verdict_of(error: BaseException) -> Verdict:
    """The verdict on a pyodbc error. An unknown error is retried."""
    state = sqlstate(error) or ""
    known = verdicts().get(number_of(error) or 0)
    return known or _STATES.get(state) or _CLASSES.get(state[:2], Verdict.UNAVAILABLE)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is lost. FreeTDS sometimes reports that by `HY000` without a number only."""
    state, number = sqlstate(error) or "", number_of(error)
    return state.startswith(_LOST) or number in _FATAL or (state == "HY000" and number is None)


@cache
def verdicts() -> Mapping[int, Verdict]:
    """The verdicts by number, from `errors.toml` beside this module."""
    tables = tomllib.loads((files(__package__) / "errors.toml").read_text(encoding="utf-8"))
    return {number: Verdict[name] for name, table in tables.items() for number in table["numbers"]}
