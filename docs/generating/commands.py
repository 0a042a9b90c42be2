"""docs/reference/commands.md, from the help of every command."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO

from authoring.cli.main import COMMANDS, main
from generating.markdown import block, document, prose, table

_WIDTH = "100"
_INTRO = """
Two programs are about definitions, a third is [the service](service.md). `aptic-definitions` has a command for each
task; `validate-definitions` is `aptic-definitions validate` under a name of its own, for CI. Results go to standard
output, troubles and warnings to standard error. No output contains a registration's secret but the body that `compose`
prints.
"""
_ENVIRONMENT = """
Every long option can be set in the environment: `APTIC_` and the option's name in capitals, with underscores. What the
command line says wins, and an empty variable counts as not set. A switch takes 1 or 0. The library itself reads no
environment.
"""
_CODES = (
    ("0", "All is well: no finding, every case passed, a body was printed."),
    ("1", "Something was found: an error in a definition, a case that failed, an event without a body."),
    ("2", "The command could not run: a wrong option, a file that is not there, a ledger that cannot be read."),
    ("130", "Ctrl-C."),
    ("141", "Who read the output has gone, as `head` does."),
)


def page() -> str:
    """The page."""
    parts = [prose(_INTRO), block(help_of(main, [])), "## Exit codes", table(["code", ""], _CODES)]
    parts += ["## Options in the environment", prose(_ENVIRONMENT)]
    for command in COMMANDS.values():
        parts += [f"## {command.name}", block(help_of(main, [command.name]))]
    return document("Commands", "the commands' own --help", *parts)


def help_of(program: Callable[[Sequence[str], Mapping[str, str]], int], words: Sequence[str]) -> str:
    """What `--help` prints, for a terminal of a fixed width."""
    written = StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _WIDTH
    try:
        with redirect_stdout(written), suppress(SystemExit):
            program([*words, "--help"], {})
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return written.getvalue()
