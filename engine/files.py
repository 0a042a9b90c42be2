"""Where definitions are: the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine.errors import ConfigurationError

SUFFIX = ".xml"

Stamp = tuple[int, int, int]
"""When a file was written, its size and its inode: another one where the file was changed."""


def stamp(path: str | Path) -> Stamp | None:
    """The file's; None where it cannot be looked at. A look works on network mounts and in containers too."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The definition files among `paths` and in the folders among them, also below, sorted.

    What begins with a dot is passed over: editors and mounted configuration keep second copies under such names.
    Raises ConfigurationError for a path that does not exist or a folder that cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            found += _walk(path) if path.is_dir() else [_existing(path)]
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    return found


def _walk(folder: Path, around: frozenset[Path] = frozenset()) -> list[Path]:
    """The files of a folder; none where a link led round to one of the folders `around` it."""
    place = folder.resolve()
    if place in around:
        return []
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.suffix.lower() == SUFFIX:
            found.append(path)  # a folder too: a container's engine makes one for a file that it cannot mount
        elif path.is_dir():
            found += _walk(path, around | {place})
        elif path.is_symlink() and not path.exists():
            raise ConfigurationError(f"{path} is a link that leads nowhere: is a folder not mounted?", file=str(path))
    return found


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ConfigurationError(f"{path} does not exist. Name a definition file or a folder of them.", file=str(path))
    return path
