"""A composer whose files are loaded by a process of its own, which ends afterwards.

The parsers of SQL and XML take 40 MiB that Python never gives back, and loading keeps all threads waiting. What comes
back is plain data. Both processes run the same code of the engine, or they would not mean the same by it.
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

from engine.catalogue import Catalogue
from engine.composer import Composer
from engine.errors import DefinitionUnavailableError, EngineError
from engine.model import LoadedFile
from engine.serving import Loader, load
from engine.sql.target import Target

_PROGRAM: Final = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from engine.apart import answer; answer()"
)
_Answer = tuple[LoadedFile, ...] | EngineError
_log = logging.getLogger(__name__)


def load_apart(
    paths: Sequence[Path], catalogue: Catalogue, target: Target, schema: Path | None
) -> tuple[LoadedFile, ...]:
    """As `load`, by another process. Raises DefinitionUnavailableError too, where that one does not end well."""
    asked = b"".join(map(pickle.dumps, (sys.path, _code(), (paths, catalogue, target, schema))))
    try:
        ended = subprocess.run(  # noqa: S603  nothing in it comes from outside
            [sys.executable, "-P", "-X", "faulthandler", "-c", _PROGRAM],
            input=asked,
            capture_output=True,
            check=False,
            start_new_session=True,  # Ctrl-C is for this process, which decides what ends
        )
    except OSError as error:
        raise DefinitionUnavailableError(f"no process can be started to load the definitions: {error}") from None
    said = ended.stderr.decode(errors="replace").rstrip()
    if ended.returncode:
        if said:
            _log.error("the process that loads the definitions said: %s", said)
        how = f"code {ended.returncode}, see the log" if ended.returncode > 0 else f"signal {-ended.returncode}"
        raise DefinitionUnavailableError(f"the process that loads the definitions ended with {how}")
    for line in said.splitlines():  # its log
        _log.warning("%s", line)
    found: _Answer = pickle.loads(ended.stdout)  # noqa: S301  from this code's own other process
    if isinstance(found, EngineError):
        raise found
    return found


def answer() -> None:
    """In the other process: loads what standard input asks for, and writes the files or the error."""
    found: _Answer
    try:
        if pickle.load(sys.stdin.buffer) != _code():  # noqa: S301  from this code's own other process
            raise DefinitionUnavailableError("the program was replaced since it was started: restart it")
        found = load(*pickle.load(sys.stdin.buffer))  # noqa: S301
    except EngineError as error:
        found = error
    pickle.dump(found, sys.stdout.buffer)


class ApartComposer(Composer):
    """A Composer that has another process load its files. `load` raises DefinitionUnavailableError where that dies."""

    _load_files: ClassVar[Loader] = staticmethod(load_apart)


@cache
def _code() -> str:
    """What tells the engine's code from that of another version; of this process as it was first asked for."""
    found = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
