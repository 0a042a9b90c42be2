"""The options that say where a service's store and keys are, and how a command reports what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.cli.console import CannotRunError
from engine.cli.options import Arguments, Parser, named_path
from webhooks.errors import ServiceError
from webhooks.keys import Keyring
from webhooks.settings import DEFAULT_DATA, Settings
from webhooks.store.store import Store


class StoreArguments(Arguments):
    """What every command that opens the store is told."""

    data: Path
    store: str | None


class ReportArguments(StoreArguments):
    """The same, for a command that can answer in JSON."""

    json: bool


def add_store(parser: Parser) -> None:
    """The store and the keys."""
    parser.add_argument(
        "--data",
        type=named_path,
        default=DEFAULT_DATA,
        metavar="DIR",
        help=f"The service's folder, with its keys and its embedded store, is DIR (default: {DEFAULT_DATA}).",
    )
    parser.add_argument(
        "--store", metavar="URL", help="The store is the database at this SQLAlchemy URL (default: SQLite in --data)."
    )


def add_json(parser: Parser) -> None:
    """The form of the result."""
    parser.add_argument("--json", action="store_true", help="The result is JSON, for programs.")


@contextmanager
def opened(arguments: StoreArguments) -> Iterator[tuple[Store, Keyring]]:
    """The store and the keys of a service. A ServiceError inside the `with` ends the command with its message."""
    settings = Settings(data=arguments.data, store=arguments.store)
    with reported():
        settings.prepare_folder()
        keyring = Keyring.open(settings.key_file)
        with Store(settings.store_url) as store:
            yield store, keyring


@contextmanager
def reported() -> Iterator[None]:
    """Turns the service's errors into the command's."""
    try:
        yield
    except ServiceError as error:
        message = error.message
    else:
        return
    raise CannotRunError(f"{message[:1].upper()}{message[1:]}".removesuffix(".") + ".")
