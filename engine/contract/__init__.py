"""What a body promises: the JSON Schema of each event's body, and what changed between two of them.

contracts    a definition → its contract
values       a column's domain → the schema of its JSON value
shape        steps → the default shape; default bodies
structure    a template's items → the values, arrays and objects that it writes
items        a template as JSON tokens, values, choices and loops
joining      numbers of a template that would be written as one
expressions  a template's expressions → schemas
schemas      schemas as values: unknown ones, null, alternatives
words        schemas in words, for people
comparison   what changed between two schemas, and whether receivers can bear it; places: where a file makes a member
document     all contracts as one JSON Schema, written and read; markdown, site: for people
served       contracts beside the definitions that a service has loaded
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.contract.contracts import Contract, default_contract, derive, derive_all

__all__ = ["Contract", "default_contract", "derive", "derive_all"]


def __getattr__(name: str) -> object:
    """Imports what derives on first use: a service describes default bodies without the SQL parser's 40 MiB."""
    if name not in __all__:
        raise AttributeError(f"module 'engine.contract' has no attribute {name!r}")
    from engine.contract import contracts  # noqa: PLC0415  see above

    return getattr(contracts, name)
