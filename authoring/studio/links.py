"""From a place in a file, as findings name it, to the page that shows it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from authoring.studio.context import Project
from authoring.studio.workspace import Snapshot

_PLACE: Final = re.compile(r"([^\s:]+):([0-9]+)(?::[0-9]+)?")


class Links:
    """Where a page of the studio shows a line of a file, for the project as it is in a snapshot."""

    def __init__(self, project: Project, snapshot: Snapshot) -> None:
        self._definitions = {str(path) for path in snapshot.files}
        self._scripts = {str(path) for path in project.script_files()}

    def of(self, file: object, line: int) -> str | None:
        """The address; None where no page shows the file."""
        name = str(file)
        view = "definition" if name in self._definitions else "script" if name in self._scripts else None
        return None if view is None else f"/{view}?file={quote(name)}#L{line}"

    def within(self, text: str) -> list[tuple[str, str | None]]:
        """A text in pieces, each with the address of the place that it names, such as `ledger/schema.sql:7:3`."""
        found, end = [], 0
        for place in _PLACE.finditer(text):
            if address := self.of(place[1], int(place[2][:9])):
                found += [(text[end : place.start()], None), (place[0], address)]
                end = place.end()
        return [*found, (text[end:], None)]
