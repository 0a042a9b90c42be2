"""One definition on the workbench: its text, as it stands in an editor, and what the validator says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.catalogue import Catalogue
from engine.loading import load_content
from engine.model import LoadedFile
from engine.parsing import encode
from engine.sql.target import Target

_FAULTY: Final = "<aptic_service_definition><steps/></aptic_service_definition>"


@dataclass(frozen=True, slots=True)
class Workbench:
    """Checks texts of definitions for one ledger. Use it in one thread at a time."""

    catalogue: Catalogue
    target: Target

    def check(self, text: str, path: Path) -> LoadedFile:
        """What `validate-definitions` would say if `text` were stored at `path`; never raises, reads no file."""
        return load_content(path, encode(text), self.catalogue, self.target)

    def warm_up(self) -> None:
        """Loads what explains faults of the XSD, so that the first of an author's need not wait for it."""
        self.check(_FAULTY, Path("warm-up.xml"))
