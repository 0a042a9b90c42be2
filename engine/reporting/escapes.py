"""Backslash escapes for what no encoding has: a file's name may have bytes that are no text."""

from __future__ import annotations


def in_unicode(text: str) -> str:
    """The text with such bytes escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
