"""What the commands' options have in common, and the environment variables that stand for them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from engine.commandline.console import Console
from engine.extras import DISTRIBUTION
from engine.spelling import closest

if TYPE_CHECKING:
    from engine.settings import LoadOptions

PREFIX = "APTIC_"
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


class Arguments(argparse.Namespace):
    """The parsed command line; each command adds its own."""

    debug: bool


class LoadArguments(Arguments):
    """What a command that loads definitions is told by `add_ledger` and `add_catalogue`; see LoadOptions."""

    ledger: str | None
    ledger_schema: Path | None
    events: Path | None
    time_zone: str | None
    databases: list[str]

    def load_options(self) -> LoadOptions:
        """The options as one value."""
        from engine.settings import LoadOptions

        return LoadOptions(
            ledger=self.ledger,
            ledger_schema=self.ledger_schema,
            events=self.events,
            time_zone=self.time_zone,
            databases=tuple(self.databases),
        )


class ComposerArguments(LoadArguments):
    """What a command that composes is told."""

    definitions: Path
    fixtures: Path
    approximate: bool


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Command(Generic[A]):
    """A subcommand. `run` gives the exit code; the texts are complete sentences, `example` is a command line.

    Its module is imported for every `--help`: what is slow to import is imported by `run`.
    """

    name: str
    summary: str
    description: str
    example: str
    add_options: Callable[[Parser], None]
    run: Callable[[A, Console], int]
    arguments: Callable[[], A]


class Parser(argparse.ArgumentParser):
    """A parser whose long options may also come from the environment: `--ledger-schema` as APTIC_LEDGER_SCHEMA."""

    def __init__(self, program: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=program,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.add_argument("-h", "--help", action="help", help="Shows this text and ends.")
        self.add_argument("--version", action=_Version, nargs=0, help="Shows the version and ends.")
        self.add_argument(
            "--debug", action="store_true", help="Shows the engine's log, and where in the code an error arose."
        )

    def parse_command_line(self, words: Sequence[str], environment: Mapping[str, str], into: A) -> A:
        """The arguments; what the command line does not give is taken from the environment.

        An empty variable counts as not set. Ends the process with exit code 2 where something is wrong.
        """
        given = [*self._from_environment(words, environment), *words]
        if "--" in given:  # argparse cannot mix it with what it parses here; behind it, names may begin with a dash
            end = given.index("--")
            given[end:] = [f"./{name}" if name.startswith("-") else name for name in given[end + 1 :]]
        return self.parse_intermixed_args(given, into)

    def error(self, message: str) -> NoReturn:
        """Ends the process, without the usage: of some commands that is longer than what is to be read."""
        self.exit(2, f"{self.prog}: error: {message}\n{self.prog} --help tells what it takes.\n")

    def _from_environment(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        given = {word.partition("=")[0] for word in words}
        found = []
        for action in self._actions:
            option = next((option for option in action.option_strings if option.startswith("--")), None)
            if option is None or option in given or option in ("--help", "--version"):
                continue
            variable = PREFIX + option[2:].upper().replace("-", "_")
            value = environment.get(variable, "")
            if action.nargs == 0:
                found += [option] * self._is_set(variable, value)
            elif value:
                found.append(f"{option}={value}")
        return found

    def _is_set(self, variable: str, value: str) -> bool:
        if value.lower() not in _YES | _NO:
            self.error(f"the environment variable {variable} must be 1 or 0")
        return value.lower() in _YES


class _Version(argparse.Action):
    """Looks the version up only when asked for it: that takes longer than all the rest of the start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version(DISTRIBUTION)
        except PackageNotFoundError:
            found = "(not installed)"
        sys.stdout.write(f"aptic-webhooks {found}\n")
        parser.exit()


def no_options(_parser: Parser) -> None:
    """Declares none, for a command without options of its own."""


def several(text: str) -> list[str]:
    """The names in a comma-separated list."""
    return [name for name in map(str.strip, text.split(",")) if name]


def named_path(text: str) -> Path:
    """The path that an option names. An empty one would be the current folder, which nobody means by it."""
    if not text:
        raise argparse.ArgumentTypeError("an empty text is no path; is a variable not set?")
    return Path(text)


def or_meant(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: a guess at what was meant, or nothing."""
    found = closest(name, known)
    return f"; did you mean {found}?" if found else "."


def add_definitions(parser: Parser) -> None:
    """The folder of definitions."""
    parser.add_argument(
        "--definitions",
        type=named_path,
        default=Path("definitions"),
        metavar="DIR",
        help="The folder of definitions is DIR (default: definitions).",
    )


def add_fixtures(parser: Parser) -> None:
    """The folder of fixture cases, with the ledger that they need."""
    parser.add_argument(
        "--fixtures",
        type=named_path,
        default=Path("fixtures"),
        metavar="DIR",
        help="The folder of cases and of the embedded ledger (ledger/schema.sql, ledger/data.sql) is DIR "
        "(default: fixtures).",
    )


def add_events(parser: Parser) -> None:
    """The site's own events."""
    parser.add_argument(
        "--events",
        type=named_path,
        metavar="DIR",
        help="DIR holds further event schemas, one <event>.schema.json each; they add to the shipped ones.",
    )


def add_catalogue(parser: Parser) -> None:
    """What definitions are checked and compiled against, beside the ledger."""
    add_events(parser)
    parser.add_argument(
        "--time-zone",
        metavar="ZONE",
        help="GETDATE and its like give the time of this zone, for example Europe/Stockholm.",
    )
    parser.add_argument(
        "--database",
        dest="databases",
        action="extend",
        type=several,
        default=[],
        metavar="NAME",
        help="Three-part table names may begin with this database; may be repeated, or name several with commas.",
    )


def add_approximate(parser: Parser) -> None:
    """Trying out what no other ledger than SQL Server does alike."""
    parser.add_argument(
        "--approximate",
        action="store_true",
        help="The embedded ledger orders strings by ICU where it cannot do so by SQL Server's own rules: ORDER BY, <, "
        ">, BETWEEN, MIN and MAX. The output says which events are composed so.",
    )


def add_ledger(parser: Parser, *, ledger: str, schema: str) -> None:
    """The ledger and its schema; the texts say what they are to this command."""
    parser.add_argument("--ledger", metavar="URL", help=ledger)
    parser.add_argument("--ledger-schema", type=named_path, metavar="FILE", help=schema)
