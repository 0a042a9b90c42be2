"""All contracts as one JSON Schema: each event's body is in `$defs`, by the event's code.

`docs` writes it, and `validate-definitions --against` reads it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from json import JSONDecodeError
from typing import Any, Final

import msgspec

from engine.body import Body
from engine.contract.contracts import Contract
from engine.contract.schemas import DIALECT, Json
from engine.encoding import InvalidJSONError, canonical, encode_canonical, read_json
from engine.encoding.reading import strict_decoder
from engine.errors import ConfigurationError

_EXAMPLE_SECRET: Final = "mySecret"  # noqa: S105  the guide's
_read: Final = strict_decoder(parse_float=Decimal)


def example_of(body: Body | None) -> bytes | None:
    """The JSON of a recorded example, as it is sent for a registration; None where nothing is."""
    return None if body is None or body.skip_reason is not None else body.fill(_EXAMPLE_SECRET)


def schema_tree(contract: Contract, example: Body | None) -> dict[str, Any]:
    """The contract's schema with its example, ready for `encode_canonical`: numbers keep their digits."""
    tree = canonical(contract.schema)
    if not isinstance(tree, dict):
        raise AssertionError("a schema is an object")
    shown = example_of(example)
    return tree if shown is None else {**tree, "examples": [read_json(shown.decode())]}


def write_schema(contract: Contract, example: Body | None) -> str:
    """One contract as a JSON Schema of its own."""
    return _indented({"$schema": DIALECT, **schema_tree(contract, example)})


def write_document(contracts: Iterable[Contract], examples: Mapping[str, Body]) -> str:
    """All contracts as one JSON Schema."""
    bodies = {contract.event: schema_tree(contract, examples.get(contract.event)) for contract in contracts}
    return _indented({"$schema": DIALECT, "title": "The bodies of webhooks, by event code", "$defs": bodies})


def _indented(tree: dict[str, Any]) -> str:
    (text,) = encode_canonical(tree)
    return msgspec.json.format(text, indent=2).decode() + "\n"


def read_document(content: bytes, name: str) -> dict[str, Json]:
    """The schemas of a document by event code. Raises ConfigurationError for what is none; `name` names the file."""
    try:
        document = _read(content.decode("utf-8-sig"))
    except (InvalidJSONError, JSONDecodeError, UnicodeDecodeError, ArithmeticError, ValueError, RecursionError):
        document = None
    bodies = document.get("$defs") if isinstance(document, dict) else None
    if not isinstance(bodies, dict) or not all(isinstance(schema, dict) for schema in bodies.values()):
        message = f"{name} holds no contracts: it is not what `aptic-definitions docs --format json` writes."
        raise ConfigurationError(message, file=name)
    return bodies
