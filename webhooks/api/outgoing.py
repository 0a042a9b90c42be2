"""The requests that the service sends, described for those who receive them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from engine.body import Body
from engine.catalogue import Catalogue
from engine.contract.shape import default_body_schema
from engine.model import Event

Json = dict[str, Any]
Promises = Mapping[str, bytes | None]
"""By event with a definition, the JSON Schema of its bodies; None where no good version of it is in service."""

_EXAMPLE_SECRET = "mySecret"  # noqa: S105  the guide's
_HEADERS = (
    ("webhook-id", True, "The delivery's id, the same in every attempt: whoever has seen it before need do nothing."),
    ("webhook-timestamp", True, "When this attempt was made, in seconds since 1970."),
    (
        "webhook-signature",
        False,
        "`v1,` and the HMAC-SHA256 of id, timestamp and body joined by dots, in base64 (Standard Webhooks).",
    ),
    ("webhook-sequence", True, "Rises with the time at which events came in; no order of arrival is promised."),
    ("webhook-test", False, "`true` where a test was asked for: nothing has happened in the ledger."),
)


def outgoing(catalogue: Catalogue, examples: Mapping[str, Body], promises: Promises) -> Json:
    """The document's `webhooks`: one for each event of the catalogue, with its recorded example."""
    events = sorted(catalogue.events.values(), key=lambda event: event.code)
    return {event.code: {"post": _request(event, examples.get(event.code), promises)} for event in events}


def _request(event: Event, example: Body | None, promises: Promises) -> Json:
    if event.code in promises and example is not None and example.definition is None:
        example = None  # of the default body, which is not what is sent
    content: Json = {"schema": _schema(event, example, promises)}
    if example is not None and example.skip_reason is None:
        content["example"] = Raw(example.fill(_EXAMPLE_SECRET))
    return {
        "operationId": f"receive_{event.code}",
        "tags": ["Outgoing"],
        "summary": event.description.partition(". ")[0].rstrip(".") + ".",
        "description": "Sent with the registration's method, POST unless it says PUT or PATCH.",
        "parameters": [
            {"name": name, "in": "header", "required": is_always, "description": text, "schema": {"type": "string"}}
            for name, is_always, text in _HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "It has arrived. The answer's body does not count."},
            "410": {"description": "It is not wanted any more: the registration is disabled."},
            "429": {"description": "Too many: the whole endpoint waits as long as `Retry-After` says."},
            "503": {"description": "Not now: as 429."},
            "default": {"description": "It has not arrived, also where the answer is a redirect; it is tried again."},
        },
        "security": [],
    }


def _schema(event: Event, example: Body | None, promises: Promises) -> Json | Raw:
    """What the definition in service promises, or the default body. Whether a definition waits is nobody's here."""
    if (promised := promises.get(event.code)) is not None:
        return Raw(promised)
    if event.code in promises or example is None or example.definition is not None:
        return {"description": "What the event's definition makes of it; the example is one that was recorded."}
    return default_body_schema(event)
