"""Numbers of things, in words for people."""

from __future__ import annotations


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 event`, `2,000 events`; `more` is the plural where it is not made with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def deliveries(count: int) -> str:
    """So many deliveries."""
    return counted(count, "delivery", "deliveries")


def bodies(count: int) -> str:
    """So many bodies."""
    return counted(count, "body", "bodies")
