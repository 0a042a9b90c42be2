"""What ledger kinds write differently: one writer for each. Handlers elsewhere never ask which kind it is."""

from typing import Final

from engine.sql.translate.writers.duckdb import DUCKDB
from engine.sql.translate.writers.postgresql import POSTGRESQL
from engine.sql.translate.writers.writer import Writer, quoted

WRITERS: Final = {writer.dialect: writer for writer in (POSTGRESQL, DUCKDB)}

__all__ = ["DUCKDB", "POSTGRESQL", "WRITERS", "Writer", "quoted"]
