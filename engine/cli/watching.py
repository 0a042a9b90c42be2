"""Does something again whenever files change: by looking at them, so that network mounts and containers work too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from engine.commandline.console import CannotRunError, Console
from engine.errors import ConfigurationError
from engine.files import Stamp, stamp

_SECONDS: Final = 0.5
_MOST_NAMED: Final = 3
Seen = Mapping[str, Stamp]
"""By path: how the file is."""


def watch(work: Callable[[], object], paths: Sequence[Path], console: Console) -> NoReturn:
    """Does the work now and after each change of the files, and of the files in the folders, until Ctrl-C.

    What cannot run now, as while a schema is being written, is told of and waited for.
    """
    seen = look(paths)
    while True:
        try:
            work()
        except (CannotRunError, ConfigurationError) as error:
            console.complain(str(error))
        console.out.flush()
        console.note("Waiting for a change; Ctrl-C ends it.")
        console.err.flush()
        before, seen = seen, _after_change(paths, seen)
        console.note(f"Changed: {console.trouble.escape(_named(before, seen))}")


def look(paths: Sequence[Path]) -> Seen:
    """How the files are now; what is not there, or cannot be looked at, is left out."""
    return {path: state for top in paths for path, state in _states(str(top), frozenset())}


def _after_change(paths: Sequence[Path], seen: Seen) -> Seen:
    """How the files are once they differ from `seen` and are no longer being written."""
    last = seen
    while True:
        time.sleep(_SECONDS)
        now = look(paths)
        if now == last and now != seen:
            return now
        last = now


def _states(path: str, around: frozenset[str]) -> Iterator[tuple[str, Stamp]]:
    try:
        if os.path.isdir(path):
            place = os.path.realpath(path)
            if place not in around:  # else a link led round to a folder above
                for name in sorted(os.listdir(path)):
                    if not name.startswith("."):
                        yield from _states(os.path.join(path, name), around | {place})
            return
    except OSError:
        return
    if (found := stamp(path)) is not None:
        yield path, found


def _named(before: Seen, after: Seen) -> str:
    changed = sorted(path for path, _ in before.items() ^ after.items())
    names = list(dict.fromkeys(changed))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
