"""docs/reference/api.md, from the OpenAPI document that the service makes of its own handlers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from engine.catalogue import Catalogue
from engine.examples import load_examples
from generating.markdown import block, code, document, prose, table
from webhooks.api.app import describe
from webhooks.api.calls import FORM
from webhooks.api.openapi import ALIAS

ROOT = Path(__file__).parents[2]
_INTRO = """
What a service answers. It serves the same at `/docs`, and as OpenAPI 3.1 at `/openapi.json`, which has the schemas of
all bodies and of what is sent, for your site's own events. How to begin:
[Receive webhooks](../how-to/receive-webhooks.md).
"""


def page() -> str:
    """The page."""
    catalogue = Catalogue.load()
    found = describe(catalogue, load_examples(catalogue, ROOT / "definitions")).document
    calls = [
        (method.upper(), path, operation)
        for path, item in found["paths"].items()
        for method, operation in item.items()
        if ALIAS not in operation
    ]
    listing = table(["call", ""], ([code(f"{method} {path}"), call["summary"]] for method, path, call in calls))
    flow = found["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    scopes = table(["scope", "a client with it may"], ([code(name), text] for name, text in flow["scopes"].items()))
    details = (part for method, path, call in calls for part in _call(method, path, call))
    sent = found["webhooks"]["ledgerpayment"]["post"]["parameters"]
    headers = table(["header", ""], ([code(header["name"]), header["description"]] for header in sent))
    about = found["info"]["description"]
    return document(
        "API", "webhooks/api", prose(_INTRO), about, listing, "## Scopes", scopes, *details, "## What is sent", headers
    )


def _call(method: str, path: str, call: Any) -> Iterator[str]:
    yield f"## {method} {path}"
    yield " ".join(text for text in (call["summary"], call.get("description")) if text)
    if "parameters" in call:
        yield f"Parameters: {', '.join(code(parameter['name']) for parameter in call['parameters'])}."
    for media_type, content in call.get("requestBody", {}).get("content", {}).items():
        yield f"Request, {code(media_type)}:"
        is_form = media_type == FORM
        yield block(urlencode(content["example"]), "text") if is_form else block(_json(content["example"]), "json")
    answers = call["responses"]
    for status in (status for status in answers if status < "300"):
        yield f"Answer: {status} {answers[status]['description']}."
        for content in answers[status].get("content", {}).values():
            if "example" in content:
                yield block(_json(content["example"]), "json")
    others = [f"{status} {answers[status]['description']}" for status in sorted(answers) if status >= "300"]
    yield f"Otherwise: {', '.join(others)}."


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
