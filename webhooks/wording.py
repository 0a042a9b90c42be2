"""Numbers of things, in words for people."""

from __future__ import annotations


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 event`, `2,000 events`. Give the plural as `more` if it does not end in s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def deliveries(count: int) -> str:
    """`1 delivery`, `2,000 deliveries`."""
    return counted(count, "delivery", "deliveries")


def bodies(count: int) -> str:
    """`1 body`, `2,000 bodies`."""
    return counted(count, "body", "bodies")
