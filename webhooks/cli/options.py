"""Options that several commands share, above all those for the store and the keys; and the report of their errors."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Arguments, Parser, named_path, several
from webhooks.errors import ServiceError
from webhooks.proxies import parse_network
from webhooks.settings import Settings, default_data

if TYPE_CHECKING:
    from webhooks.security.keys import Keyring
    from webhooks.store.store import Store

T = TypeVar("T")


class StoreArguments(Arguments):
    """The arguments of every command that opens the store."""

    data: Path | None
    store: str | None
    key_file: Path | None


class ReportArguments(StoreArguments):
    """The arguments of a command that opens the store and can print JSON."""

    json: bool


def add_store(parser: Parser) -> None:
    """Adds the options for the store and the keys."""
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="DIR",
        help="The service's folder, with its keys and its embedded store, is DIR (default: aptic-webhooks in "
        "$XDG_DATA_HOME or ~/.local/share).",
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="The store is the database at this SQLAlchemy URL, for example postgresql+psycopg://user@host/database "
        "(default: SQLite in --data). Give one that holds a password as APTIC_STORE: others see a command line.",
    )
    parser.add_argument(
        "--key-file",
        type=named_path,
        metavar="FILE",
        help="The keys of the store are in FILE (default: keys in --data); those in the variable APTIC_KEYS, "
        "separated by commas, come first.",
    )


def port_number(text: str) -> int:
    """Parses a port number."""
    if not text.isascii() or not text.isdigit() or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to 65535")
    return int(text)


def add_window_hosts(parser: Parser) -> None:
    """Adds the option for the host names by which the administration port may be called."""
    parser.add_argument(
        "--window-host",
        dest="window_hosts",
        action="extend",
        type=_host_names,
        default=[],
        metavar="NAME",
        help="What administers may be asked by this name or address too, and not by loopback ones only, where a proxy "
        "or a forwarded port leads to it; several with commas, or repeated.",
    )


def _host_names(text: str) -> list[str]:
    names = several(text)
    if faulty := [name for name in names if not _is_host(name)]:
        raise argparse.ArgumentTypeError(f"{faulty[0]!r} is no host's name or address, without a port")
    return names


def _is_host(text: str) -> bool:
    if re.fullmatch("[A-Za-z0-9._-]+", text):
        return True
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


def target_ports(text: str) -> list[int]:
    """Parses a comma-separated list of ports that deliveries can call."""
    ports = [port_number(part) for part in several(text)]
    if 0 in ports:
        raise argparse.ArgumentTypeError("'0' is no port that can be called")
    return ports


def networks(text: str) -> list[str]:
    """Parses a comma-separated list of networks."""
    return [str(checked(parse_network)(part)) for part in several(text)]


def number_between(least: float, most: float) -> Callable[[str], float]:
    """A parser for a number in these bounds."""

    def number(text: str) -> float:
        """The number, if it is in the bounds. Raises ArgumentTypeError."""
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return found

    return number


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A parser for a whole number in these bounds."""

    def number(text: str) -> int:
        """The number, if it is in the bounds. Raises ArgumentTypeError."""
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return number


def argument(text: str) -> tuple[str, str]:
    """Parses an event's argument, `NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError("write NAME=VALUE, for example debtcreditorid=7")
    return name, value


def checked(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser for an option. If it raises a ServiceError, the complaint names the option."""

    def parse_option(text: str) -> T:
        """The parsed option. Raises ArgumentTypeError."""
        try:
            return parse(text)
        except ServiceError as error:
            raise argparse.ArgumentTypeError(error.message) from None

    return parse_option


def add_json(parser: Parser) -> None:
    """Adds the option for printing JSON."""
    parser.add_argument("--json", action="store_true", help="The result is JSON, for programs.")


def settings_of(arguments: StoreArguments, console: Console) -> Settings:
    """Settings with the store and the keys. Raises SettingsError."""
    environment = console.environment
    return Settings(
        data=arguments.data or default_data(environment),
        store=arguments.store,
        key_file=arguments.key_file,
        keys=environment.get("APTIC_KEYS") or None,
    )


@contextmanager
def opened(arguments: StoreArguments, console: Console, *, may_make: bool = False) -> Iterator[tuple[Store, Keyring]]:
    """The store and the keys of a service. A ServiceError inside the `with` ends the command with its message."""
    from webhooks.process import state

    settings = settings_of(arguments, console)
    with reported():
        if not may_make and (file := state.missing_file(settings)) is not None:
            raise CannotRunError(
                f"There is no store {file}: name the service's folder with --data. `serve` and `clients add` make it."
            )
        with state.opened(settings) as found:
            yield found


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
