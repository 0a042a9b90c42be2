"""Connections to the stand-in by pyodbc alone, without the engine's own driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from standin.client import Standin

if TYPE_CHECKING:
    import pyodbc

Connect = Callable[..., "pyodbc.Connection"]


@pytest.fixture
def connect(standin: Standin, sqlserver_driver: str) -> Iterator[Connect]:
    """New connections, closed after the test."""
    import pyodbc

    connections: list[pyodbc.Connection] = []

    def one(*, autocommit: bool = True, **options: str) -> pyodbc.Connection:
        text = standin.connection_string(sqlserver_driver, **options)
        connections.append(pyodbc.connect(text, autocommit=autocommit, timeout=5))
        return connections[-1]

    yield one
    for connection in connections:
        connection.close()


@pytest.fixture
def connection(connect: Connect, standin: Standin) -> pyodbc.Connection:
    """One connection; what arrived for its login is forgotten."""
    made = connect()
    standin.reset()
    return made
