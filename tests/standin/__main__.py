"""The stand-in as a process of its own: `python -m standin FD SCHEMA DATA CACHE PORT REMEMBER`, told by a pipe."""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from pysqlbridge.certificate import self_signed
from standin.client import PASSWORD, USER
from standin.hub import Hub
from standin.querying import Ledger
from standin.records import Answer, Arrival, Counts, Fault
from standin.server import Server


class Controller:
    """What a test may ask of the process."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def plan(self, fault: Fault) -> None:
        """See Standin."""
        self._server.hub.faults.append(fault)

    def answer(self, answer: Answer) -> None:
        """See Standin."""
        self._server.hub.answers.insert(0, answer)

    def arrivals(self) -> list[Arrival]:
        """See Standin."""
        return self._server.hub.arrivals()

    def counts(self) -> Counts:
        """See Standin."""
        sessions = self._server.sessions()
        return self._server.hub.counts(len(sessions), sum(session.executor.transactions > 0 for session in sessions))

    def reset(self) -> None:
        """See Standin."""
        self._server.hub.reset()

    def drop_all(self) -> None:
        """See Standin."""
        self._server.drop_all()


def main(arguments: list[str]) -> None:
    """Serve until the other end of the pipe is closed."""
    descriptor, schema, data, cache, port, remember = arguments
    ledger = Ledger(Path(schema), Path(data), Path(cache), remember=remember == "True")
    server = Server(Hub(ledger, {USER: PASSWORD}), self_signed("localhost"), int(port))
    server.start()
    controller = Controller(server)
    with Connection(int(descriptor)) as pipe:
        pipe.send(server.port)
        while True:
            try:
                name, *values = pipe.recv()
            except EOFError:
                os._exit(0)  # whatever still runs
            try:
                pipe.send((getattr(controller, name)(*values), None))
            except Exception as error:
                pipe.send((None, repr(error)))


if __name__ == "__main__":
    main(sys.argv[1:])
