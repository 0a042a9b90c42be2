"""What a shell proposes at TAB: commands, options, their choices, and what a word may name.

argcomplete talks with the shells. It starts the program anew at each TAB, so nothing slow is imported here.
"""

from __future__ import annotations

import os
import tomllib
from argparse import Action, Namespace
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from argcomplete.completers import DirectoriesCompleter, FilesCompleter
from argcomplete.finders import CompletionFinder

from engine import catalogue
from engine.commandline.options import PREFIX, Command, Parser, several
from engine.files import SUFFIX
from engine.resources import schema_folder

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_Completer: TypeAlias = Callable[..., Iterable[str]]
"""argcomplete calls it with prefix, action, parser and parsed_args, by these names."""


def complete(name: str, commands: Mapping[str, Command[Any]] | Command[Any]) -> None:
    """Answers the shell that started this process for a line that begins with `name`, and ends the process."""
    finder = finder_of(name, commands)
    finder(finder.root, always_complete_options=False)


def finder_of(name: str, commands: Mapping[str, Command[Any]] | Command[Any]) -> Finder:
    """What finds the proposals for a program of several commands, or of one."""
    return Finder(_OfCommand(prog=name, command=commands) if isinstance(commands, Command) else _tree(name, commands))


class Finder(CompletionFinder):
    """Options are proposed once a dash is typed; operands also behind options, as our parsers take them."""

    def __init__(self, root: Parser, **settings: Any) -> None:
        super().__init__(root, **{"always_complete_options": False, **settings})
        self.root = root

    def collect_completions(self, active_parsers: Any, parsed_args: Namespace, cword_prefix: str) -> list[str]:
        """As argcomplete does; where it awaits nothing more, the operands that may be repeated go on."""
        parser = active_parsers[-1]
        if not parser.active_actions:
            parser.active_actions = [each for each in parser._actions if each.nargs in {"*", "+"}]  # noqa: SLF001
        return super().collect_completions(active_parsers, parsed_args, cword_prefix)


class _OfCommand(Parser):
    """The parser of a command, or of the first word of several, below that of its program."""

    def __init__(self, *, prog: str, command: Command[Any] | None = None) -> None:
        super().__init__(prog, "", "")
        if command is not None:
            command.add_options(self)
        for action in self._actions:
            if action.choices is None:
                vars(action)["completer"] = _COMPLETERS.get(str(action.metavar), _nothing)


def _tree(name: str, commands: Mapping[str, Command[Any]]) -> Parser:
    root = Parser(name, "", "")
    first = root.add_subparsers(parser_class=_OfCommand)
    groups: dict[str, _SubParsersAction[_OfCommand]] = {}
    for command in commands.values():
        word, _, second = command.name.partition(" ")
        if not second:
            first.add_parser(word, command=command, help=command.summary)
            continue
        if word not in groups:
            others = [each for each in commands if each.startswith(f"{word} ")]
            group = first.add_parser(word, help=", ".join(others))
            groups[word] = group.add_subparsers(parser_class=_OfCommand)
        groups[word].add_parser(second, command=command, help=command.summary)
    return root


def _nothing(**_: object) -> Iterable[str]:
    return ()


def _rules(*, prefix: str, action: Action, **_: object) -> Iterable[str]:
    # By the file alone: the rules' own package imports the SQL parser, which takes half a second.
    names = tomllib.loads((files("engine") / "validation" / "rules.toml").read_text(encoding="utf-8"))
    return _each_of_list(names, prefix, action)


def _events(*, prefix: str, action: Action, parsed_args: Namespace, **_: object) -> Iterable[str]:
    """The catalogue's, those of the site's folder of events, and those that a definition's file is called after."""
    own = getattr(parsed_args, "events", None) or os.environ.get(PREFIX + "EVENTS")
    definitions = getattr(parsed_args, "definitions", None) or Path("definitions")
    names = {
        *_names(schema_folder() / "events", catalogue.SUFFIX),
        *(_names(Path(own), catalogue.SUFFIX) if own else ()),
        *_names(Path(definitions), SUFFIX),
    }
    return _each_of_list(sorted(names), prefix, action)


def _names(folder: Traversable, suffix: str) -> Iterable[str]:
    try:
        found = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return [name.removesuffix(suffix) for name in found if name.endswith(suffix) and not name.startswith(".")]


def _zones(**_: object) -> Iterable[str]:
    from zoneinfo import available_timezones

    return sorted(available_timezones())


def _each_of_list(names: Iterable[str], prefix: str, action: Action) -> Iterable[str]:
    """The names; behind the commas of those that stand there already, where an option takes a list."""
    before = prefix[: prefix.rfind(",") + 1] if action.type is several else ""
    return [before + name for name in names]


_COMPLETERS: Final[Mapping[str, _Completer]] = {
    "DIR": DirectoriesCompleter(),
    "EVENT": _events,
    "FILE": FilesCompleter(),
    "PATH": FilesCompleter(),
    "REF": FilesCompleter(),
    "RULE": _rules,
    "ZONE": _zones,
}
"""By the word that stands for the value in the help of each option and operand."""
