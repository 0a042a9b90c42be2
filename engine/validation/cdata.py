"""SQL that holds the markup behind it, because its CDATA section was not closed where its author meant it to be."""

from __future__ import annotations

import re

from engine.model import Step
from engine.validation.finding import Finding

_BEGIN = "<![CDATA["
_MARKUP = re.compile(r"<!\[CDATA\[|<argument\s+\w+\s*=|</query\s*>")
_LINE_END = re.compile(r"\r\n|\r|\n")


def unclosed(step: Step, source: str) -> Finding | None:
    """A finding at the first markup in the step's SQL; None where there is none. `source` is the file's text."""
    found = _MARKUP.search(step.sql.value)
    if found is None:
        return None
    at = step.sql.position(found.start())
    lines = _LINE_END.split(source)
    before = [*lines[: at.line - 1], lines[at.line - 1][: at.column - 1]]
    begun = next((line for line in range(at.line, step.position.line - 1, -1) if _BEGIN in before[line - 1]), None)
    if begun is None:
        return None
    message = f"The CDATA section that begins in line {begun} is not closed before this."
    return Finding("sql-syntax", at, message, "Close it with ]]> behind the SQL.")
