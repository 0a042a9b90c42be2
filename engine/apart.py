"""A composer that loads its files in a child process, which ends afterwards.

The parsers of SQL and XML take 40 MiB that Python never gives back, and loading makes all threads wait. The child
returns plain data. Both processes must run the same code of the engine, so that they read the data alike.

If the child dies twice at one file, the file gets a finding, and the other files are loaded without it.
"""

from __future__ import annotations

import logging
import pickle
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import ClassVar, Final, NamedTuple

from engine.catalogue import Catalogue
from engine.composer import Composer
from engine.errors import DefinitionUnavailableError, EngineError
from engine.model import LoadedFile
from engine.progress import Place, Progress, Stage
from engine.serving import Loader, load
from engine.sql.target import Target

_PROGRAM: Final = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from engine.apart import answer; answer()"
)
_MOST_DEATHS: Final = 20
_MOST_SECONDS: Final = 60  # of processor time at one place: a sound file takes a hundredth of a second
_Answer = tuple[LoadedFile, ...] | EngineError
_log = logging.getLogger(__name__)


class _Asked(NamedTuple):
    """What the child is to load. It writes the place where it is into the file `noted`."""

    paths: Sequence[Path]
    catalogue: Catalogue
    target: Target
    schema: Path | None
    lost: Mapping[Place, str]
    noted: Path


class _Death(NamedTuple):
    """How the child ended, and at which place; None if it was not yet at one."""

    how: str
    place: Place | None


def load_apart(
    paths: Sequence[Path], catalogue: Catalogue, target: Target, schema: Path | None
) -> tuple[LoadedFile, ...]:
    """As `load`, in a child process, with contracts. Also raises DefinitionUnavailableError, if the child fails."""
    deaths: list[_Death] = []
    with TemporaryDirectory(prefix="aptic-") as folder:
        while True:
            asked = _Asked(paths, catalogue, target, schema, _lost(deaths), Path(folder, "place"))
            found = _ask(asked)
            if not isinstance(found, _Death):
                return found
            deaths.append(found)
            if found.place is None or len(deaths) == _MOST_DEATHS:
                raise DefinitionUnavailableError(f"the process that loads the definitions ended with {found.how}")


def _lost(deaths: Sequence[_Death]) -> dict[Place, str]:
    """The places at which the child died twice. A single death may have another cause, such as a lack of memory."""
    counts = Counter(death.place for death in deaths)
    return {
        death.place: f"the process that judged it ended with {death.how}"
        for death in deaths
        if death.place is not None and counts[death.place] > 1
    }


def _ask(asked: _Asked) -> tuple[LoadedFile, ...] | _Death:
    """Lets a child load the files, and returns what it made of them. Raises the errors of `load`."""
    asked.noted.write_bytes(_NOWHERE)
    try:
        ended = _run(b"".join(map(pickle.dumps, (sys.path, _code(), asked))))
    except OSError as error:
        raise DefinitionUnavailableError(f"no process can be started to load the definitions: {error}") from None
    said = ended.stderr.decode(errors="replace").rstrip()
    if ended.returncode:
        if said:
            _log.error("the process that loads the definitions said: %s", said)
        how = f"code {ended.returncode}, see the log" if ended.returncode > 0 else f"signal {-ended.returncode}"
        return _Death(how, _place(asked))
    for line in said.splitlines():  # the child's log
        _log.warning("%s", line)
    found: _Answer = pickle.loads(ended.stdout)  # noqa: S301  from this code's own child, or its parent
    if isinstance(found, EngineError):
        raise found
    return found


def _run(question: bytes) -> subprocess.CompletedProcess[bytes]:
    """Runs the child, and waits for its end."""
    return subprocess.run(  # noqa: S603  nothing in it comes from outside
        [sys.executable, "-P", "-X", "faulthandler", "-c", _PROGRAM],
        input=question,
        capture_output=True,
        check=False,
        start_new_session=True,  # so that Ctrl-C reaches this process only
    )


def answer() -> None:
    """Runs in the child: loads what standard input asks for, and writes the files or the error."""
    found: _Answer
    try:
        if pickle.load(sys.stdin.buffer) != _code():  # noqa: S301  from this code's own child, or its parent
            raise DefinitionUnavailableError("the program was replaced since it was started: restart it")
        asked: _Asked = pickle.load(sys.stdin.buffer)  # noqa: S301
        found = load(asked.paths, asked.catalogue, asked.target, asked.schema, _Noted(asked), has_contracts=True)
    except EngineError as error:
        found = error
    pickle.dump(found, sys.stdout.buffer)


class ApartComposer(Composer):
    """A Composer that loads its files in a child. `load` raises DefinitionUnavailableError if the child dies."""

    _load_files: ClassVar[Loader] = staticmethod(load_apart)

    def contracts(self) -> Mapping[str, bytes]:
        """By event, what the bodies of the definition in service promise: a JSON Schema, where one could be derived."""
        plans = self._serving.plans.items()
        return {event: plan.contract for event, plan in plans if plan.contract is not None}


_NOTE: Final = struct.Struct("<ii")  # the numbers of a stage and of a path
_NOWHERE: Final = _NOTE.pack(-1, -1)
_STAGES: Final = tuple(Stage)


class _Noted(Progress):
    """Writes each place into a file that the parent reads. The system ends the child if it stays too long at one."""

    def __init__(self, asked: _Asked) -> None:
        self.lost = asked.lost
        self._file = asked.noted.open("r+b", buffering=0)
        self._numbers = {path: number for number, path in enumerate(asked.paths)}

    def at(self, place: Place) -> None:
        """Notes the place, and starts its limit of processor time."""
        self._note(_NOTE.pack(_STAGES.index(place.stage), self._numbers[place.path]))
        _limit_time()

    def done(self) -> None:
        """Notes that no place is being worked on. The file stays open until the child ends."""
        self._note(_NOWHERE)

    def _note(self, note: bytes) -> None:
        self._file.seek(0)
        self._file.write(note)


def _place(asked: _Asked) -> Place | None:
    stage, number = _NOTE.unpack(asked.noted.read_bytes())
    return None if number < 0 else Place(_STAGES[stage], asked.paths[number])


def _limit_time() -> None:
    """Allows the process _MOST_SECONDS of processor time from now on; then the system ends it (SIGXCPU)."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  only the child needs it

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(process_time()) + _MOST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))


@cache
def _code() -> str:
    """A mark of the engine's code, which differs between versions. It is taken once for a process."""
    found = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
