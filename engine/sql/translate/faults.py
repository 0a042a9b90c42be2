"""How a handler refuses, and where in the text that was."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from sqlglot import exp

from engine.sql.fault import SqlFault


class Refused(Exception):  # noqa: N818  # not an error of the engine: it ends one branch of the translation
    """A construct is not carried. `fault` is None where the cause has been reported already."""

    def __init__(self, fault: SqlFault | None) -> None:
        super().__init__(fault.message if fault else "already reported")
        self.fault = fault


def offset_of(node: exp.Expr) -> int:
    """The first place in the text that the parser remembers of `node` or of what it holds, else of what holds it."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    if starts:
        return int(min(starts))
    return offset_of(node.parent) if node.parent is not None else 0


def refused(node: exp.Expr, message: str, hint: str | None = None, *, rule: str = "portability") -> Refused:
    """The exception that says why `node` is not carried."""
    return Refused(SqlFault(rule=rule, offset=offset_of(node), message=message, hint=hint))


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint with the most similar known name, or None."""
    spelled = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), spelled, n=1)
    return f"did you mean {spelled[close[0]]}?" if close else None
