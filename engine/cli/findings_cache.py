"""The findings of earlier runs, in a folder: an entry for each file's path and content, kept apart by what it was
checked against and by what. Whatever is wrong with the folder, the findings are found anew.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.model import Diagnostic

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

    from engine.settings import LoadOptions

FOLDER: Final = Path(".cache", "aptic-definitions")
_MOST_BYTES: Final = 256 * 2**20
_MOST_ENTRIES: Final = 20_000
_MOST_FILES: Final = 16
_DIGEST: Final = 32


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What was found in one file by itself. `text` is there where a finding may have to be shown in it.

    `name` has the definition's category and name, None where there is none: others may have the same.
    """

    name: tuple[str, str] | None
    diagnostics: tuple[Diagnostic, ...]
    ignored: tuple[Diagnostic, ...]
    text: str | None


class _Content(msgspec.Struct, frozen=True, array_like=True):
    warnings: tuple[str, ...]
    entries: dict[str, Entry]


class FindingsCache:
    """The entries for one ground of definitions, and one version of the program.

    `warnings` is what was said when the schema was read.
    """

    def __init__(self, path: Path, is_ground_the_same: Callable[[], bool]) -> None:
        self._path = path
        self._is_ground_the_same = is_ground_the_same
        content = _read(path)
        self.warnings = () if content is None else content.warnings
        self._entries = {} if content is None else content.entries

    def get(self, key: str) -> Entry | None:
        """What was found in a file, None where that is not known."""
        return self._entries.get(key)

    def add(self, found: Mapping[str, Entry], warnings: tuple[str, ...], used: Iterable[str]) -> None:
        """Writes what was found anew, beside what is known; where there is too much of that, only what was `used`.

        Nothing where the ground has changed meanwhile: nobody knows which of the two was read.
        """
        if not found or not self._is_ground_the_same():
            return
        kept = self._entries
        if len(kept) + len(found) > _MOST_ENTRIES:
            kept = {key: kept[key] for key in used if key in kept}
        _write(self._path, _Content(warnings, {**kept, **found}))


def open_cache(options: LoadOptions, dialect: str | None, folder: Path) -> FindingsCache | None:
    """The findings on this ground; None where a ledger is asked, which may change, or the ground cannot be read."""
    if options.ledger is not None:
        return None
    ground = _ground(options, dialect)
    if ground is None:
        return None
    return FindingsCache(folder / f"findings-{ground}", lambda: _ground(options, dialect) == ground)


def _ground(options: LoadOptions, dialect: str | None) -> str | None:
    """A digest of what definitions are checked against, and by what; None where it cannot be read."""
    named = [sys.version, *_libraries(), dialect, options.time_zone, *options.databases]
    digest = sha256(repr([*named, options.max_rows]).encode())
    try:
        for place in (Path(__file__).parents[1], Path(__file__).parents[2] / "schemas", options.events):
            if place is not None:
                _add_folder(digest, place)
        if options.ledger_schema is not None:
            _add(digest, str(options.ledger_schema), options.ledger_schema.read_bytes())
    except (OSError, UnicodeError):
        return None  # what is wrong is said by whoever needs it
    return digest.hexdigest()[:32]


def key_of(path: Path, content: bytes) -> str:
    """The key of a file's entry; findings name the path."""
    digest = sha256()
    _add(digest, os.fspath(path), content)
    return digest.hexdigest()


def _libraries() -> list[str]:
    """The name and version of all that is installed, from the names of folders: to import what reads them is slow."""
    names: set[str] = set()
    for place in sys.path:
        with contextlib.suppress(OSError):
            names.update(name for name in os.listdir(place or ".") if name.endswith((".dist-info", ".egg-info")))
    return sorted(names)


def _add_folder(digest: HASH, folder: Path) -> None:
    """All that a program or a catalogue is made of: by content, since a checkout has one version for long."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = Path(place, name)
            if stat.S_ISREG(path.stat().st_mode):
                _add(digest, str(path), path.read_bytes())


def _add(digest: HASH, name: str, content: bytes) -> None:
    head = os.fsencode(name)
    digest.update(b"%d %d " % (len(head), len(content)))
    digest.update(head)
    digest.update(content)


def _read(path: Path) -> _Content | None:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
            return None
        stored = path.read_bytes()
        if sha256(stored[_DIGEST:]).digest() != stored[:_DIGEST]:
            return None
        return msgspec.msgpack.decode(stored[_DIGEST:], type=_Content)
    except (OSError, ValueError, msgspec.DecodeError):
        return None


def _write(path: Path, content: _Content) -> None:
    """Replaces the file as a whole, so that a process that reads it meanwhile sees the old one or the new one."""
    with contextlib.suppress(OSError, UnicodeError):  # a name that is no text; a folder that cannot be written to
        encoded = msgspec.msgpack.encode(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        ignored = path.parent / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="writing-", delete=False) as file:
            try:
                file.write(sha256(encoded).digest() + encoded)
                file.close()
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _forget_old(path.parent)


def _forget_old(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.name.startswith(("findings-", "writing-"))]
    for path in sorted(files, key=lambda path: path.stat().st_mtime)[:-_MOST_FILES]:
        path.unlink(missing_ok=True)
