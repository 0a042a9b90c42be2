"""A program of several commands: finds the one that is meant, runs it, and turns what happens into an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import extras
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import A, Command, Parser, or_meant
from engine.errors import ConfigurationError, EngineError

FAILED, CANNOT_RUN, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its commands by name; a name may be two words, such as `clients add`."""

    name: str
    description: str
    example: str
    commands: Mapping[str, Command[Any]]

    def main(self, words: Sequence[str] | None, environment: Mapping[str, str] | None) -> int:
        """`NAME COMMAND …`: the exit code is 0, 1 for findings or a failure, 2 where it could not run."""
        if words is None:
            answer_shell(self.name, self.commands)
            words = sys.argv[1:]
        environment = os.environ if environment is None else environment
        if not words or words[0].startswith("-"):
            parser = self._parser()
            parser.parse_args(words[:1])
            parser.error("the command comes first")
        for count in (2, 1):
            name = " ".join(words[:count])
            if name in self.commands:
                return run(self.commands[name], f"{self.name} {name}", words[count:], environment)
        console = Console.of_process(self.name, environment)
        console.complain(f"{words[0]!r} is no command{or_meant(words[0], self.commands)} See {self.name} --help.")
        return CANNOT_RUN

    def _parser(self) -> Parser:
        widest = max(map(len, self.commands))
        listing = "\n".join(f"  {command.name:{widest}}  {command.summary}" for command in self.commands.values())
        parser = Parser(
            self.name,
            self.description,
            f"commands:\n{listing}\n\nexample:\n  {self.name} {self.example}\n\n"
            f"{self.name} COMMAND --help tells more of each.",
        )
        parser.usage = f"{self.name} COMMAND [OPTION]... [ARGUMENT]..."
        return parser


def answer_shell(name: str, commands: Mapping[str, Command[Any]] | Command[Any]) -> None:
    """Ends the process with the proposals for a command line, where a shell started it for these alone."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    from engine.commandline.completion import complete

    complete(name, commands)


def make_parser(command: Command[A], program: str) -> Parser:
    """The parser of a command that is called as `program`; its help is what `--help` and the docs show."""
    example = f"{program} {command.example}".rstrip()
    parser = Parser(
        program,
        command.description,
        f"example:\n  {example}\n\n"
        "Each long option may be given in the environment instead, for example APTIC_TIME_ZONE for --time-zone.",
    )
    command.add_options(parser)
    return parser


def run(command: Command[A], program: str, words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs one command that is called as `program`; gives the exit code."""
    console = Console.of_process(program, environment)
    parser = make_parser(command, program)
    try:
        arguments = parser.parse_command_line(words, environment, command.arguments())
        return _guarded(command, arguments, console)
    except BrokenPipeError:
        _drop_output()  # the reader has gone, which is no error
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED


def _drop_output() -> None:
    """Without this the interpreter's own flush at exit would fail once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _guarded(command: Command[A], arguments: A, console: Console) -> int:
    with console.logging(debug=arguments.debug):
        try:
            code = command.run(arguments, console)
            console.out.flush()
            return code
        except BrokenPipeError:
            raise
        except Exception as error:
            if arguments.debug:
                console.note("\n".join(map(console.trouble.escape, traceback.format_exc().splitlines())))
            return _report(error, console)


def _report(error: Exception, console: Console) -> int:
    match error:
        case CannotRunError() | ConfigurationError():
            console.complain(str(error))
            return CANNOT_RUN
        case EngineError():
            console.complain(error.message + _place(error))
            return FAILED
        case ModuleNotFoundError() if (missing := extras.advice(error)) is not None:
            console.complain(f"This needs more than is installed: {missing}.")
            return CANNOT_RUN
        case OSError(filename=None):
            _drop_output()
            console.complain(f"The output cannot be written: {error.strerror}.")
            return CANNOT_RUN
        case _:  # its text may quote anything, so only --debug shows it
            console.complain(f"An internal error, {type(error).__name__}; --debug shows where.")
            return CANNOT_RUN


def _place(error: EngineError) -> str:
    """Where in the definition, as far as the message does not say it."""
    if error.file is None or error.file in error.message:
        return ""
    step = "" if error.step is None else f", step {error.step}"
    return f" ({error.file}{'' if error.line is None else f':{error.line}'}{step})"
