"""A template's text, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.encoding import InvalidJSONError, encode_canonical, read_json
from engine.errors import EncodingError
from engine.model import Skip
from engine.template.check import Check
from engine.template.fault import RenderingError, TemplateFault
from engine.template.quotes import find_quoted
from engine.template.reference import LoopVariable, Reference
from engine.template.rendering import MARK, Rendering
from engine.template.statements import SkippedError, Statement, build_statements
from engine.template.structure import find_malformed
from engine.template.syntax import parse_tree


class Template:
    """A checked template, ready to render. Immutable, shared by threads; pickled as its text."""

    __slots__ = ("_run", "_text")

    def __init__(self, text: str, run: Statement) -> None:
        self._text = text
        self._run = run

    def __reduce__(self) -> tuple[Callable[[str], Template | None], tuple[str]]:
        return _read_again, (self._text,)

    def render(self, context: Mapping[str, object]) -> tuple[bytes, ...] | Skip:
        """The canonical JSON cut at each hole of the secret, or the reason to send nothing.

        `context` has the members by name, `default`, `event` and `data`, in canonical values with HOLE for the secret
        (rows as dicts, `many` as lists of them); `data` may hold whatever JSON readers give. `secret` is always a hole.
        Raises RenderingError, an EncodingError that knows the place in the template and quotes no value.
        """
        rendering = Rendering(context)
        try:
            self._run(rendering)
        except SkippedError as skipped:
            return Skip(skipped.reason)
        try:
            return encode_canonical(read_json(rendering.text(), hole=MARK))
        except InvalidJSONError as error:
            message, position = f"the rendered text cannot be sent: {error}", error.position
        except EncodingError as error:
            message, position = f"the rendered text cannot be sent: {error.message}", None
        raise RenderingError(message, rendering.place_of(position or 0))


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """`template` is None where `faults` say why; `references` and `variables` are the names it uses and gives."""

    template: Template | None
    faults: tuple[TemplateFault, ...]
    references: tuple[Reference, ...] = ()
    variables: tuple[LoopVariable, ...] = ()


def parse_template(text: str) -> ParsedTemplate:
    """Reads and checks a template; never raises, whatever the text. Only `check_names` knows the steps."""
    tree = parse_tree(text)
    if isinstance(tree, TemplateFault):
        return ParsedTemplate(None, (tree,))
    check = Check(tree)
    faults = sorted([*check.faults, *find_quoted(tree, text)], key=lambda fault: fault.offset) or find_malformed(tree)
    template = None if faults else Template(text, build_statements(tree.body))
    return ParsedTemplate(template, tuple(faults), tuple(check.references), tuple(check.variables))


def _read_again(text: str) -> Template | None:
    """The template of a text that was checked before."""
    return parse_template(text).template
