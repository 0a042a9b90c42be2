"""`validate --was`: what a change of the ledger's schema does to the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.model import LoadedFile
    from engine.schema_change import Consequence
    from engine.sql.target import Target


def effects_of_change(was: Path, files: Sequence[LoadedFile], catalogue: Catalogue, target: Target) -> Iterator[str]:
    """Lines that say what the schema of `target` does to the files, which are loaded over it, beside that of `was`.

    Raises CannotRunError where `target` has no schema; ConfigurationError where `was` holds none.
    """
    from engine.loading import load_files
    from engine.schema_change import Ledger, consequences
    from engine.script import read_schema_file

    if target.schema is None:
        raise CannotRunError("--was compares with a new schema: name that with --ledger-schema FILE, or --ledger URL.")
    old = read_schema_file(was)
    before = load_files([file.path for file in files], catalogue, replace(target, schema=old))
    ledgers = [Ledger.of(schema, target.max_rows) for schema in (old, target.schema)]
    return _lines(was, consequences(before, files, ledgers[0], ledgers[1], catalogue))


def _lines(was: Path, found: Sequence[Consequence]) -> Iterator[str]:
    from engine.schema_change import Effect

    yield f"What the change of the ledger's schema since {was} does:"
    for effect in Effect:
        those = [each for each in found if each.effect is effect]
        if those:
            yield f"  {effect.value} ({len(those)}):"
        for each in those:
            if effect is Effect.CHANGED:
                yield f"    {each.path}"
                yield from (f"      {words}" for words in each.words)
            else:
                yield f"    {each.path}{': ' if each.words else ''}{', '.join(each.words)}"
