"""Installs the wheel with each extra alone, and sees what works and what the rest says: python .ci/extras.py WHEEL.

Versions are those of requirements/dev.txt. Run in a folder with the project's definitions, fixtures and requirements.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

SCHEMA = ("--ledger-schema", "fixtures/ledger/schema.sql")
COMPOSE = ("compose", "ledgerpayment", "--message", "fixtures/ledgerpayment/guide/event.json", *SCHEMA)
POSTGRESQL = "postgresql+psycopg://nobody@127.0.0.1:1/none"
SQL_SERVER = "mssql+pyodbc://nobody@127.0.0.1:1/none?driver=FreeTDS"


class Installed:
    """A fresh environment with the wheel and one extra."""

    def __init__(self, folder: Path, wheel: str, extra: str) -> None:
        self.folder, self.extra = folder, extra
        venv.create(folder, with_pip=True)
        pins = re.sub(r" *\\\n.*--hash.*", "", Path("requirements/dev.txt").read_text("utf-8"))
        constraints = folder / "constraints.txt"
        constraints.write_text(pins, "utf-8")
        target = f"{wheel}[{extra}]" if extra else wheel
        self.expect(0, "", "pip", "install", "-q", "--disable-pip-version-check", "-c", str(constraints), target)

    def expect(self, code: int, text: str, program: str, *words: str) -> None:
        """Runs a command of the environment: its exit code, and what its output has somewhere."""
        command = [str(self.folder / "bin" / program), *words]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        shown = ran.stdout + ran.stderr
        if ran.returncode != code or text not in shown:
            sys.exit(
                f"extra {self.extra!r}: {command} exits with {ran.returncode}, wanted {code} and {text!r}:\n{shown}"
            )

    def lacks(self, extra: str, program: str, *words: str) -> None:
        """A command that cannot run, and names the extra that it needs."""
        self.expect(2, f"whl[{extra}]'", program, *words)

    def validates(self) -> None:
        """What the engine alone does, on any set of extras."""
        for dialect in ("sqlserver", "postgresql", "duckdb"):
            self.expect(0, "are valid", "validate-definitions", "definitions", *SCHEMA, "--dialect", dialect)
        load = "from engine import Composer; Composer.load('definitions', ledger={!r}, ledger_schema={!r}).close()"
        self.expect(0, "", "python", "-c", load.format(SQL_SERVER, SCHEMA[1]))


def core(has: Installed) -> None:
    """The engine without an extra: SQL Server, and every check of definitions."""
    has.validates()
    has.lacks("embedded", "aptic-definitions", "test")
    has.lacks("postgresql", "aptic-definitions", *COMPOSE, "--ledger", POSTGRESQL)
    has.lacks("lsp", "aptic-definitions", "lsp")
    has.lacks("completion", "aptic-definitions", "completion", "bash")
    has.lacks("service", "aptic-webhooks", "serve", "--data", str(has.folder / "data"))
    has.expect(0, "serve", "aptic-webhooks", "--help")


def completion(has: Installed) -> None:
    """Completion in shells."""
    has.expect(0, "complete ", "aptic-definitions", "completion", "bash")


def embedded(has: Installed) -> None:
    """With the embedded ledger, definitions are tested."""
    has.validates()
    has.expect(0, "cases passed", "aptic-definitions", "test")


def postgresql(has: Installed) -> None:
    """A ledger on PostgreSQL, which is not there."""
    has.validates()
    has.expect(1, "cannot be reached", "aptic-definitions", *COMPOSE, "--ledger", POSTGRESQL)


def fast(has: Installed) -> None:
    """The compiled parser."""
    has.validates()
    has.expect(0, ".so", "python", "-c", "import sqlglot.parser; print(sqlglot.parser.__file__)")


def lsp(has: Installed) -> None:
    """The language server, up to the first message of an editor."""
    has.validates()
    has.expect(0, "", "python", "-c", "import authoring.server.connection, authoring.server.features")


def service(has: Installed) -> None:
    """The service on its own file; a store on PostgreSQL needs its extra."""
    data = ("--data", str(has.folder / "data"))
    has.expect(0, "api_key", "aptic-webhooks", "clients", "add", "acme", "--json", *data)
    has.expect(0, "", "aptic-webhooks", "clients", "list", *data)
    has.lacks("postgresql", "aptic-webhooks", "clients", "list", "--store", POSTGRESQL)


def everything(has: Installed) -> None:
    """All of it."""
    has.expect(0, "cases passed", "aptic-definitions", "test")
    has.expect(0, "No broken requirements", "pip", "check")


CASES: dict[str, Callable[[Installed], None]] = {
    "": core,
    "completion": completion,
    "embedded": embedded,
    "postgresql": postgresql,
    "fast": fast,
    "lsp": lsp,
    "service": service,
    "all": everything,
}


def main() -> None:
    """Each extra, one after the other."""
    for extra, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            case(Installed(Path(folder), sys.argv[1], extra))
        print(f"extra {extra or '(none)'}: works", flush=True)


if __name__ == "__main__":
    main()
