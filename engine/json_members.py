"""Members of one name in one JSON object, of which decoders keep the last and say nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence


def repeated_names(members: Sequence[tuple[str, object]], unique: Mapping[str, object]) -> tuple[str, ...]:
    """The names that stand there more than once, in order; `unique` is the object made of the members."""
    if len(unique) == len(members):
        return ()
    counts = Counter(name for name, _ in members)
    return tuple(name for name, count in counts.items() if count > 1)
