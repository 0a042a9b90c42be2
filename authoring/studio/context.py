"""What all definitions of a project stand on: the catalogue, the ledger's schema, and a ledger to compose on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from engine import extras
from engine.catalogue import Catalogue
from engine.errors import ConfigurationError, EngineError
from engine.execution import Ledger, open_ledger
from engine.model import Dialect
from engine.script import read_schema_file
from engine.settings import LoadOptions
from engine.sql.schema import LedgerSchema
from engine.sql.target import Target
from engine.testing.ledger import embedded_ledger

_NO_LEDGER: Final = (
    "There is no ledger to compose on: {missing} cannot be found. Name the folder of fixtures with --fixtures DIR, or "
    "a ledger with --ledger URL."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the command line names. `options.ledger` is None for the embedded ledger, made of `fixtures`.

    `dialect` is what findings are for; None is the dialect of the named ledger, else SQL Server.
    """

    definitions: Path
    fixtures: Path
    options: LoadOptions
    dialect: Dialect | None = None
    approximate: bool = False

    @property
    def schema_file(self) -> Path | None:
        """The file that describes the ledger; None where the ledger itself is to be asked."""
        if self.options.ledger_schema is not None or self.options.ledger is not None:
            return self.options.ledger_schema
        return self.fixtures / "ledger" / "schema.sql"

    @property
    def ledger_name(self) -> str | None:
        """The named ledger's URL, without its password; None where it is the embedded one."""
        if self.options.ledger is None:
            return None
        from sqlalchemy import make_url  # noqa: PLC0415  a fifth of a second

        return make_url(self.options.ledger).render_as_string(hide_password=True)

    @property
    def data_file(self) -> Path:
        """The rows of the embedded ledger."""
        return self.fixtures / "ledger" / "data.sql"

    def script_files(self) -> list[Path]:
        """The files of SQL that a Context is made of."""
        files = [self.fixtures / "ledger" / "schema.sql", self.data_file]
        return files + [path for path in (self.options.ledger_schema,) if path is not None]

    def context_files(self) -> list[Path]:
        """The files that a Context is made of."""
        files = self.script_files()
        events = self.options.events
        return files if events is None or not events.is_dir() else [*files, *sorted(events.iterdir())]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """`checked` is what findings are for, and `composed` what bodies are made on; `ledger` is None with a reason."""

    catalogue: Catalogue
    checked: Target
    composed: Target
    ledger: Ledger | None
    no_ledger: str | None = None

    @classmethod
    def read(cls, project: Project, folder: Path) -> Self:
        """Reads everything; the embedded ledger is made in `folder`, which is not the project's.

        Raises ConfigurationError for what keeps definitions from being checked at all, and LedgerError where the schema
        cannot be read from the named ledger.
        """
        project.options.check()
        catalogue = Catalogue.load(project.options.events)
        if project.options.ledger is None:
            return cls._embedded(project, catalogue, folder)
        ledger = open_ledger(project.options.ledger, timeout=project.options.timeout)
        try:
            schema = ledger.reflect() if project.schema_file is None else read_schema_file(project.schema_file)
        except BaseException:
            ledger.close()
            raise
        composed = _target(project, ledger.dialect, schema)
        return cls(catalogue, replace(composed, dialect=project.dialect or ledger.dialect), composed, ledger)

    @classmethod
    def _embedded(cls, project: Project, catalogue: Catalogue, folder: Path) -> Self:
        path = project.schema_file
        schema = None if path is None or not path.is_file() else read_schema_file(path)
        checked = _target(project, project.dialect or Dialect.SQL_SERVER, schema)
        if checked.dialect is not Dialect.SQL_SERVER and schema is None:
            raise ConfigurationError(
                f"--dialect {checked.dialect.value} needs the ledger's schema: name it with --ledger-schema FILE.sql."
            )
        composed = replace(_target(project, Dialect.DUCKDB, schema), approximate=project.approximate)
        made = project.fixtures / "ledger" / "schema.sql"
        missing = [str(file) for file in (made, project.data_file) if not file.is_file()]
        if missing:
            return cls(catalogue, checked, composed, None, _NO_LEDGER.format(missing=" and ".join(missing)))
        try:
            built = embedded_ledger(made, project.data_file, folder, approximate=project.approximate)
        except (EngineError, ModuleNotFoundError) as error:
            reason = error.message if isinstance(error, EngineError) else extras.advice(error)
            if reason is None:
                raise
            return cls(catalogue, checked, composed, None, f"The embedded ledger cannot be made: {reason}")
        ledger = open_ledger(f"duckdb:///{built}", timeout=project.options.timeout)
        return cls(catalogue, checked, composed, ledger)

    def close(self) -> None:
        """Ends the ledger's sessions."""
        if self.ledger is not None:
            self.ledger.close()


def _target(project: Project, dialect: Dialect, schema: LedgerSchema | None) -> Target:
    options = project.options
    return Target(dialect, schema, tuple(options.databases), options.time_zone, options.max_rows)
