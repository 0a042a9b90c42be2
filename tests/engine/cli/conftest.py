import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_RUN = "import sys; from engine.cli.main import {0}; sys.exit({0}())"


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Finished]:
    """Runs `aptic-definitions` (or the entry point named) as a process of its own, with few environment variables."""

    def run(
        *words: str | Path,
        entry: str = "main",
        cwd: Path = tmp_path,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("APTIC_", "NO_COLOR"))}
        finished = subprocess.run(
            [sys.executable, "-c", _RUN.format(entry), *map(str, words)],
            cwd=cwd,
            env=kept | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"} | dict(environment or {}),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        return Finished(
            finished.returncode,
            finished.stdout.decode(errors="backslashreplace"),
            finished.stderr.decode(errors="backslashreplace"),
        )

    return run
