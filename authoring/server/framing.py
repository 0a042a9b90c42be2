"""Messages in a stream of bytes: the Language Server Protocol's base part, read so that nothing in it can stop us."""

from __future__ import annotations

import re
from typing import Final

MAX_CONTENT: Final = 64 * 1024 * 1024
"""How many bytes a message may have: far more than a definition's file, which has one MiB at most."""
_MAX_HEADER: Final = 8192
_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"(?:^|\n)content-length[ \t]*:[ \t]*(\d{1,18})[ \t]*(?:\r|\n|$)", re.IGNORECASE)


class Framing:
    """Cuts a stream into messages. A header without a length gives None, and so does a message that is too long."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._awaited: int | None = None
        self._skipped = 0

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """The messages that end with `chunk`, in order."""
        self._buffer += chunk
        found: list[bytes | None] = []
        while self._skip() and self._header(found) and self._content(found):
            pass
        return found

    def _skip(self) -> bool:
        """Drops what is left of a message that is too long; whether something may follow it."""
        dropped = min(self._skipped, len(self._buffer))
        del self._buffer[:dropped]
        self._skipped -= dropped
        return not self._skipped

    def _header(self, found: list[bytes | None]) -> bool:
        """Reads a header, unless a message's content is awaited; whether one is read now."""
        if self._awaited is not None:
            return True
        end = self._buffer.find(_END)
        if end < 0:
            if len(self._buffer) > _MAX_HEADER:
                found.append(None)
                del self._buffer[: 1 - len(_END)]  # what is left may be the beginning of its end
            return False
        length = _LENGTH.search(bytes(self._buffer[max(0, end - _MAX_HEADER) : end + 2]))
        del self._buffer[: end + len(_END)]
        self._awaited = int(length[1]) if length else 0
        if length is None or self._awaited > MAX_CONTENT:
            self._skipped, self._awaited = self._awaited, None
            found.append(None)
            return self._skip() and self._header(found)
        return True

    def _content(self, found: list[bytes | None]) -> bool:
        """Takes a message's content; whether it was all there."""
        awaited = self._awaited or 0
        if len(self._buffer) < awaited:
            return False
        found.append(bytes(self._buffer[:awaited]))
        del self._buffer[:awaited]
        self._awaited = None
        return True
