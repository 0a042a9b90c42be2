"""The entry point `aptic-webhooks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.cli.options import Command
from engine.cli.program import Program
from webhooks.cli.clients import ADD, DISABLE, LIST, ROTATE
from webhooks.cli.emit import EMIT
from webhooks.cli.serve import SERVE

COMMANDS: Mapping[str, Command[Any]] = {command.name: command for command in (SERVE, ADD, LIST, ROTATE, DISABLE, EMIT)}
PROGRAM = Program("aptic-webhooks", "Runs the webhook service and administers it.", "serve", COMMANDS)


def main(words: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """`aptic-webhooks COMMAND …`: the exit code is 0, 1 for a failure, 2 where it could not run."""
    return PROGRAM.main(words, environment)
