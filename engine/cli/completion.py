"""`aptic-definitions completion`: what a shell is to read so that it completes the commands of all our programs."""

from __future__ import annotations

from typing import Final

from engine.commandline.console import Console
from engine.commandline.options import Arguments, Command, Parser

PROGRAMS: Final = ("aptic-definitions", "validate-definitions", "aptic-webhooks")
SHELLS: Final = ("bash", "fish", "zsh")


class CompletionArguments(Arguments):
    """The options of `completion`."""

    shell: str


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument("shell", choices=SHELLS, help="The shell that is to read it: bash, fish or zsh.")


def run(arguments: CompletionArguments, console: Console) -> int:
    """Prints the shell's code."""
    from argcomplete.shell_integration import shellcode

    console.write(shellcode(PROGRAMS, use_defaults=False, shell=arguments.shell))
    return 0


COMPLETION = Command(
    name="completion",
    summary="Prints what lets a shell complete commands, options and names at TAB.",
    description="Prints what lets bash, fish or zsh complete subcommands, options, choices, files, events and rules.\n"
    "It is for all three programs. The shell starts the program at each TAB, so it is written only once.",
    example="bash",
    add_options=add_options,
    run=run,
    arguments=CompletionArguments,
)
