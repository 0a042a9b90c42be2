"""Templates: `<body>` as a function of the default shape and the event message (definition language, section 5).

read      syntax.py      Jinja's parser, with exact offsets
checked   check.py       the allow-list; quotes.py, names.py: the rules about quotes and names
built     statements.py, expressions.py over operations.py and filters.py
rendered  rendering.py   bounded text, read as JSON and written canonically
"""

from engine.template.check import CONTEXT_NAMES
from engine.template.fault import RenderingError, TemplateFault
from engine.template.filters import FILTERS
from engine.template.names import Member, check_names, reserved_name
from engine.template.parsed import ParsedTemplate, Template, parse_template
from engine.template.reference import LoopVariable, Reference, Use

__all__ = [
    "CONTEXT_NAMES",
    "FILTERS",
    "LoopVariable",
    "Member",
    "ParsedTemplate",
    "Reference",
    "RenderingError",
    "Template",
    "TemplateFault",
    "Use",
    "check_names",
    "parse_template",
    "reserved_name",
]
