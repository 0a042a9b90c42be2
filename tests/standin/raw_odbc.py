"""ODBC without pyodbc, which unbinds all parameters before each execution."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import ExitStack


class OdbcError(Exception):
    """A call that failed."""


def keep_bound(connection_string: str, sql: str, numbers: Sequence[int]) -> list[str]:
    """Prepares `sql` once, binds one int, and gives the first column of the first row for each of the numbers."""
    odbc = ctypes.CDLL("libodbc.so.2")
    environment, connection, statement = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    with ExitStack() as stack:
        _check(odbc.SQLAllocHandle(1, None, ctypes.byref(environment)))
        stack.callback(odbc.SQLFreeHandle, 1, environment)
        _check(odbc.SQLSetEnvAttr(environment, 200, ctypes.c_void_p(3), 0))
        _check(odbc.SQLAllocHandle(2, environment, ctypes.byref(connection)))
        stack.callback(odbc.SQLFreeHandle, 2, connection)
        _check(odbc.SQLDriverConnect(connection, None, connection_string.encode(), -3, None, 0, None, 0))
        stack.callback(odbc.SQLDisconnect, connection)
        _check(odbc.SQLAllocHandle(3, connection, ctypes.byref(statement)))
        stack.callback(odbc.SQLFreeHandle, 3, statement)
        value, length = ctypes.c_int(), ctypes.c_long()
        _check(odbc.SQLPrepare(statement, sql.encode(), -3))
        bound = (ctypes.byref(value), 4, ctypes.byref(length))
        _check(odbc.SQLBindParameter(statement, 1, 1, 4, 4, 0, 0, *bound))
        found = []
        for value.value in numbers:
            found.append(_first(odbc, statement))
        return found


def _first(odbc: ctypes.CDLL, statement: ctypes.c_void_p) -> str:
    text, length = ctypes.create_string_buffer(200), ctypes.c_long()
    _check(odbc.SQLExecute(statement))
    _check(odbc.SQLFetch(statement))
    _check(odbc.SQLGetData(statement, 1, 1, text, 200, ctypes.byref(length)))
    odbc.SQLFetch(statement)
    odbc.SQLFreeStmt(statement, 0)
    return text.value.decode()


def _check(result: int) -> None:
    if result not in (0, 1):
        raise OdbcError(f"an ODBC call returned {result}")
