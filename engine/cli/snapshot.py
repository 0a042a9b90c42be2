"""`aptic-definitions snapshot`: the schema of a live ledger as a file of T-SQL, and whether such a file is stale."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Arguments, Command, Parser, named_path
from engine.errors import LedgerError
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from engine.model import Dialect
    from engine.sql.schema import LedgerSchema


class SnapshotArguments(Arguments):
    """The options of `snapshot`."""

    ledger: str | None
    output: Path | None
    check: Path | None


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument("--ledger", metavar="URL", help="The ledger is at this SQLAlchemy URL.")
    parser.add_argument(
        "--output", type=named_path, metavar="FILE", help="The schema goes to FILE instead of standard output."
    )
    parser.add_argument(
        "--check",
        type=named_path,
        metavar="FILE",
        help="Writes nothing, and shows how the schema in FILE differs from the ledger's; then the exit code is 1.",
    )


def run(arguments: SnapshotArguments, console: Console) -> int:
    """Exit code 0 where the schema was written or the file is current, 1 where it is stale."""
    if arguments.output is not None and arguments.check is not None:  # argparse would show a group as each Python does
        raise CannotRunError("--check writes nothing: leave out --output, or --check.")
    if arguments.ledger is None:
        raise CannotRunError("A ledger is needed: --ledger URL, or APTIC_LEDGER in the environment.")
    from engine.sql.ddl import write_schema

    schema, dialect = _read(arguments.ledger)
    text = write_schema(schema, dialect)
    if arguments.check is not None:
        return _check(arguments.check, schema, dialect, console)
    if arguments.output is None:
        console.write_bytes(text.encode())
        return 0
    _write(text, arguments.output)
    count = f"{len(schema.tables)} table{'' if len(schema.tables) == 1 else 's'}"
    console.write(f"wrote {console.result.escape(str(arguments.output))}: {count} and views\n")
    return 0


def _read(url: str) -> tuple[LedgerSchema, Dialect]:
    """Raises CannotRunError where the ledger cannot be read, or has no table: such a file would be refused as one."""
    from engine.execution import open_ledger
    from engine.model import Dialect

    try:
        with open_ledger(url, timeout=30.0) as ledger:
            schema, dialect = ledger.reflect(), Dialect(ledger.dialect)
    except LedgerError as error:
        raise CannotRunError(f"The ledger's schema cannot be read: {error.message}") from error
    if not schema.tables:
        raise CannotRunError("The ledger shows no table to this login; see whether URL and rights are those meant.")
    return schema, dialect


def _check(file: Path, schema: LedgerSchema, dialect: Dialect, console: Console) -> int:
    """Compares what the file says, not how it is laid out."""
    from engine.script import read_schema_file
    from engine.sql.ddl import write_schema

    before, after = (write_schema(each, dialect).splitlines() for each in (read_schema_file(file), schema))
    lines = list(unified_diff(before, after, str(file), "the ledger", lineterm="", n=2))
    if not lines:
        console.write(f"{console.result.escape(str(file))} is the ledger's schema\n")
        return 0
    _show(lines, console)
    console.complain(f"{file} is stale: the ledger's schema is another. --output writes it anew.")
    return 1


def _show(lines: Sequence[str], console: Console) -> None:
    for line in lines:
        style = {"+": Style.ADDED, "-": Style.REMOVED}.get(line[:1])
        shown = console.result.escape(line)
        console.write(f"{shown if style is None else console.result.paint(shown, style)}\n")


def _write(text: str, file: Path) -> None:
    """Whole or not at all: half a schema would be one that lacks tables."""
    try:
        with TemporaryDirectory(dir=file.parent, prefix=".snapshot-") as folder:
            made = Path(folder) / file.name
            made.write_text(text, encoding="utf-8", newline="\n")
            made.replace(file)
    except OSError as error:
        raise CannotRunError(f"{file} cannot be written: {error.strerror}.") from error


SNAPSHOT = Command(
    name="snapshot",
    summary="Writes the schema of a live ledger to a file of T-SQL.",
    description="Reads the schema of a ledger and writes it as T-SQL, for --ledger-schema where no ledger is at hand.\n"
    "The exit code is 0 where all is well, 1 where --check found a stale file, and 2 where it could not run.",
    example="--ledger postgresql+psycopg://reader@ledger/aptic --output ledger.sql",
    add_options=add_options,
    run=run,
    arguments=SnapshotArguments,
)
