"""Finds text around the expressions that can never be JSON (rule `template-syntax`).

Only templates without `if`, `for` and `skip` are looked at: their structure is the same whatever the data.
"""

from __future__ import annotations

from jinja2 import nodes

from engine.encoding import InvalidJSONError, encode_canonical, read_json
from engine.errors import EncodingError
from engine.model import Edit, Remark
from engine.template.fault import SYNTAX, TemplateFault
from engine.template.json_faults import JSONFault, repeated_member, unreadable
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
        if position is not None:
            return [_fault(unreadable(text, position), rendering)]
        if (repeated := repeated_member(text)) is not None:
            return [_fault(repeated, rendering)]
        message = f"With a value for each expression, the template's text cannot be sent: {error}."
        return [TemplateFault(SYNTAX, 0, message, "It must be one JSON value.")]
    return []


def _fault(found: JSONFault, rendering: Rendering) -> TemplateFault:
    """The fault of the rendered text as one of the template's, where each piece of text has kept its length."""
    edit, related = found.edit, found.related
    if edit is not None:
        edit = Edit(rendering.place_of(edit.offset), edit.old, edit.new)
    remarks = () if related is None else (Remark(rendering.place_of(related[0]), related[1]),)
    return TemplateFault(SYNTAX, rendering.place_of(found.position), found.message, found.hint, edit, remarks)
