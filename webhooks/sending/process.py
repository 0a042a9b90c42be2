"""A sender in a process of its own, which can be ended: no receiver keeps the service from its other work.

The process gets requests and gives outcomes over a socket, and nothing else: no key, no secret in its arguments or its
environment. Where it ends, another takes its place, and what was under way has the outcome INTERRUPTED.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from webhooks.sending.frames import Frames, Options, Order, Report, frame
from webhooks.sending.interface import Outcome, OutgoingRequest, SendError
from webhooks.sending.suspects import Suspects
from webhooks.sending.trust import Trust
from webhooks.sending.urls import origin_of

_PROGRAM: Final = ("-P", "-m", "webhooks.sending.program")
_ENVIRONMENT: Final = re.compile("PATH|LANG|TZ|TMPDIR|(LC|LD|SSL|OPENSSL|MALLOC|GLIBC|PYTHON|RES|CARES)_?[A-Z_]*")
_LOOK_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 5.0
"""After the deadline, for an outcome to come."""
_PAUSE_SECONDS: Final = 0.5
"""From one start to the next, at least."""
_REST_SECONDS: Final = 60.0
"""Without a request, after which the process for those who are suspected ends."""
_FAREWELL_SECONDS: Final = 2.0
"""For a process that is to end, to close its connections."""

_INTERRUPTED: Final = "The process that sends ended meanwhile: whether the request arrived is not known."
_NOT_STARTED: Final = "The process that sends could not be started: nothing was sent."
_GUILTY: Final = "The receiver kept the sender from all other work, until that was ended."
_log = logging.getLogger(__name__)


class ProcessSender:
    """Sends by a process that `start`, or the first request, starts; and by a second one where somebody is suspected of
    the first one's end. The options are CurlSender's. Raises SettingsError where the bundle cannot be read.
    """

    def __init__(
        self,
        *,
        deadline: float = 15.0,
        ca_bundle: Path | None = None,
        user_agent: str,
        name_servers: Sequence[str] = (),
    ) -> None:
        self._trust = Trust(ca_bundle)
        options = Options(deadline, str(self._trust.path), user_agent, tuple(name_servers))
        self._suspects = Suspects()
        self._usual = _SendingProcess(options, self._suspects.add)
        self._apart = _SendingProcess(options, self._suspects.add, rests=True)

    def start(self) -> None:
        """Starts the process in the event loop that runs, so that the first request need not wait for it."""
        self._usual.start()

    async def send(self, request: OutgoingRequest) -> Outcome:
        """Never raises for what a receiver does."""
        origin = origin_of(request.url)
        if origin not in self._suspects:
            return await self._usual.send(request)
        outcome = await self._apart.send(request)
        if outcome.error is not SendError.INTERRUPTED:
            self._suspects.clear(origin)
        return outcome

    async def close(self) -> None:
        """Ends what is under way: those who wait for it are cancelled."""
        await asyncio.gather(self._usual.close(), self._apart.close())
        self._trust.close()


@dataclass(frozen=True, eq=False, slots=True)
class _Pending:
    request: OutgoingRequest
    future: asyncio.Future[Outcome]
    since: float

    def settle(self, error: SendError, detail: str, *, is_by_chance: bool) -> None:
        """Ends it without an answer."""
        if not self.future.done():
            duration = self.future.get_loop().time() - self.since
            self.future.set_result(Outcome(duration=duration, error=error, detail=detail, is_by_chance=is_by_chance))


class _SendingProcess:
    """One process that sends, and after its end the next.

    `suspect` is told of the origins that may have ended one, and whether it is known to be them. One that `rests` ends
    when nothing was asked of it for a minute.
    """

    def __init__(
        self, options: Options, suspect: Callable[[Iterable[str], bool], object], *, rests: bool = False
    ) -> None:
        self._options = options
        self._rests = rests
        self._asked_at = 0.0
        self._suspect = suspect
        self._numbers = itertools.count()
        self._pending: dict[int, _Pending] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: Frames[Report] | None = None
        self._is_ready = False
        self._is_closed = False
        self._late: frozenset[int] = frozenset()
        self._may_start_at = 0.0
        self._starting: asyncio.Handle | None = None
        self._looking: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, request: OutgoingRequest) -> Outcome:
        """As Sender says."""
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        self._asked_at = loop.time()
        pending = _Pending(request, loop.create_future(), loop.time())
        self._pending[number] = pending
        if self._frames is not None:
            self._frames.tell(Order(number, request))
        elif self._process is None:
            self._start_when_due()
        try:
            return await pending.future
        finally:
            if self._pending.pop(number, None) is not None and self._frames is not None:
                self._frames.tell(Order(number))  # nobody waits for it any more

    def start(self) -> None:
        """Starts a process, and gives it what waits."""
        loop = asyncio.get_running_loop()
        self._may_start_at = loop.time() + _PAUSE_SECONDS
        if self._looking is None:
            self._look()
        own, its = socket.socketpair()
        own.send(frame(self._options))  # it waits there for the process
        try:
            self._process = _started(its)
        except OSError as error:
            own.close()
            _log.error("no process can be started to send: %s", error)
            self._start_when_due()
            return
        own.setblocking(False)
        self._frames = frames = Frames(Report, self._take, self._on_end)
        for number, pending in self._pending.items():
            frames.tell(Order(number, pending.request))
        self._begin_task(_connect(frames, own))

    async def close(self) -> None:
        """Ends the process, once it has closed its connections, and cancels what is under way."""
        self._is_closed = True
        for timer in (self._starting, self._looking):
            if timer is not None:
                timer.cancel()
        for pending in self._pending.values():
            pending.future.cancel()
        self._pending.clear()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._process is not None and self._frames is not None:
            self._frames.close()
            await asyncio.get_running_loop().run_in_executor(None, _wait, self._process)

    def _take(self, reports: list[Report]) -> None:
        self._is_ready = True
        for report in reports:
            pending = self._pending.pop(report.number, None)
            if pending is None or pending.future.done():
                continue
            if report.outcome is None:
                pending.future.set_exception(RuntimeError("the process that sends met an error, which it has logged"))
            else:
                pending.future.set_result(report.outcome)

    def _on_end(self) -> None:
        """The process is gone, or is to go. What it was told is lost where it was ready to hear."""
        process, self._frames = self._process, None
        if process is None or self._is_closed:
            return
        lost: dict[int, _Pending] = {}
        if self._is_ready:
            lost, self._pending = self._pending, {}
        self._is_ready = False
        process.kill()
        self._begin_task(self._bury(process, lost))

    async def _bury(self, process: subprocess.Popen[bytes], lost: dict[int, _Pending]) -> None:
        """Once the process is surely gone, tells who waits for what it had under way."""
        said, _ = await asyncio.get_running_loop().run_in_executor(None, process.communicate)
        self._process = None
        if lost or not self._rests:
            self._lay_to(process.returncode, _guilty(said), lost)
        if not self._is_closed and (self._pending or not self._rests):
            self._start_when_due()

    def _lay_to(self, status: int, guilty: frozenset[str], lost: dict[int, _Pending]) -> None:
        """Says who ended the process, and what became of what it had under way."""
        origins = {number: origin_of(pending.request.url) for number, pending in lost.items()}
        _log.warning(
            "the process that sends ended with %s, and %d requests under way with it; another takes its place%s",
            f"signal {-status}" if status < 0 else f"status {status}",
            len(lost),
            f"; it was held by {', '.join(sorted(guilty))}" if guilty else "",
        )
        self._suspect(guilty or origins.values(), bool(guilty))
        for number, pending in lost.items():
            if origins[number] in guilty:
                pending.settle(SendError.PROTOCOL, _GUILTY, is_by_chance=False)
            else:
                pending.settle(SendError.INTERRUPTED, _INTERRUPTED, is_by_chance=True)

    def _start_when_due(self) -> None:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().call_at(self._may_start_at, self._start_now)

    def _start_now(self) -> None:
        self._starting = None
        if self._process is None and not self._is_closed:
            self.start()

    def _look(self) -> None:
        """Ends the process where outcomes are overdue twice: this process itself may have been stopped meanwhile."""
        loop = asyncio.get_running_loop()
        due = loop.time() - self._options.deadline - _GRACE_SECONDS
        late = frozenset(number for number, pending in self._pending.items() if pending.since < due)
        if late & self._late:
            self._end_late(late)
        self._late = late
        if self._rests and not self._pending and loop.time() - self._asked_at > _REST_SECONDS:
            self._rest()
        self._looking = loop.call_later(_LOOK_SECONDS, self._look)

    def _rest(self) -> None:
        frames, self._frames = self._frames, None
        if frames is not None:
            self._is_ready = False  # what is asked from now on is for the next one
            frames.close()

    def _end_late(self, late: frozenset[int]) -> None:
        if self._process is not None:
            self._process.kill()
        if not self._is_ready:
            for number in late:
                self._pending[number].settle(SendError.INTERRUPTED, _NOT_STARTED, is_by_chance=True)

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _started(its: socket.socket) -> subprocess.Popen[bytes]:
    """A process with its side of the socket. Raises OSError."""
    with its:
        return subprocess.Popen(  # noqa: S603  nothing in it comes from outside
            [sys.executable, *_PROGRAM],
            stdin=its.fileno(),
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for this process, which ends what is under way
        )


async def _connect(frames: Frames[Report], own: socket.socket) -> None:
    await asyncio.get_running_loop().create_unix_connection(lambda: frames, sock=own)


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Waits for the end of a process, which comes by itself or by force."""
    try:
        process.communicate(timeout=_FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _environment() -> dict[str, str]:
    """What the process needs of this one's environment, which may hold keys and passwords."""
    kept = {name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)}
    return kept | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


def _guilty(said: bytes) -> frozenset[str]:
    try:
        return msgspec.json.decode(said, type=frozenset[str])
    except msgspec.DecodeError:
        return frozenset()
