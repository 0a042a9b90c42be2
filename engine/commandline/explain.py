"""What `--explain` tells of a step: the SQL as sent, the bound values, the rows and the time taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING

from engine.model import Argument, SecretSource
from engine.model.diagnostic import split_lines
from engine.reporting.terminal import Style, Terminal

if TYPE_CHECKING:
    from engine.execution.observed import Execution

MASK = "***"
_LONGEST = 200


def explainer(secret: str | None, terminal: Terminal, write: Callable[[str], None]) -> Callable[[Execution], None]:
    """An observer that writes lines about each step as it ends.

    A bound value that equals the secret by chance is masked too: it came with the event, but nobody could tell.
    """
    numbers = count(1)

    def observe(execution: Execution) -> None:
        """Writes the execution of one query."""
        for line in _lines(execution, next(numbers), secret, terminal):
            write(line)

    return observe


def _lines(execution: Execution, number: int, secret: str | None, terminal: Terminal) -> Iterator[str]:
    step = execution.step
    name = "" if step.name is None else f" ({terminal.escape(step.name)})"
    yield terminal.paint(f"step {number}{name}, {terminal.escape(execution.file)}:{step.line}", Style.PLACE)
    for line in split_lines(step.statement.sql.strip("\r\n")):
        yield "  " + "\t".join(map(terminal.escape, line.split("\t")))
    for index, (place, value) in enumerate(zip(step.statement.parameters, execution.values, strict=True), start=1):
        argument = step.arguments[place]
        origin = f"{terminal.escape(argument.source_text)}, {argument.type.value}"
        yield f"  ${index} = {_value(value, argument, secret, terminal)}  ({origin})"
    if any(isinstance(argument.source, SecretSource) for argument in step.arguments):
        yield f"  $secret = {MASK}  (never sent: NULL stands in its place until the body is filled)"
    milliseconds = f"{execution.seconds * 1000:.1f} ms"
    if execution.rows is None:
        yield f"  failed after {milliseconds}"
    else:
        count = len(execution.rows)
        yield f"  {count} row{'' if count == 1 else 's'} in {milliseconds}"


def _value(value: object, argument: Argument, secret: str | None, terminal: Terminal) -> str:
    if isinstance(argument.source, SecretSource) or (secret and value == secret):
        return MASK
    if value is None:
        return "NULL"
    text = repr(value) if isinstance(value, str) else str(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}... ({len(text)} characters)"
    return terminal.escape(text)
