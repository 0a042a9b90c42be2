"""The entry point `aptic-webhooks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.commandline.options import Command
from engine.commandline.program import Program
from webhooks.cli import clients, dead, definitions, webhooks
from webhooks.cli.compose import COMPOSE
from webhooks.cli.deliveries import DELIVERIES, REPLAY
from webhooks.cli.doctor import DOCTOR
from webhooks.cli.emit import EMIT
from webhooks.cli.erase import ERASE
from webhooks.cli.example_sends import TEST
from webhooks.cli.serve import SERVE
from webhooks.cli.window import STATUS, WINDOW
from webhooks.cli.worker import WORKER

_ALL: tuple[Command[Any], ...] = (
    SERVE,
    WORKER,
    clients.ADD,
    clients.LIST,
    clients.ROTATE,
    clients.DISABLE,
    clients.ENABLE,
    webhooks.LIST,
    webhooks.PAUSE,
    webhooks.RESUME,
    webhooks.REMOVE,
    TEST,
    definitions.LIST,
    definitions.ACCEPT,
    EMIT,
    DELIVERIES,
    REPLAY,
    dead.LIST,
    dead.REPLAY,
    COMPOSE,
    ERASE,
    DOCTOR,
    STATUS,
    WINDOW,
)
COMMANDS: Mapping[str, Command[Any]] = {command.name: command for command in _ALL}
PROGRAM = Program("aptic-webhooks", "Runs the webhook service and administers it.", "serve", COMMANDS)


def main(words: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Runs `aptic-webhooks COMMAND …`. Returns the exit code: 0, 1 for a failure, or 2 if it could not run."""
    return PROGRAM.main(words, environment)
