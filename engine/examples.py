"""Recorded examples: bodies of events with the catalogue's example arguments.

`aptic-definitions test --update` records them, beside the definitions.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

from engine.body import Body, default_body
from engine.catalogue import Catalogue
from engine.errors import EngineError
from engine.model import Event

_log = logging.getLogger(__name__)


def load_examples(catalogue: Catalogue, definitions: Path | None) -> dict[str, Body]:
    """The example bodies by event code: what was recorded, or the default body of an event without a definition.

    An event is left out if its example was not recorded, cannot be read, or lacks an argument.
    """
    return {event.code: body for event in catalogue.events.values() for body in _bodies(event, definitions)}


def _bodies(event: Event, definitions: Path | None) -> Iterator[Body]:
    recorded = definitions and definitions / f"{event.code}.example.json"
    try:
        if recorded is not None and recorded.is_file():
            body = Body.load(recorded.read_bytes())
            yield body
            _check_age(event.code, body, recorded.parent)
        elif definitions is None or (definitions.is_dir() and not (definitions / f"{event.code}.xml").exists()):
            arguments = {
                argument.name: argument.example for argument in event.arguments if argument.example is not None
            }
            yield default_body(event, arguments)
    except (EngineError, OSError) as error:
        _log.warning("no example of %s can be shown: %s", event.code, error)


def _check_age(event: str, body: Body, folder: Path) -> None:
    """Warns of an example that was recorded by another version of the definition, so may show other members."""
    file = folder / (f"{event}.xml" if body.definition is None else body.definition.file)
    present = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
    if present != (body.definition and body.definition.content_hash):
        _log.warning(
            "the example of %s is of another version of its definition: aptic-definitions test --update makes it anew",
            event,
        )
