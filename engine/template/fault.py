"""What can be wrong with a template, when it is read and when it is rendered."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import EncodingError
from engine.model import Edit, Remark

SYNTAX = "template-syntax"
NAME = "template-name"
QUOTES = "template-quotes"

FOREIGN_QUOTES = "“”„‟«»‘’‚‛′″`"  # noqa: RUF001
"""What text processors make of quotes."""

ALONE_HINT = 'Write it as a whole value, {"secret": {{ secret }}}: no text can be joined to it.'
"""The way out wherever the secret is used otherwise."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """A finding in a template's text; `offset` counts its characters from 0. `edit` mends it, where that is certain."""

    rule: str
    offset: int
    message: str
    hint: str | None = None
    edit: Edit | None = None
    related: tuple[Remark, ...] = ()


class RenderingError(EncodingError):
    """Rendering failed for this event's data, at `offset` of the template's text. The message quotes no value."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
