"""Turns a database's error code into the engine's error.

Messages carry the code, and never the database's text, which may quote values. The text goes to the log, only at debug
level, and without the bound values. An unknown code counts as a temporary failure and is retried: a needless retry
costs some load, but an event that is wrongly given up is lost.
Sources: PostgreSQL's "Appendix A. PostgreSQL Error Codes"; the exception classes of DuckDB's Python package.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import assert_never

from engine.errors import (
    DefinitionUnavailableError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
)

_log = logging.getLogger("engine.execution")
_LONGEST_TEXT = 4096  # characters of an error's text in which values are searched for; a longer one would take too long


class Verdict(Enum):
    """What an error means for the event that met it."""

    UNAVAILABLE = "the ledger is not available"
    TIMEOUT = "the ledger did not answer in time"
    REFUSED = "the ledger refuses this query whatever the data"
    DATA = "the ledger refused this query for this event's data"


_SQLSTATES: Mapping[str, Verdict] = {
    "08P01": Verdict.REFUSED,  # protocol violation: placeholders and values differ in number
    "25006": Verdict.REFUSED,  # read-only transaction
    "2F002": Verdict.REFUSED,  # a function that may not modify
    "2F003": Verdict.REFUSED,  # a prohibited statement in a function
    "2F004": Verdict.REFUSED,  # a function that may not read
    "38002": Verdict.REFUSED,
    "38003": Verdict.REFUSED,
    "38004": Verdict.REFUSED,
    "54001": Verdict.REFUSED,  # statement too complex
    "54011": Verdict.REFUSED,  # too many columns
    "54023": Verdict.REFUSED,  # too many arguments
    "55000": Verdict.REFUSED,  # a materialised view that was never filled
    "55P03": Verdict.TIMEOUT,  # lock_timeout
    "57014": Verdict.TIMEOUT,  # statement_timeout
}
_SQLSTATE_CLASSES: Mapping[str, Verdict] = {
    "0A": Verdict.REFUSED,  # feature not supported
    "20": Verdict.DATA,  # no branch of a CASE statement
    "21": Verdict.DATA,  # a scalar subquery found more than one row
    "22": Verdict.DATA,  # data exceptions
    "23": Verdict.REFUSED,  # only a write breaks a constraint
    "2F": Verdict.DATA,  # a function's own failures
    "38": Verdict.DATA,
    "39": Verdict.DATA,
    "3F": Verdict.REFUSED,  # no such schema
    "42": Verdict.REFUSED,  # missing right, table, column or function; syntax
    "54": Verdict.DATA,  # program limits: a result too long
    "P0": Verdict.DATA,  # RAISE in a function
}
_DUCKDB_CLASSES: Mapping[str, Verdict] = {
    "BinderException": Verdict.REFUSED,
    "CatalogException": Verdict.REFUSED,
    "ConstraintException": Verdict.REFUSED,
    "ConversionException": Verdict.DATA,
    "DependencyException": Verdict.REFUSED,
    "InterruptException": Verdict.TIMEOUT,
    "InvalidInputException": Verdict.DATA,  # error(…), division by zero, two rows from a scalar subquery
    "InvalidTypeException": Verdict.REFUSED,
    "NotImplementedException": Verdict.REFUSED,
    "OutOfRangeException": Verdict.DATA,
    "ParserException": Verdict.REFUSED,
    "PermissionException": Verdict.REFUSED,
    "SequenceException": Verdict.REFUSED,
    "SyntaxException": Verdict.REFUSED,
    "TypeMismatchException": Verdict.DATA,
}


def by_sqlstate(code: str) -> Verdict:
    """The verdict on a SQLSTATE of PostgreSQL."""
    return _SQLSTATES.get(code) or _SQLSTATE_CLASSES.get(code[:2], Verdict.UNAVAILABLE)


def by_duckdb_class(name: str) -> Verdict:
    """The verdict on an exception class of DuckDB."""
    return _DUCKDB_CLASSES.get(name, Verdict.UNAVAILABLE)


def fault(verdict: Verdict, code: str | None) -> EngineError:
    """The engine's error for a verdict. `code` is the database's own error code."""
    message = f"{verdict.value} ({code})" if code else verdict.value
    match verdict:
        case Verdict.UNAVAILABLE:
            return LedgerUnavailableError(message, code=code)
        case Verdict.TIMEOUT:
            return LedgerTimeoutError(message, code=code)
        case Verdict.REFUSED:
            return DefinitionUnavailableError(message)
        case Verdict.DATA:
            return QueryError(message, code=code)
        case _:
            assert_never(verdict)


def log_text(verdict: Verdict, code: str | None, text: str, values: Sequence[object]) -> None:
    """Log the database's text at debug level, without the bound values.

    If the data may be the reason, quoted parts and digits are left out as well. Only the text of an error that occurs
    with any data quotes nothing but names.
    """
    if _log.isEnabledFor(logging.DEBUG):
        text = _without_bound_values(text, values) if len(text) <= _LONGEST_TEXT else "…"
        if verdict is not Verdict.REFUSED:
            text = re.sub(r"""'[^']*'|"[^"]*"|\d+""", "…", text)
        _log.debug("the ledger answered %s: %s", code, text)


def _without_bound_values(text: str, values: Sequence[object]) -> str:
    for bound in sorted({str(value) for value in values if value is not None}, key=len, reverse=True):
        if bound:
            # A short value, such as "a", is part of many words: it is replaced only where it is a whole word.
            pattern = re.escape(bound) if len(bound) > 3 else rf"\b{re.escape(bound)}\b"
            text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    return text
