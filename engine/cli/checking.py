"""The findings of files as `load_files` has them; what an earlier run found in a file is not looked for again.

The ground of definitions is what they are checked against: the catalogue of events, and the target with its schema.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from engine.cli.findings_cache import Entry, FindingsCache, key_of
from engine.model import LoadedFile
from engine.progress import Place, Progress, Stage

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.commandline.progress_bar import ProgressBar
    from engine.sql.target import Target

_LONGEST_REMEMBERED: Final = 1_048_576  # bytes; longer files are refused, which takes no time
_log = logging.getLogger("engine")
Ground = Callable[[], "tuple[Catalogue, Target]"]
"""Reads the ground; may log warnings of it."""
_Name = tuple[str, str] | None


class _Shown(Progress):
    """A step of a progress bar for each file that is checked."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar

    def at(self, place: Place) -> None:
        """One more is being checked."""
        if place.stage is Stage.CHECKING:
            self._bar.step()


def check_files(
    paths: Sequence[Path], ground: Ground, cache: FindingsCache | None, bar: ProgressBar
) -> tuple[LoadedFile, ...]:
    """Each file with its findings, in the order of `paths`; the cache has those that were found before.

    Such a file has no definition here. Raises what `ground` raises, where something has to be checked.
    """
    if cache is not None:
        return _Run(paths, ground, cache, bar).files()
    from engine.loading import load_files

    return load_files(paths, *ground(), _Shown(bar))


class _Run:
    """One run with a cache: which files it knows, and which it must check."""

    def __init__(self, paths: Sequence[Path], ground: Ground, cache: FindingsCache, bar: ProgressBar) -> None:
        self._paths, self._ground, self._cache, self._bar = paths, ground, cache, bar
        self._contents = {path: content for path in paths if (content := _content(path)) is not None}
        self._keys = {path: key_of(path, content) for path, content in self._contents.items()}
        self._known = {path: entry for path, key in self._keys.items() if (entry := cache.get(key)) is not None}

    def files(self) -> tuple[LoadedFile, ...]:
        """Every file. Those of one category and name are always checked together: they have findings by one another."""
        missing = [path for path in self._paths if path not in self._known]
        if missing or self._together({path: entry.name for path, entry in self._known.items()}):
            return self._checked(missing)
        for warning in self._cache.warnings:
            _log.warning("%s", warning)
        return tuple(map(self._recalled, self._paths))

    def _checked(self, missing: Sequence[Path]) -> tuple[LoadedFile, ...]:
        with _heard() as warnings:
            catalogue, target = self._ground()
        self._bar.step(len(self._known))
        loaded = self._load(missing, catalogue, target)
        names = {path: entry.name for path, entry in self._known.items()}
        names |= {path: _name(file) for path, file in loaded.items()}
        together = self._together(names)
        if not loaded.keys() >= set(together):
            loaded |= self._load(together, catalogue, target)
        alone = loaded.keys() & self._keys.keys() - set(together)
        found = {self._keys[path]: _entry(loaded[path]) for path in alone if _lasts(loaded[path])}
        self._cache.add(found, tuple(warnings), self._keys.values())
        return tuple(loaded[path] if path in loaded else self._recalled(path) for path in self._paths)

    def _together(self, names: Mapping[Path, _Name]) -> list[Path]:
        """The files whose definition is not the only one of its name, in order."""
        count = Counter(names.values())
        return [path for path in self._paths if (name := names[path]) is not None and count[name] > 1]

    def _load(self, paths: Sequence[Path], catalogue: Catalogue, target: Target) -> dict[Path, LoadedFile]:
        from engine.loading import load_files

        files = load_files(paths, catalogue, target, _Shown(self._bar), contents=self._contents)
        return {file.path: file for file in files}

    def _recalled(self, path: Path) -> LoadedFile:
        entry = self._known[path]
        return LoadedFile(path, None, None, entry.diagnostics, entry.text, ignored=entry.ignored)


def _content(path: Path) -> bytes | None:
    """What is in a file that may be remembered; None for any other."""
    try:
        state = path.stat()
        return path.read_bytes() if S_ISREG(state.st_mode) and state.st_size <= _LONGEST_REMEMBERED else None
    except OSError:
        return None


def _name(file: LoadedFile) -> _Name:
    definition = file.definition
    return None if definition is None or not definition.name else (definition.category, definition.name)


def _entry(file: LoadedFile) -> Entry:
    text = file.text if file.diagnostics or file.ignored else None
    return Entry(_name(file), file.diagnostics, file.ignored, text)


def _lasts(file: LoadedFile) -> bool:
    """Whether the same would be found again; a failure of the program may have been for want of memory."""
    return all(found.rule != "internal-error" for found in file.diagnostics)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """The warnings that are logged meanwhile."""
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    _log.addHandler(handler)
    try:
        yield heard
    finally:
        _log.removeHandler(handler)
