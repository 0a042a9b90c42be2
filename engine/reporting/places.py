"""A file's name as reports for other programs have it: relative to the folder that the command runs in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote


def relative(file: str) -> str:
    """The path with slashes, relative where it lies in the current folder; else as it was given."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def uri(file: str) -> str:
    """The same as a URI reference (RFC 3986)."""
    path = relative(file)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path, safe="/~")
