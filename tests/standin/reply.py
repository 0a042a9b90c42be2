"""The answer to one message, as tokens ([MS-TDS] 2.2.7)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from pysqlbridge.tds.result import SELECT_COMMAND, QueryError
from pysqlbridge.tds.token import DoneStatus
from pysqlbridge.tds.token import error as error_token

SERVER: Final = "STANDIN"
_MORE, _COUNT = int(DoneStatus.MORE), int(DoneStatus.COUNT)  # a flag's own operators take a microsecond
_DONE: Final = struct.Struct("<BHHQ")
_DONE_OF_BATCH, _DONE_OF_CALL, _DONE_IN_CALL = 0xFD, 0xFE, 0xFF


class Reply:
    """Tokens as they are made. `call` says that a procedure answers, whose statements end in another token."""

    def __init__(self, *, call: bool) -> None:
        self._call = call
        self._parts: list[bytes] = []
        self._last = -1

    def add(self, *tokens: bytes) -> None:
        """Tokens of the statement under way."""
        self._parts += tokens

    def rows(self, metadata: bytes, rows: Sequence[bytes]) -> None:
        """A result set, without its end."""
        self._parts.append(metadata)
        self._parts += rows

    def error(self, error: QueryError, tds_version: int) -> None:
        """An error and the end of its statement."""
        self.add(
            error_token(
                error.number,
                str(error),
                state=error.state,
                severity=error.severity,
                server=SERVER,
                tds_version=tds_version,
            )
        )
        self.done(int(DoneStatus.ERROR))

    def done(self, status: int = 0, *, count: int | None = None, selected: bool = False) -> None:
        """The end of a statement, with the count of its rows."""
        if count is not None:
            status |= _COUNT
        self._last = len(self._parts)
        token = _DONE_IN_CALL if self._call else _DONE_OF_BATCH
        command = SELECT_COMMAND if selected else 0
        self._parts.append(_DONE.pack(token, status | _MORE, command, count or 0))

    def end_call(self, status: int, returned: Sequence[bytes] = ()) -> None:
        """The end of a procedure: its return status and the values of its OUTPUT parameters."""
        self.add(b"\x79" + struct.pack("<i", status), *returned)
        self._last = len(self._parts)
        self._parts.append(_DONE.pack(_DONE_OF_CALL, _MORE, 0, 0))

    def head(self, rows: int) -> list[bytes]:
        """The declaration of the columns and the first rows of an only result set."""
        return self._parts[: 1 + rows]

    def unfinished(self) -> bytes:
        """What there is, as a connection that is about to break would have sent it."""
        return b"".join(self._parts)

    def finished(self) -> bytes:
        """The whole."""
        if self._last < 0:
            self.done()
        token, status, command, count = _DONE.unpack(self._parts[self._last])
        self._parts[self._last] = _DONE.pack(token, status & ~_MORE, command, count)
        return b"".join(self._parts)


def handle_value(handle: int | None) -> bytes:
    """The OUTPUT parameter of sp_prepare and sp_prepexec."""
    value = b"\0" if handle is None else b"\4" + struct.pack("<i", handle)
    return b"\xac\0\0\0\1" + struct.pack("<IH", 0, 0) + b"\x26\4" + value
