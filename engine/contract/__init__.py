"""What a body promises: the JSON Schema of each event's body, and what changed between two of them.

contracts    a definition → its contract
values       a column's domain → the schema of its JSON value
shape        steps → the default shape; default bodies
structure    a template's text → the values, arrays and objects that it writes
expressions  a template's expressions → schemas
schemas      schemas as values: unknown ones, null, alternatives
words        schemas in words, for people
comparison   what changed between two schemas, and whether receivers can bear it; places: where a file makes a member
document     all contracts as one JSON Schema, written and read; markdown, site: for people
"""

from engine.contract.contracts import Contract, default_contract, derive, derive_all

__all__ = ["Contract", "default_contract", "derive", "derive_all"]
