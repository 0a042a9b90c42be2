"""What a body promises: the JSON Schema of each event's body, and what changed between two of them.

contracts    a definition → its contract
values       a column's domain → the schema of its JSON value
shape        steps → the default shape; default bodies
structure    a template's text → the values, arrays and objects that it writes
expressions  a template's expressions → schemas
schemas      schemas as values: unknown ones, null, alternatives
"""

from engine.contract.contracts import Contract, default_contract, derive

__all__ = ["Contract", "default_contract", "derive"]
