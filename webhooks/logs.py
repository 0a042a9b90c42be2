"""The service's log, a JSON object a line. Of an error it shows where it arose; its text may quote values."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from msgspec.json import encode


class JsonFormatter(logging.Formatter):
    """Members: time, level, logger, message; those of `extra={"ids": {…}}`; `errors`, the cause last."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        message = record.getMessage()
        if record.name == "asyncio":
            message = message.partition("\n")[0]  # what follows is the repr of what failed
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
    """Sends everything that the process logs to the stream: what it does, with `is_debug` each request as well."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.raiseExceptions = False  # the fault of a log call would be told with its values
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if is_debug else logging.INFO)
    engine = logging.getLogger("engine")
    engine.handlers.clear()  # the command's own, for a person
    engine.propagate = True
    for name in ("alembic", "asyncio", "sqlalchemy"):  # their steps say nothing to an operator
        logging.getLogger(name).setLevel(logging.WARNING)


def _chain(error: BaseException | None) -> Iterator[dict[str, object]]:
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        yield {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
