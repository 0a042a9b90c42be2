"""The contracts as one page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from engine.body import Body
from engine.contract.contracts import Contract
from engine.contract.document import example_of, write_schema
from engine.contract.words import Row, rows_of, words_of
from engine.markdown import code, plain, table

_INDENT: Final = "&nbsp;&nbsp;"
_INTRO: Final = """Each event has one body. A member that is listed is always there, unless it is called optional; no
other is. A member without "or null" is never null. What is open is not promised. Numbers are to be read as decimals."""


def write_markdown(contracts: Sequence[Contract], examples: Mapping[str, Body]) -> str:
    """The page: a list of the events, then each with its members, its example and its JSON Schema."""
    listing = "\n".join(f"- [`{each.event}`](#{_anchor(each.event)}) {plain(each.description)}" for each in contracts)
    parts = (part for contract in contracts for part in _event(contract, examples.get(contract.event)))
    return "\n\n".join(("# The bodies of webhooks", _INTRO, listing, *parts)) + "\n"


def _anchor(event: str) -> str:
    return event.lower().replace(".", "")


def _event(contract: Contract, body: Body | None) -> Iterator[str]:
    yield f"## {plain(contract.event)}"
    if contract.description:
        yield plain(contract.description)
    rows = rows_of(contract.schema)
    if rows and contract.schema.get("type") == "object":
        yield _table(rows)
    else:
        yield f"The body is {plain(words_of(contract.schema))}."
        if rows:
            yield _table(rows)
    example = example_of(body)
    if example is not None:
        yield "Example:"
        yield _block(msgspec.json.format(example, indent=2).decode())
    elif body is not None:
        yield "Nothing is sent for the recorded example."
    yield f"<details><summary>JSON Schema</summary>\n\n{_block(write_schema(contract, None))}\n\n</details>"


def _table(rows: Iterable[Row]) -> str:
    return table(["member", "value", ""], [_cells(row) for row in rows])


def _cells(row: Row) -> tuple[str, str, str]:
    name = code(row.name) if row.is_member else plain(row.name)
    optional = ", optional" if row.is_optional else ""
    return f"{_INDENT * row.depth}{name}{optional}", plain(row.words), plain(row.note)


def _block(text: str) -> str:
    longest = max((len(found) for found in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text.strip(chr(10))}\n{fence}"
