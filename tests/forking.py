"""Processes that start quickly: forked from one that has imported everything, which is most of what a start costs.

`python -m forking SOCKET` is that process; `Forker` runs it and asks it over the socket. What it forks has the files,
the folder and the environment that it is given, and ends as a program of its own does. A service that it forks has its
definitions loaded by another fork. As production starts them they are started by the tests of `engine.apart`, by the
commands of tests/docs, by `start_service` and the authors' tools where a test asks for it, and by the tests of what a
process does with its streams and signals.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, NamedTuple, NoReturn, Self

_IMPORTED = (
    "alembic.command",
    "authoring.cli.main",
    "authoring.server.connection",
    "authoring.server.features",
    "authoring.studio.app",
    "authoring.studio.server",
    "chaos.receiver",
    "engine.composer",
    "engine.execution.duckdb.driver",
    "engine.loading",
    "engine.script",
    "lxml.etree",
    "webhooks.cli.main",
    "webhooks.logs",
    "webhooks.process.running",
    "webhooks.process.working",
)

_NUMBER = struct.Struct("<i")  # what the process that forks says of a child: its pid, and at its end its exit code


class Asked(NamedTuple):
    """A program of `_PROGRAMS`, with its words and where it runs."""

    program: str
    words: Sequence[str]
    folder: str
    environment: Mapping[str, str]


@dataclass
class Forked:
    """A process that was forked, as `subprocess.Popen` shows one."""

    pid: int
    connection: socket.socket
    stdout: IO[Any] | None = None
    stdin: IO[bytes] | None = None
    stderr: IO[bytes] | None = None
    returncode: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None:
            self.connection.settimeout(timeout)
            try:
                told = self.connection.recv(_NUMBER.size)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            assert told, "the process that forks has ended"
            (self.returncode,) = _NUMBER.unpack(told)
            self.connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """By SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """By SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Waits for its end, as `subprocess.Popen` does."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


class Forker:
    """The process that forks, from its start to `close`. For any thread."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="forking-")
        path = Path(self._folder.name, "socket")
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "forking", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        self._path = path

    def run(self, question: bytes, program: str | None = None) -> subprocess.CompletedProcess[bytes]:
        """As `engine.apart._run`; the child may run a program of the test's."""
        return _load(self._path, question, program)

    def complete(
        self, program: str, words: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs a program of `_PROGRAMS` to its end, as `subprocess.run` does."""
        return _complete(self._path, given, Asked(program, words, str(folder), environment))

    def open(self, program: str, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Forked:
        """A program of `_PROGRAMS` with a pipe for each of its standard streams."""
        (given, giving), (telling, told), (complaining, complaints) = (os.pipe() for _ in range(3))
        asked = Asked(program, words, str(folder), environment)
        with open(given, "rb") as first, open(told, "wb") as second, open(complaints, "wb") as third:
            pid, connection = _ask(self._path, asked, [first, second, third])
        return Forked(pid, connection, open(telling, "rb"), open(giving, "wb"), open(complaining, "rb"))

    def start(self, program: str, words: Sequence[str], errors: IO[Any], output: IO[Any] | None = None) -> Forked:
        """A program of `_PROGRAMS`, by default with a pipe for its standard output."""
        with open(os.devnull, "rb") as nothing:
            asked = _here(program, words)
            if output is not None:
                return Forked(*_ask(self._path, asked, [nothing, output, errors]))
            reading, writing = os.pipe()
            with open(writing, "wb") as pipe:
                pid, connection = _ask(self._path, asked, [nothing, pipe, errors])
            return Forked(pid, connection, open(reading, encoding="utf-8"))

    def close(self) -> None:
        """Ends it, and all that it has forked."""
        self._process.communicate(timeout=60)
        self._folder.cleanup()


def _here(program: str, words: Sequence[str]) -> Asked:
    """In the folder and the environment of this process."""
    return Asked(program, words, os.getcwd(), os.environ)


def _ask(path: Path, asked: Asked, files: Sequence[IO[Any]]) -> tuple[int, socket.socket]:
    said = json.dumps(asked._replace(environment=dict(asked.environment))).encode() + b"\n"
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    socket.send_fds(connection, [said], [file.fileno() for file in files])
    (pid,) = _NUMBER.unpack(connection.recv(_NUMBER.size))
    return pid, connection


def _load(path: Path, question: bytes, program: str | None = None) -> subprocess.CompletedProcess[bytes]:
    return _complete(path, question, _here("loader", [program] if program else []))


def _complete(path: Path, given: bytes, asked: Asked) -> subprocess.CompletedProcess[bytes]:
    with TemporaryDirectory() as made:
        stdin, stdout, stderr = (Path(made, name) for name in ("stdin", "stdout", "stderr"))
        stdin.write_bytes(given)
        with stdin.open("rb") as first, stdout.open("wb") as second, stderr.open("wb") as third:
            code = Forked(*_ask(path, asked, (first, second, third))).wait()
        return subprocess.CompletedProcess(asked.words, code, stdout.read_bytes(), stderr.read_bytes())


class _Forking:
    """The loop of the process that forks. It waits for its children, and tells who asked for each how that ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._children: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, self._waking = socket.socketpair()
        self._listening = socket.socket(socket.AF_UNIX)

    def run(self) -> Asked | None:
        """What this process is to become, in each child; None in the parent, once its standard input has ended."""
        self._waking.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking.fileno())
        self._listening.bind(str(self._path))
        self._listening.listen(100)
        for source, handle in ((self._listening, self._answer), (self._woken, self._bury), (sys.stdin, None)):
            self._selector.register(source, selectors.EVENT_READ, handle)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._end()
                    return None
                if (asked := key.data()) is not None:
                    return asked  # type: ignore[no-any-return]

    def _answer(self) -> Asked | None:
        connection, _ = self._listening.accept()
        content, files, _, _ = socket.recv_fds(connection, 65_536, 3)
        while not content.endswith(b"\n"):
            if not (more := connection.recv(65_536)):  # who asked was killed in the middle of it
                self._close(connection, files)
                return None
            content += more
        child = os.fork()
        if child == 0:
            self._forget()
            connection.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            return Asked(*json.loads(content))
        self._close(None, files)
        self._children[child] = connection
        with suppress(OSError):  # who asked may have gone
            connection.send(_NUMBER.pack(child))
        return None

    @staticmethod
    def _close(connection: socket.socket | None, files: Iterable[int]) -> None:
        for file in files:
            os.close(file)
        if connection is not None:
            connection.close()

    def _forget(self) -> None:
        """In a child: what belongs to the parent."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for each in (self._listening, self._woken, self._waking, *self._children.values()):
            each.close()

    def _bury(self) -> None:
        self._woken.recv(4096)
        for child in list(self._children):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                self._tell(child, status)

    def _tell(self, child: int, status: int) -> None:
        with closing(self._children.pop(child)) as connection, suppress(OSError):  # who asked may have gone
            connection.send(_NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _end(self) -> None:
        for child in list(self._children):
            os.kill(child, signal.SIGKILL)
            self._tell(child, os.waitpid(child, 0)[1])


def _become(asked: Asked, path: Path) -> NoReturn:
    """In a child: runs the program as if it had been started."""
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    sys.argv = ["-c", *asked.words]
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    code: object = 1
    try:
        _PROGRAMS[asked.program](path)
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    _exit(code if isinstance(code, int) else 1)


def _exit(code: int) -> NoReturn:
    """As the interpreter ends, but that it does not take apart what was imported: that takes longer than a load."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _run_service(path: Path) -> None:
    from engine import apart
    from webhooks.cli.main import main

    apart._run = lambda question: _load(path, question)
    sys.exit(main())


def _run_definitions(_: Path) -> None:
    from authoring.cli.main import main

    sys.exit(main())


def _run_validate(_: Path) -> None:
    from engine.cli.main import validate

    sys.exit(validate())


def _run_receiver(_: Path) -> None:
    from chaos.receiver import main

    sys.exit(main(sys.argv[1:]))


def _run_loader(_: Path) -> None:
    from engine import apart

    os.setsid()
    exec(sys.argv[1] if len(sys.argv) > 1 else apart._PROGRAM, {})  # noqa: S102  it is the code of the engine


_PROGRAMS: Mapping[str, Callable[[Path], None]] = {
    "service": _run_service,
    "definitions": _run_definitions,
    "validate": _run_validate,
    "receiver": _run_receiver,
    "loader": _run_loader,
}


def main(path: Path) -> None:
    """Forks what it is asked for until its input ends; then nothing of it is left."""
    for name in _IMPORTED:
        import_module(name)
    assert threading.active_count() == 1, "a fork copies one thread only"
    gc.freeze()  # or each child would copy all of it at its first collection
    asked = _Forking(path).run()
    if asked is not None:
        _become(asked, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
