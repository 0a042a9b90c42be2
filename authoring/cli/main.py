"""The entry point `aptic-definitions`: the engine's commands, and those of the author's tools over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from authoring.cli.lsp import LSP
from authoring.cli.studio import STUDIO
from engine.cli import main as engine
from engine.commandline.options import Command

COMMANDS: Mapping[str, Command[Any]] = {**engine.COMMANDS, LSP.name: LSP, STUDIO.name: STUDIO}
PROGRAM = replace(engine.PROGRAM, commands=COMMANDS)


def main(words: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """`aptic-definitions COMMAND …`: the exit code is 0, 1 for findings or a failure, 2 where it could not run."""
    return PROGRAM.main(words, environment)
