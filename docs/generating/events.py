"""docs/reference/events.md, from the event catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.body import default_body
from engine.catalogue import Catalogue
from engine.model import Event
from generating.markdown import block, code, document, prose, table

ROOT = Path(__file__).parents[2]
_INTRO = """
The events that the engine ships with. `ledgerpayment` and `statuschange` are those that the vendor's guide documents;
the others show what a site may add. A site adds its own in a folder of such files
([definition language, section 6](definition-language.md#6-the-event-catalogue)).

The **default body** is sent for an event that has no definition: its arguments in this order, as strings, then the
secret of the registration. An argument that is not required is left out where the event does not have it.
"""


def page() -> str:
    """The page."""
    events = Catalogue.load().events.values()
    listing = table(["event", ""], ([f"[`{event.code}`](#{event.code})", event.description] for event in events))
    details = (part for event in events for part in _event(event))
    return document("Events", "schemas/events", prose(_INTRO), listing, *details)


def _event(event: Event) -> Iterator[str]:
    yield f"## {event.code}"
    yield event.description
    yield table(
        ["argument", "required", "", "example"],
        (
            [
                code(argument.name),
                "yes" if argument.required else "no",
                argument.description,
                code(argument.example) if argument.example is not None else "",
            ]
            for argument in event.arguments
        ),
    )
    examples = {argument.name: argument.example for argument in event.arguments if argument.example is not None}
    yield "Default body:"
    yield block(default_body(event, examples).fill("mySecret").decode(), "json")
    if (ROOT / "definitions" / f"{event.code}.xml").exists():
        yield f"This project has a definition for it: [{event.code}.xml](../../definitions/{event.code}.xml)."
