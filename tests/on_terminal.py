"""Runs a command on a terminal of its own (a pseudo-terminal), where everything that it shows is kept."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


class OnTerminal:
    """A running command whose standard streams are a terminal."""

    def __init__(self, program: str, cwd: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.shown = ""
        self._after = 0
        self._ours, theirs = pty.openpty()
        given = {**environment, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env=given,
            start_new_session=True,
        )
        os.close(theirs)

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """What was shown after the pattern before this one, once this one is in it; `.` is any character."""
        until = time.monotonic() + seconds
        while not (found := re.compile(pattern, re.DOTALL).search(self.shown, self._after)):
            if time.monotonic() > until or not self._read(until - time.monotonic()):
                raise AssertionError(f"{pattern!r} was never shown: {self.shown!r}")
        before, self._after = self._after, found.end()
        return self.shown[before : self._after]

    def type(self, text: str) -> None:
        """As a person does who does not wait to see it."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """The exit code, once it has ended by itself."""
        while self._read(60):
            pass
        code = self.process.wait(60)
        os.close(self._ours)
        return code

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        try:
            content = os.read(self._ours, 65536)
        except OSError:  # nobody has the other side open any more
            return False
        self.shown += content.decode(errors="replace").replace("\r\n", "\n")
        return bool(content)
