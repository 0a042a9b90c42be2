"""What a finding says beside its message: the hint, what mends it, and the other places that it is about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model import Diagnostic, Replacement


def advice(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    """A title and a text for each; the text is not escaped."""
    if diagnostic.ignored_because is not None:
        yield "ignored because", diagnostic.ignored_because
    if diagnostic.hint is not None:
        yield "hint", diagnostic.hint
    if diagnostic.replacement is not None:
        yield "fix", _fix(diagnostic.replacement)
    for place in diagnostic.related:
        yield "see", f"{place.file}:{place.line}:{place.column}: {place.message}"


def advice_lines(diagnostic: Diagnostic) -> list[str]:
    """The same as lines of text."""
    return [f"{title}: {text}" for title, text in advice(diagnostic)]


def _fix(replacement: Replacement) -> str:
    text = replacement.text.strip()
    if not text:
        return "remove it"
    is_added = (replacement.line, replacement.column) == (replacement.end_line, replacement.end_column)
    return f"add {text}" if is_added else f"write {text}"
