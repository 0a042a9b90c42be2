"""The entry points `aptic-definitions` and `validate-definitions`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from engine.cli.completion import COMPLETION
from engine.cli.compose import COMPOSE
from engine.cli.disclosures import DISCLOSURES
from engine.cli.docs import DOCS
from engine.cli.explain_rule import EXPLAIN
from engine.cli.impact import IMPACT
from engine.cli.lineage import LINEAGE
from engine.cli.new import NEW
from engine.cli.rules import RULES
from engine.cli.schema import SCHEMA
from engine.cli.snapshot import SNAPSHOT
from engine.cli.test import TEST
from engine.cli.validate import VALIDATE
from engine.commandline.options import Command
from engine.commandline.program import Program, answer_shell, run

COMMANDS: Mapping[str, Command[Any]] = {
    command.name: command
    for command in (
        VALIDATE,
        TEST,
        COMPOSE,
        NEW,
        SNAPSHOT,
        DOCS,
        LINEAGE,
        IMPACT,
        DISCLOSURES,
        RULES,
        EXPLAIN,
        SCHEMA,
        COMPLETION,
    )
}
PROGRAM = Program(
    "aptic-definitions",
    "Checks, tests and tries out service definitions of webhooks.",
    "validate definitions",
    COMMANDS,
)


def main(words: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """`aptic-definitions COMMAND …`: the exit code is 0, 1 for findings or a failure, 2 where it could not run."""
    return PROGRAM.main(words, environment)


def validate(words: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """`validate-definitions …`, the same as `aptic-definitions validate …`."""
    if words is None:
        answer_shell("validate-definitions", VALIDATE)
        words = sys.argv[1:]
    return run(VALIDATE, "validate-definitions", words, os.environ if environment is None else environment)
