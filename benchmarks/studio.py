"""How soon a save among a thousand definitions is on the studio's page."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from authoring.studio.app import EVERY_MILLISECONDS, Studio
from authoring.studio.context import Project
from authoring.studio.workspace import Workspace
from benchmarks import guide
from benchmarks.loading import COUNT, write_definitions
from benchmarks.pairs import Result
from engine.settings import LoadOptions

_SAVES: Final = 7
_LONGEST: Final = 1.5


def run() -> Iterator[Result]:
    """A row for the list of all, and one for the page of the definition that is saved.

    A browser that has just asked sees the save at its next question: after the answer, the time between two, and the
    answer to that.
    """
    with tempfile.TemporaryDirectory(prefix="studio") as name:
        folder = Path(name)
        definitions, events = folder / "definitions", folder / "events"
        write_definitions(definitions, events)
        (folder / "made").mkdir()
        project = Project(definitions=definitions, fixtures=guide.ROOT / "fixtures", options=LoadOptions(events=events))
        workspace = Workspace(project, folder / "made")
        studio = Studio(workspace)
        try:
            began = time.perf_counter()
            studio.answer("/", {}, is_anew=False)
            print(
                f"  the studio's first look at {COUNT:,} definitions: {time.perf_counter() - began:.1f} s", flush=True
            )
            path = sorted(definitions.iterdir())[COUNT // 2]
            yield _row("the list", studio, path, "/", {})
            yield _row("its page", studio, path, "/definition", {"file": str(path)})
        finally:
            workspace.close()


def _row(words: str, studio: Studio, path: Path, page: str, query: dict[str, str]) -> Result:
    times = []
    source = path.read_text("utf-8")
    for number in range(_SAVES):
        path.write_text(f"{source}<!-- {number} -->", "utf-8")
        began = time.perf_counter()
        answer = studio.answer(page, query, is_anew=False)
        studio.answer(page, query, is_anew=False)
        times.append(time.perf_counter() - began + EVERY_MILLISECONDS / 1000)
        assert page == "/" or f"&lt;!-- {number} --&gt;".encode() in answer.content, page
    path.write_text(source, "utf-8")
    took = statistics.median(times)
    return Result(
        f"studio: a save among {COUNT:,} definitions to {words} / {_LONGEST:g} s",
        took,
        _LONGEST,
        took / _LONGEST,
        (min(times) / _LONGEST, max(times) / _LONGEST),
        "≤ 1",
        took <= _LONGEST,
    )
