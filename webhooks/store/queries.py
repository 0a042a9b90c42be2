"""Reads the statements in `sql/`, one file for each module that runs them.

A statement begins with its name between dashes (`-- look --`), and comments may follow. Those that are built from
parts, or need SQLAlchemy's own types, stand in the modules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "sql"
_NAME: Final = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def load(module: str) -> Mapping[str, str]:
    """The statements of a module by their names, each in one line and without its comments."""
    _, *parts = _NAME.split((_FOLDER / f"{module}.sql").read_text(encoding="utf-8"))
    return {name: _in_one_line(block) for name, block in zip(parts[::2], parts[1::2], strict=True)}


def _in_one_line(block: str) -> str:
    lines = (line.strip() for line in block.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("--"))
