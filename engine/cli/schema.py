"""`aptic-definitions schema`: the XSD, for editors."""

from __future__ import annotations

from engine.commandline.console import Console
from engine.commandline.options import Arguments, Command, no_options


def run(_arguments: Arguments, console: Console) -> int:
    """Prints the XSD to the byte."""
    from engine.resources import definition_schema

    console.write_bytes(definition_schema())
    return 0


SCHEMA = Command(
    name="schema",
    summary="Prints the XSD of service definitions.",
    description="Prints the XSD of service definitions, with the documentation that an editor shows on hover.",
    example="> aptic-service-definition.xsd",
    add_options=no_options,
    run=run,
    arguments=Arguments,
)
