"""A composer for trying definitions out, which may order strings nearly as SQL Server does. No service has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from engine.catalogue import Catalogue
from engine.composer import Composer
from engine.errors import ConfigurationError
from engine.model import Dialect, LoadedFile
from engine.progress import Progress
from engine.serving import Loader, load
from engine.sql.target import Target


def load_approximate(
    paths: Sequence[Path], catalogue: Catalogue, target: Target, schema: Path | None, progress: Progress | None = None
) -> tuple[LoadedFile, ...]:
    """As `load`, for a target that approximates. Raises ConfigurationError for another ledger than a DuckDB file."""
    if target.dialect is not Dialect.DUCKDB:
        raise ConfigurationError(
            f"A {target.dialect.value} ledger approximates nothing: leave --approximate out, or use the embedded one."
        )
    return load(paths, catalogue, replace(target, approximate=True), schema, progress)


class ApproximateComposer(Composer):
    """A Composer whose status says for each definition what of it is approximated."""

    _load_files: ClassVar[Loader] = staticmethod(load_approximate)
