"""The recorded examples that the service shows and sends, as they were read last."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Raw

from engine.body import Body


class Examples:
    """The examples that `read` gave last. It is called at once, and again by `reload`."""

    def __init__(self, read: Callable[[], Mapping[str, Body]] = dict) -> None:
        self._read = read
        self.current: Mapping[str, Body] = read()
        """The examples by event code. `reload` replaces the mapping, and never changes it."""

    def reload(self) -> None:
        """Reads them again. From any thread."""
        self.current = self._read()


def shown_body(example: Body | None) -> Raw | None:
    """The example's JSON, as it is sent to a URL without a secret. None if the event sends nothing for it."""
    return None if example is None or example.skip_reason is not None else Raw(example.fill(None))
