"""The grammar of an argument's `source` (definition language, section 2)."""

from __future__ import annotations

import re

from engine.model import DataSource, SecretSource, Source, StepSource

_DATA = re.compile(r"\$data((?:\.[\w-]+(?:\[(?:0|[1-9][0-9]{0,8})\])*)+)")
_SEGMENT = re.compile(r"\.([\w-]+)|\[([0-9]+)\]")
_STEP = re.compile(r"\$steps\.([A-Za-z_][A-Za-z0-9_]*)\.([^.\s](?:[^.\r\n]*[^.\s])?)")


def parse_source(text: str) -> Source | None:
    """The source that `text` names, or None where it is not understood. Blanks around it are not allowed.

    `$secret`; `$data` with one `.name` or more, each with any number of `[n]`, where a name is letters, digits, `_`
    and `-`; `$steps.NAME.COLUMN`, where a column is any text without a full stop.
    """
    if text == "$secret":
        return SecretSource()
    if found := _DATA.fullmatch(text):
        if "[" not in text:
            return DataSource(tuple(found[1][1:].split(".")))
        segments = _SEGMENT.finditer(found[1])
        return DataSource(tuple(int(segment[2]) if segment[2] else segment[1] for segment in segments))
    if found := _STEP.fullmatch(text):
        return StepSource(found[1], found[2])
    return None
