"""The ledgers that the acceptance tests run on, each holding the fixture ledger."""

from __future__ import annotations

import pytest

LEDGERS = ("duckdb_ledger", "postgres_ledger", "freetds_ledger", "microsoft_ledger")
"""The last two are SQL Server's drivers against a stand-in, which proves nothing about SQL Server itself."""


@pytest.fixture(scope="session", params=LEDGERS)
def ledger_url(request: pytest.FixtureRequest) -> str:
    """The SQLAlchemy URL of each ledger."""
    return str(request.getfixturevalue(request.param))
