"""The two streams of a command: results go to one, troubles to the other, neither can be steered by what it shows."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO

from engine.reporting.terminal import Style, Terminal


class CannotRunError(Exception):
    """The command cannot do what it was asked for: exit code 2. The message is for the user, one sentence or two."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where a command called `program` writes, and the environment that it was started in."""

    program: str
    out: TextIO
    err: TextIO
    result: Terminal
    trouble: Terminal
    environment: Mapping[str, str]

    @classmethod
    def of_process(cls, program: str, environment: Mapping[str, str]) -> Self:
        """The process's own streams, made to escape what their encoding cannot express.

        One that the process was started without (`>&-`) becomes the null device: the exit code still tells.
        """
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  as long as we run
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        result, trouble = Terminal.of(sys.stdout, environment), Terminal.of(sys.stderr, environment)
        return cls(program, sys.stdout, sys.stderr, result, trouble, environment)

    def write(self, text: str) -> None:
        """Writes a result that is already escaped."""
        self.out.write(text)

    def tell(self, line: str) -> None:
        """Writes a line of plain text as a result that is seen at once, for a command that goes on running."""
        self.write(f"{self.result.escape(line)}\n")
        self.out.flush()

    def write_bytes(self, content: bytes) -> None:
        """Writes a result to the byte, whatever the terminal's encoding is."""
        self.out.flush()
        self.out.buffer.write(content)

    def complain(self, message: str, style: Style = Style.ERROR) -> None:
        """Tells of a trouble: an error that ends the command, or a warning."""
        kind = "warning" if style is Style.WARNING else "error"
        self.note(f"{self.program}: {self.trouble.paint(kind + ':', style)} {self._escaped(message)}")

    def note(self, text: str) -> None:
        """Writes lines that are already escaped beside the results."""
        self.err.write(text + "\n")

    def _escaped(self, message: str) -> str:
        return "\n".join(map(self.trouble.escape, message.split("\n")))

    @contextmanager
    def logging(self, *, debug: bool, package: str = "engine") -> Iterator[None]:
        """Shows a package's log while the `with` lasts: its warnings, or all of it."""
        log, handler = logging.getLogger(package), _Handler(self)
        level, propagate = log.level, log.propagate
        log.setLevel(logging.DEBUG if debug else logging.WARNING)
        log.propagate = False
        log.addHandler(handler)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
            log.propagate = propagate


def read_input(source: str) -> bytes:
    """The content of a file, or of standard input for `-`. Raises CannotRunError."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise CannotRunError(f"{source} cannot be read: {error.strerror}.") from error


class _Handler(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record to the console; a warning or worse as a complaint."""
        if record.levelno >= logging.WARNING:
            self._console.complain(self.format(record), Style.WARNING)
        else:
            self._console.note(self._console.trouble.escape(f"{record.name}: {self.format(record)}"))
