"""`aptic-definitions docs`: what each event's body promises, for the developers of receivers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.folder import check_events, errors_of, some_of
from engine.cli.target_choice import choose_target, or_declared
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import (
    Command,
    ComposerArguments,
    Parser,
    add_catalogue,
    add_definitions,
    add_fixtures,
    add_ledger,
    named_path,
)
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from engine.body import Body
    from engine.catalogue import Catalogue
    from engine.contract import Contract
    from engine.model import Definition, Diagnostic
    from engine.sql.target import Target

FORMATS: Final = ("json", "markdown", "html")


class DocsArguments(ComposerArguments):
    """The options of `docs`."""

    chosen: list[str]
    format: str
    output: Path | None


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "chosen", nargs="*", metavar="EVENT", help="Only the bodies of these event codes (default: of every event)."
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="json",
        help="Writes one JSON Schema of all bodies (json, the default), a page (markdown) or a site (html).",
    )
    parser.add_argument(
        "--output",
        type=named_path,
        metavar="PATH",
        help="Writes to this file instead of the terminal; for html, to this folder, which has to be named.",
    )
    add_ledger(
        parser,
        ledger="The schema is read from the ledger at this SQLAlchemy URL, unless --ledger-schema gives it.",
        schema="The ledger's schema is in FILE, in T-SQL (default: ledger/schema.sql of the fixtures). Without any, "
        "the types of columns are not known, and what they promise is open.",
    )
    add_definitions(parser)
    add_fixtures(parser)
    add_catalogue(parser)


def run(arguments: DocsArguments, console: Console) -> int:
    """Writes the contracts. Faulty definitions have none, so nothing is written where there is one.

    Exit code 1 where the program failed at a definition: its body is open, and the others' are written as they are.
    """
    from engine.catalogue import Catalogue
    from engine.contract import derive_all
    from engine.examples import load_examples

    if arguments.format == "html" and arguments.output is None:
        raise CannotRunError("A site is several files: name its folder with --output DIR.")
    catalogue = Catalogue.load(arguments.events)
    check_events(arguments.chosen, catalogue)
    target = _target(arguments, console)
    definitions = _sound_definitions(arguments.definitions, catalogue, target)
    every = derive_all(definitions, catalogue, target.schema, max_rows=target.max_rows)
    contracts = [contract for contract in every if not arguments.chosen or contract.event in arguments.chosen]
    examples = load_examples(catalogue, arguments.definitions)
    _write(contracts, examples, arguments, console)
    return _told([contract.fault for contract in contracts if contract.fault is not None], console)


def _told(faults: Sequence[Diagnostic], console: Console) -> int:
    for fault in faults:
        console.complain(f"{fault.file}: {fault.message} What its body promises is open. {fault.hint}")
    return 1 if faults else 0


def _target(arguments: DocsArguments, console: Console) -> Target:
    target = choose_target(or_declared(arguments.load_options(), arguments.fixtures), None)
    if target.schema is None:
        message = "No schema of the ledger is named (--ledger-schema FILE): what its columns promise is open."
        console.complain(message, Style.WARNING)
    return target


def _sound_definitions(folder: Path, catalogue: Catalogue, target: Target) -> list[Definition]:
    """The folder's definitions. Raises CannotRunError where one has an error."""
    from engine.files import find_files
    from engine.loading import load_files

    files = load_files(find_files([folder]), catalogue, target)
    faulty = [file.path for file in files if errors_of(file)]
    if faulty:
        raise CannotRunError(
            f"No contract comes of a faulty definition: validate-definitions shows why {some_of(faulty)} is one."
        )
    return [file.definition for file in files if file.definition is not None]


def _write(
    contracts: Sequence[Contract], examples: dict[str, Body], arguments: DocsArguments, console: Console
) -> None:
    if arguments.format == "html":
        from engine.contract.site import site_files

        assert arguments.output is not None  # noqa: S101  as `run` has checked
        _write_site(arguments.output, site_files(contracts, examples), console)
        return
    if arguments.format == "markdown":
        from engine.contract.markdown import write_markdown

        text = write_markdown(contracts, examples)
    else:
        from engine.contract.document import write_document

        text = write_document(contracts, examples)
    if arguments.output is None:
        console.write_bytes(text.encode())
    else:
        _write_file(arguments.output, text)


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from error


def _write_site(folder: Path, files: dict[str, str], console: Console) -> None:
    for name, text in files.items():
        _write_file(folder / name, text)
    pages = folder / "events"
    others = sorted(
        path.name
        for path in pages.iterdir()
        if path.suffix in {".html", ".json"} and f"events/{path.name}" not in files
    )
    if others:
        message = f"{pages} also holds {', '.join(others)}, which no event has any more: remove what is not yours."
        console.complain(message, Style.WARNING)
    console.tell(f"{folder / 'index.html'}: {sum(name.endswith('.html') for name in files) - 1} events")


DOCS = Command(
    name="docs",
    summary="Writes what each event's body promises: as JSON Schema, Markdown or a site.",
    description="Writes what each event's body promises to those who receive it, with an example.\n"
    "It is one JSON Schema of all bodies, a page of Markdown, or a site with a search.\n"
    "The exit code is 0 where it is written, and 2 where it cannot be.\n"
    "It is 1 where the program failed at a definition, whose body is then left open.",
    example="--format html --output site",
    add_options=add_options,
    run=run,
    arguments=DocsArguments,
)
