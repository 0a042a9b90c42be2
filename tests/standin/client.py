"""A TDS server that stands in for SQL Server in tests of drivers, wire types and errors.

It carries queries of the fixture ledger to DuckDB by the engine's own translator, so it proves nothing about SQL
Server's own semantics: only a real server does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL
from standin.drivers import driver_path
from standin.records import Answer, Arrival, Counts, Fault

USER: Final = "reader"
PASSWORD: Final = "Reader-1-Password"
_ROOT: Final = Path(__file__).parents[2]


class Standin:
    """A stand-in that runs in a process of its own."""

    def __init__(self, schema: Path, data: Path, port: int, *, remember: bool) -> None:
        self._pipe, theirs = Pipe()
        options = [str(theirs.fileno()), str(schema), str(data), str(_ROOT / ".cache"), str(port), str(remember)]
        path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "standin", *options],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path},
            cwd=_ROOT,
        )
        theirs.close()
        try:
            self.port: int = self._pipe.recv()
        except EOFError:
            raise RuntimeError("the stand-in did not start; its own output says why") from None

    def url(self, driver: str | None, *, user: str = USER, password: str = PASSWORD, **options: str) -> str:
        """The SQLAlchemy URL for `FreeTDS` or `Microsoft`, or for none yet; `options` are the driver's."""
        named = {} if driver is None else {"driver": driver_path(driver)}
        query = {**named, "TrustServerCertificate": "yes", **options}
        url = URL.create("mssql+pyodbc", user, password, "127.0.0.1", self.port, "aptic", query)
        return url.render_as_string(hide_password=False)

    def connection_string(self, driver: str, *, user: str = USER, password: str = PASSWORD, **options: str) -> str:
        """What pyodbc takes."""
        parts = {"DRIVER": f"{{{driver_path(driver)}}}", "UID": user, "PWD": f"{{{password}}}", "DATABASE": "aptic"}
        if driver == "FreeTDS":
            parts |= {"SERVER": "127.0.0.1", "PORT": str(self.port), "TDS_Version": "7.4", "ClientCharset": "UTF-8"}
        else:
            parts |= {"SERVER": f"127.0.0.1,{self.port}", "TrustServerCertificate": "yes"}
        return ";".join(f"{name}={value}" for name, value in {**parts, **options}.items())

    def plan(self, fault: Fault) -> None:
        """Let something go wrong."""
        self._ask("plan", fault)

    def answer(self, answer: Answer) -> None:
        """Answer statements in place of the ledger; the latest answer that matches holds."""
        self._ask("answer", answer)

    def arrivals(self, *kinds: str) -> list[Arrival]:
        """The messages since the last reset (the last 5,000), or those of some kinds."""
        found: list[Arrival] = self._ask("arrivals")
        return [arrival for arrival in found if not kinds or arrival.kind in kinds]

    def counts(self) -> Counts:
        """What happened since the last reset."""
        counts: Counts = self._ask("counts")
        return counts

    def reset(self) -> None:
        """Forget what is planned, what arrived and what was counted."""
        self._ask("reset")

    def drop_all(self) -> None:
        """End every connection, idle ones too."""
        self._ask("drop_all")

    def kill(self) -> None:
        """Kill the process, as a server dies: connections break, and the port refuses."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process for a while, as one that hangs: the network takes what is sent, and nobody answers."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)  # it stops a moment after it is told to
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the process."""
        self._pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def _ask(self, name: str, *values: object) -> Any:
        self._pipe.send((name, *values))
        result, error = self._pipe.recv()
        if error is not None:
            raise RuntimeError(f"the stand-in: {error}")
        return result


@contextmanager
def start(schema: Path, data: Path, *, port: int = 0, remember: bool = False) -> Iterator[Standin]:
    """A stand-in for the ledger of the two T-SQL files, on a free loopback port where none is named.

    With `remember` each query runs once for the same values: for benchmarks, which measure drivers and round trips.
    """
    standin = Standin(schema, data, port, remember=remember)
    try:
        yield standin
    finally:
        standin.stop()
