"""Starts receivers in a process of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def receivers_apart(*names: str) -> Iterator[dict[str, int]]:
    """Their ports by name; without names, all behaviours and `deaf`, which never accepts."""
    words = [sys.executable, "-m", "receivers", *names]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.communicate(timeout=20)
