"""The service's log: one JSON object a line. Of an error it shows the place only, as its text may quote values."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from msgspec.json import encode


class JsonFormatter(logging.Formatter):
    """Writes the members time, level, logger and message, those of `extra={"ids": {…}}`, and `errors`, causes last."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        message = record.getMessage()
        if record.name == "asyncio":
            message = message.partition("\n")[0]  # asyncio's further lines show the repr of what failed
        ids: dict[str, object] = getattr(record, "ids", {})
        members = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message.encode(errors="backslashreplace").decode(),
            **ids,
        }
        if record.exc_info and record.exc_info[1]:
            members["errors"] = list(_chain(record.exc_info[1]))
        return encode(members).decode()


def configure(stream: TextIO, *, is_debug: bool) -> None:
    """Writes the process's log to the stream. With `is_debug` it has each request as well."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.raiseExceptions = False  # a log call that fails would print its arguments
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if is_debug else logging.INFO)
    engine = logging.getLogger("engine")
    engine.handlers.clear()  # the engine's command writes for a person, not JSON
    engine.propagate = True
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # its warnings quote the server, which may quote values
    for name in ("alembic", "asyncio", "sqlalchemy"):  # what they log below a warning tells an operator nothing
        logging.getLogger(name).setLevel(logging.WARNING)


def _chain(error: BaseException | None) -> Iterator[dict[str, object]]:
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        yield {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
