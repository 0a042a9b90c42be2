"""Finds text around the expressions that can never be JSON (rule `template-syntax`).

Only templates without `if`, `for` and `skip` are looked at: their structure is the same whatever the data.
"""

from __future__ import annotations

from jinja2 import nodes

from engine.encoding import InvalidJSONError, encode_canonical, read_json
from engine.errors import EncodingError
from engine.template.fault import SYNTAX, TemplateFault
from engine.template.rendering import Rendering
from engine.template.syntax import start_of


def find_malformed(tree: nodes.Template) -> list[TemplateFault]:
    """A fault where the template is no JSON with a text in place of each expression, each of them another text.

    None for a template of blanks: who knows the `<body>` element has more to say about that.
    """
    rendering = Rendering({})
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            return []
        for node in statement.nodes:
            offset = start_of(node)
            if isinstance(node, nodes.TemplateData):
                rendering.write(node.data, offset, is_data=True)
            else:
                rendering.write(f'"\\u0000{offset}"', offset)
    text = rendering.text()
    if not text.strip():
        return []
    try:
        encode_canonical(read_json(text))
    except (InvalidJSONError, EncodingError) as error:
        position = error.position if isinstance(error, InvalidJSONError) else None
        return [
            TemplateFault(
                SYNTAX,
                0 if position is None else rendering.place_of(position),
                f"With a value for each expression, the template's text cannot be sent: {error}.",
                "It must be one JSON value; separate members by commas.",
            )
        ]
    return []
