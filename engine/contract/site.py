"""The contracts as a static site, for the developers of receivers: nothing of it comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from jinja2 import Environment, FunctionLoader, StrictUndefined

from engine.body import Body
from engine.contract.contracts import Contract
from engine.contract.document import example_of, write_document, write_schema
from engine.contract.schemas import is_open
from engine.contract.words import rows_of, words_of


def site_files(contracts: Sequence[Contract], examples: Mapping[str, Body]) -> dict[str, str]:
    """The site's files, by their paths in its folder."""
    environment = _environment()
    events = [_event(contract, examples.get(contract.event)) for contract in contracts]
    found = {
        "index.html": environment.get_template("index.html.jinja").render(events=events, root=""),
        "contracts.json": write_document(contracts, examples),
        "style.css": _read("style.css"),
        "search.js": _read("search.js"),
    }
    page = environment.get_template("event.html.jinja")
    for event in events:
        found[f"events/{event['code']}.html"] = page.render(event=event, root="../")
        found[f"events/{event['code']}.schema.json"] = event["schema"]
    return found


def _event(contract: Contract, body: Body | None) -> dict[str, Any]:
    """What the pages show of one event."""
    rows, example = rows_of(contract.schema), example_of(body)
    is_plain = contract.schema.get("type") == "object" and not is_open(contract.schema)
    return {
        "code": contract.event,
        "description": contract.description,
        "summary": "" if is_plain else words_of(contract.schema),
        "is_open": is_open(contract.schema),
        "rows": rows,
        "names": list(dict.fromkeys(row.name for row in rows if row.is_member)),
        "example": "" if example is None else msgspec.json.format(example, indent=2).decode(),
        "is_skipped": body is not None and example is None,
        "schema": write_schema(contract, body),
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _read(name: str) -> str:
    return (files("engine.contract") / "pages" / name).read_text(encoding="utf-8")
