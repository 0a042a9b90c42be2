"""Processes that load definitions and start quickly: forked from one that has imported everything.

To import is most of what such a process costs. The tests of `engine.apart` start it as production does; the others,
which are about what is loaded, take the fixture `forked_loading`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

_NAMES = ("stdin", "stdout", "stderr")


class Forker:
    """The process that forks. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )

    def run(self, question: bytes) -> subprocess.CompletedProcess[bytes]:
        """As `engine.apart._run`."""
        with TemporaryDirectory() as made, self._lock:
            folder = Path(made)
            (folder / "stdin").write_bytes(question)
            print(folder, file=self._process.stdin, flush=True)
            code = int(self._process.stdout.readline())  # type: ignore[union-attr]
            return subprocess.CompletedProcess([], code, *((folder / name).read_bytes() for name in _NAMES[1:]))

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=60)


def _become(folder: Path) -> None:
    """In the child, which is to be as `engine.apart` starts it; does not return."""
    from engine import apart

    code = 1
    try:
        for number, (name, mode) in enumerate(zip(_NAMES, "rww", strict=True)):
            with ExitStack() as opened:
                os.dup2(opened.enter_context((folder / name).open(mode)).fileno(), number)
            setattr(sys, name, os.fdopen(number, mode))
        exec(apart._PROGRAM, {})  # noqa: S102  it is the code of the engine
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Forks a child for each folder that is named, and says how it ended."""
    import lxml.etree  # noqa: F401  they are imported by the first load otherwise, by each child

    import engine.loading
    import engine.script  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(Path(line.rstrip("\n")))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
