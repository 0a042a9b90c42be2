"""`validate --was`: what a change of the ledger's schema does to the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError
from engine.reporting.change import SchemaChange

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.model import LoadedFile
    from engine.sql.target import Target


def change_since(
    was: Path, files: Sequence[LoadedFile], catalogue: Catalogue, target: Target
) -> tuple[tuple[LoadedFile, ...], SchemaChange]:
    """What the schema of `target` does to the files, which are loaded over it, beside that of `was`.

    The files come back with the errors marked that they did not have. Raises CannotRunError where `target` has no
    schema; ConfigurationError where `was` holds none.
    """
    from engine.loading import load_files
    from engine.schema_change import Ledger, consequences, marked
    from engine.script import read_schema_file

    if target.schema is None:
        raise CannotRunError("--was compares with a new schema: name that with --ledger-schema FILE, or --ledger URL.")
    old = read_schema_file(was)
    before = load_files([file.path for file in files], catalogue, replace(target, schema=old))
    ledgers = [Ledger.of(schema, target.max_rows) for schema in (old, target.schema)]
    found = consequences(before, files, ledgers[0], ledgers[1], catalogue)
    return marked(before, files, str(was)), SchemaChange(str(was), tuple(found))
