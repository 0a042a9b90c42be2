from __future__ import annotations

from pathlib import Path

import pytest

from engine.lineage import Tracer
from engine.script import read_schema_file
from engine.sql.schema import LedgerSchema


@pytest.fixture(scope="session")
def schema() -> LedgerSchema:
    """The ledger of the cases."""
    return read_schema_file(Path(__file__).with_name("ledger.sql"))


@pytest.fixture(scope="session")
def tracer(schema: LedgerSchema) -> Tracer:
    return Tracer(schema)
