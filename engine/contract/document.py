"""All contracts as one JSON Schema: each event's body is in `$defs`, by the event's code.

`docs` writes it, and `validate-definitions --against` reads it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from engine.body import Body
from engine.contract.contracts import Contract
from engine.contract.schemas import DIALECT, Json
from engine.encoding import canonical, encode_canonical, read_json
from engine.encoding.reading import strict_decoder
from engine.errors import ConfigurationError

_EXAMPLE_SECRET: Final = "mySecret"  # noqa: S105  the guide's
_MAX_EXPONENT: Final = 400


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


class _Written(Struct, forbid_unknown_fields=True, rename={"is_open": "x-open", "not_": "not"}):
    """A schema as it is written here: no other keywords, and of these no other forms."""

    title: str = ""
    description: str = ""
    type: str | list[str] = ""
    properties: dict[str, _Written] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    additionalProperties: bool = True  # noqa: N815  JSON Schema's
    items: _Written | bool = True
    prefixItems: list[_Written] = field(default_factory=list)  # noqa: N815
    anyOf: Annotated[list[_Written], Meta(min_length=1)] | UnsetType = UNSET  # noqa: N815
    const: Any = None
    enum: list[Any] = field(default_factory=list)
    minimum: int | Decimal | UnsetType = UNSET
    maximum: int | Decimal | UnsetType = UNSET
    multipleOf: int | Decimal | UnsetType = UNSET  # noqa: N815
    maxLength: int | UnsetType = UNSET  # noqa: N815
    minItems: int | UnsetType = UNSET  # noqa: N815
    maxItems: int | UnsetType = UNSET  # noqa: N815
    pattern: str = ""
    format: str = ""
    contentEncoding: str = ""  # noqa: N815
    is_open: bool = False
    not_: dict[str, _Written] | UnsetType = UNSET
    examples: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Only single values are listed."""
        if any(isinstance(value, list | dict) for value in (self.const, *self.enum)):
            raise ValueError("a value that is listed is an array or object")


def _decimal(digits: str) -> Decimal:
    """A number that can be written out; raises ValueError for another."""
    number = Decimal(digits)
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError("a number beyond all limits")
    return number


_read: Final = strict_decoder(parse_float=_decimal)


def read_document(content: bytes, name: str) -> dict[str, Json]:
    """The schemas of a document by event code. Raises ConfigurationError for what is none; `name` names the file."""
    try:
        document: Any = _read(content.decode("utf-8-sig"))
        bodies = document["$defs"]
        msgspec.convert(bodies, dict[str, _Written], builtin_types=(Decimal,))
    except (LookupError, TypeError, ArithmeticError, ValueError, msgspec.MsgspecError, RecursionError) as error:
        why = f" ({error})" if isinstance(error, msgspec.ValidationError) else ""
        message = f"{name} holds no contracts: it is not what `aptic-definitions docs --format json` writes{why}."
        raise ConfigurationError(message, file=name) from None
    return dict(bodies)
