"""SQL Server's numbers for what goes wrong in the ledger behind the stand-in.

Source: Microsoft Learn, "Database Engine events and errors". Texts are SQL Server's, also where they quote a value.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb
from pysqlbridge.tds.result import QueryError

from engine.sql.fault import SqlFault

NOT_CARRIED: Final = 50000
"""The stand-in's own limit, which says nothing of SQL Server."""
CANCELLED: Final = 3617
ENDS_BATCH: Final = frozenset({102, 105, 207, 208, 241, 245, 1205, 8178, 8179, CANCELLED})
"""Errors after which the statements that follow in the batch are not run; after others they are, but for XACT_ABORT."""

_BY_RULE: Final = {
    "unknown-table": (208, "Invalid object name '{name}'."),
    "unknown-column": (207, "Invalid column name '{name}'."),
    "ambiguous-column": (209, "Ambiguous column name '{name}'."),
    "group-by": (8120, "Column '{name}' is invalid in the select list because it is not contained in an aggregate."),
    "sql-syntax": (102, "Incorrect syntax near '{name}'."),
    "single-statement": (102, "Incorrect syntax near '{name}'."),
    "read-only": (102, "Incorrect syntax near '{name}'."),
    "argument-count": (8178, "The parameterized query expects a parameter which was not supplied."),
}
_BY_TEXT: Final = tuple(
    (re.compile(pattern), number, message)
    for pattern, number, message in (
        (r"Division by zero", 8134, "Divide by zero error encountered."),
        (r"More than one row returned by a subquery", 512, "Subquery returned more than 1 value."),
        (r"[Oo]verflow|[Oo]ut of [Rr]ange", 8115, "Arithmetic overflow error converting to data type."),
        (r"not a date|date field|timestamp field|time field", 241,
         "Conversion failed when converting date and/or time from character string."),
        (r"UUID|not a uniqueidentifier", 8169,
         "Conversion failed when converting from a character string to uniqueidentifier."),
        (r"DECIMAL|not a decimal|not a number", 8114, "Error converting data type nvarchar to numeric."),
        (r"[Cc]onver", 245, "Conversion failed when converting the nvarchar value '{value}' to data type int."),
    )
)  # fmt: skip
_BY_CLASS: Final = {"CatalogException": 208, "BinderException": 207, "ParserException": 102}
_NAME: Final = re.compile(r"(?<=`)[\w.]+(?=`)")
_FUNCTION: Final = re.compile(r"[Tt]he function `?([\w.]+)`? is not carried")


def refused(fault: SqlFault, text: str) -> QueryError:
    """The error for a query that the parser or the translator refuses."""
    unknown = _FUNCTION.match(fault.message)
    if unknown and re.search(rf"\b{unknown[1]}\b", text, re.IGNORECASE):
        return QueryError(
            f"'{unknown[1].lower()}' is not a recognized built-in function name.", number=195, severity=15
        )
    number, message = _BY_RULE.get(fault.rule, (NOT_CARRIED, f"The stand-in does not carry this: {fault.message}"))
    named = _NAME.search(fault.message)
    name = named[0] if named else text[fault.offset :].split(None, 1)[0]
    return QueryError(message.replace("{name}", name), number=number, severity=15 if number == 102 else 16)


def failed(error: Exception, values: list[object]) -> QueryError:
    """The error for a query that fails as it runs."""
    if isinstance(error, duckdb.InterruptException):
        return QueryError("The statement has been terminated: it was cancelled.", number=CANCELLED, severity=11)
    text = str(error).partition("\n")[0]
    for pattern, number, message in _BY_TEXT:
        if pattern.search(text):
            value = next((value for value in values if isinstance(value, str)), "abc")
            return QueryError(message.replace("{value}", value), number=number)
    number = _BY_CLASS.get(type(error).__name__, NOT_CARRIED)
    return QueryError(text, number=number)
