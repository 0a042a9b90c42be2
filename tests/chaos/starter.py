"""Processes that start quickly: forked from one that has imported everything, which is what takes time.

`python -m chaos.starter` is that process, and `Starter` runs it. It waits for a child only when it is asked to, so that
a child's number is never another process's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
_MODULES = (
    "alembic.command",
    "chaos.receiver",
    "engine.composer",
    "webhooks.cli.main",
    "webhooks.logs",
    "webhooks.queue.postgresql",
    "webhooks.process.running",
    "webhooks.process.working",
)


@dataclass(frozen=True)
class Child:
    """A process that was started, and its log."""

    pid: int
    log: Path


class Starter:
    """Starts and ends processes. For any thread."""

    def __init__(self) -> None:
        paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.starter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )

    def start(self, program: str, log: Path, words: list[str]) -> Child:
        """`service` is aptic-webhooks, `receiver` is the receiver of this package."""
        return Child(self._ask("start", program, str(log), words), log)

    def send(self, child: Child, number: signal.Signals) -> None:
        """Sends a signal."""
        self._ask("send", child.pid, int(number))

    def kill(self, child: Child) -> int:
        """Kills it, and waits. Gives -9, or the status with which it had ended by itself."""
        return int(self._ask("kill", child.pid))

    def status(self, child: Child) -> int | None:
        """The status with which it has ended, None while it runs. To be asked no more after that."""
        found = self._ask("status", child.pid)
        return None if found is None else int(found)

    def close(self) -> None:
        """Ends them all."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(30)
        self._process.stdout.close()  # type: ignore[union-attr]

    def _ask(self, *question: object) -> Any:
        with self._lock:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())  # type: ignore[union-attr]


class _Children:
    """What the starting process may be asked."""

    def __init__(self) -> None:
        self._pids: set[int] = set()

    def start(self, program: str, log: str, words: list[str]) -> int:
        child = os.fork()
        if child == 0:
            _become(program, log, words)
        self._pids.add(child)
        return child

    def send(self, pid: int, number: int) -> None:
        os.kill(pid, number)

    def kill(self, pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        self._pids.remove(pid)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def status(self, pid: int) -> int | None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == 0:
            return None
        self._pids.remove(pid)
        return os.waitstatus_to_exitcode(status)

    def kill_all(self) -> None:
        for pid in list(self._pids):
            self.kill(pid)


def _become(program: str, log: str, words: list[str]) -> None:
    """In the child; does not return."""
    from chaos.receiver import main as receiver

    from webhooks.cli.main import main as service

    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        for number in (1, 2):
            os.dup2(written, number)
        code = {"service": service, "receiver": receiver}[program](words)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Does what it is told until its input ends; then nothing of it is left."""
    for name in _MODULES:
        import_module(name)

    children = _Children()
    try:
        for line in sys.stdin:
            word, *rest = json.loads(line)
            print(json.dumps(getattr(children, word)(*rest)), flush=True)
    finally:
        children.kill_all()


if __name__ == "__main__":
    main()
