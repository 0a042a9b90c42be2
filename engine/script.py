"""T-SQL scripts from files: their text, and their faults as one error that a user can act on."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from engine.errors import ConfigurationError
from engine.model import Severity
from engine.sql.ddl import SchemaFile, decode_script, read_schema
from engine.sql.fault import SqlFault
from engine.sql.schema import LedgerSchema, SchemaFileText

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Script:
    """A script and what its messages call it."""

    text: str
    file: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """The script in a file; raises ConfigurationError where it cannot be read or decoded."""
        try:
            return cls(decode_script(path.read_bytes()), str(path))
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
        except ValueError as error:
            raise ConfigurationError(f"{path} {error}.", file=str(path)) from error

    def line(self, offset: int) -> int:
        """The line of a character, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def said(self, fault: SqlFault) -> str:
        """The fault with its place and hint, in one line."""
        return f"{self.file}:{self.line(fault.offset)}: {_said(fault)}"

    def refuse(self, faults: Iterable[SqlFault]) -> None:
        """Raises ConfigurationError that lists the faults with their lines, if there are any."""
        found = list(faults)
        if found:
            lines = [self.said(fault) for fault in found]
            raise ConfigurationError("\n".join(lines), file=self.file, line=self.line(found[0].offset))

    def schema(self) -> SchemaFile:
        """The schema that a script of DDL declares, with its warnings; raises ConfigurationError for its errors."""
        found = read_schema(self.text)
        self.refuse(fault for fault in found.faults if fault.severity is Severity.ERROR)
        return replace(found, schema=replace(found.schema, file=SchemaFileText(self.file, self.text)))


def read_schema_file(path: Path) -> LedgerSchema:
    """The ledger's schema from a file of T-SQL DDL.

    What it had to leave out is logged as a warning. Raises ConfigurationError for a file that cannot be read, has
    errors, or declares no table at all.
    """
    script = Script.read(path)
    found = script.schema()
    for fault in found.faults:
        _log.warning("%s", script.said(fault))
    schema = found.schema
    if not schema.tables:
        raise ConfigurationError(f"{path} declares no table, so it is no schema of a ledger.", file=str(path))
    return schema


def _said(fault: SqlFault) -> str:
    return f"{fault.message} ({fault.hint})" if fault.hint else fault.message
