"""`aptic-definitions rules`: what the validator looks for."""

from __future__ import annotations

from engine.commandline.console import Console
from engine.commandline.options import Arguments, Command, no_options


def run(_arguments: Arguments, console: Console) -> int:
    """Prints a line for each rule."""
    from engine.validation.rules import rules

    registry = rules()
    widest = max(map(len, registry))
    for rule in registry.values():
        mark = "" if rule.can_be_ignored else " (cannot be ignored)"
        console.write(f"{rule.name:{widest}}  {rule.severity.value:7}  {rule.summary}{mark}\n")
    return 0


RULES = Command(
    name="rules",
    summary="Lists the rules that definitions are checked by.",
    description="Lists the rules that definitions are checked by, with their severity and what each means.",
    example="",
    add_options=no_options,
    run=run,
    arguments=Arguments,
)
