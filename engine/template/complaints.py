"""What Jinja's parser stopped at, in an admin's words: its own name what its grammar wants, not what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from jinja2 import TemplateSyntaxError

from engine.model import Edit
from engine.spelling import did_you_mean
from engine.template.fault import FOREIGN_QUOTES, SYNTAX, TemplateFault

_BLOCKS: Final = ("for", "if")
_BRANCHES: Final = ("elif", "else")
_TAGS: Final = (*_BLOCKS, *_BRANCHES, *(f"end{block}" for block in _BLOCKS), "skip", "raw", "endraw")
_TAGS_HINT: Final = "There are if, for, skip and raw."
_ELSE_IFS: Final = frozenset({"elseif", "elsif", "elseIf", "ElseIf", "else_if"})
_ENDS: Final = {"end of print statement": "}}", "end of statement block": "%}"}
_TOKENS: Final = {
    "begin of print statement": "`{{`",
    "begin of statement block": "`{%`",
    "end of template": "the end of the template",
    "name": "a name",
    "string": "a text in quotes",
    "integer": "a number",
    "float": "a number",
}
_INSTEAD: Final = {
    "=": "Compare with ==.",
    "if": "Write {% elif … %}.",
    "string": "Join values by ~.",
    "integer": "Join values by ~.",
    "then": "Remove it: the tag ends with %}.",
}
_QUOTED: Final = r"""(?:'(.*)'|"(.*)")"""


@dataclass(frozen=True, slots=True)
class _Tag:
    """A `{% name … %}` and where its name stands."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Stop:
    """Jinja's `message` about what is at `offset`, and the tags up to there."""

    message: str
    offset: int
    tags: Sequence[_Tag]

    def fault(self, message: str, hint: str | None = None, *, offset: int | None = None) -> TemplateFault:
        """The syntax fault at `offset`, or else where the reading stopped."""
        return TemplateFault(SYNTAX, self.offset if offset is None else offset, message, hint)


def explain(message: str, offset: int, lexemes: Iterable[tuple[int, str, str]]) -> TemplateFault:
    """The fault that Jinja's `message` stands for; `lexemes` are the text's: offset, kind and source of each."""
    stop = _Stop(message, offset, tuple(_tags(lexemes)))
    for pattern, handler in _HANDLERS:
        if found := pattern.match(message):
            return handler(stop, *(group for group in found.groups() if group is not None))
    return stop.fault(f"This is no template: {message.rstrip('.')}.")


def _tags(lexemes: Iterable[tuple[int, str, str]]) -> Iterator[_Tag]:
    """The tags of a text, as far as it can be read."""
    is_name_next = False
    with suppress(TemplateSyntaxError):
        for offset, kind, value in lexemes:
            if kind == "name" and is_name_next:
                yield _Tag(value, offset)
            is_name_next = kind == "block_begin" or (kind == "whitespace" and is_name_next)


def _unclosed(stop: _Stop, name: str) -> TemplateFault:
    """The template ends inside the block `name`."""
    if name not in _BLOCKS:
        return _unknown_tag(stop, name)
    opened = [tag for tag in _still_open(stop.tags) if tag.name == name]
    offset = opened[-1].offset if opened else stop.offset
    return stop.fault(f"This `{name}` is not closed.", f"Close it with {{% end{name} %}}.", offset=offset)


def _misplaced_tag(stop: _Stop, name: str) -> TemplateFault:
    """A tag that ends or divides a block, where another block is open, or none."""
    opened = _still_open([tag for tag in stop.tags if tag.offset < stop.offset])
    block = opened[-1].name if opened else None
    if name.removeprefix("end") in _BLOCKS and name.startswith("end"):
        if block is None:
            return stop.fault(f"This `{name}` closes nothing.", "Remove it.")
        message = f"This `{name}` stands where the `{block}` before it is still open."
        return stop.fault(message, f"Close that with {{% end{block} %}} first.")
    if name in _BRANCHES:
        if block is None:
            return stop.fault(f"This `{name}` belongs to no `if`.", "Write {% if … %} before it, or remove it.")
        if name == "elif" and block == "for":
            return stop.fault("This `elif` belongs to no `if`, but stands in a `for`.", "Remove it.")
        return stop.fault(f"This `{name}` comes after the `else` of its `{block}`.", "Write it before, or remove it.")
    return _unknown_tag(stop, name)


def _unknown_tag(stop: _Stop, name: str) -> TemplateFault:
    if name in _ELSE_IFS:
        fault = stop.fault(f"There is no tag `{name}` here.", "Write {% elif … %}.")
        return replace(fault, edit=Edit(stop.offset, name, "elif"))
    return stop.fault(f"There is no tag `{name}` here.", did_you_mean(name, _TAGS) or _TAGS_HINT)


def _still_open(tags: Sequence[_Tag]) -> list[_Tag]:
    opened: list[_Tag] = []
    for tag in tags:
        if tag.name in _BLOCKS:
            opened.append(tag)
        elif opened and tag.name == f"end{opened[-1].name}":
            opened.pop()
    return opened


def _expected(stop: _Stop, wanted: str, got: str) -> TemplateFault:
    if wanted in _ENDS and got not in _ENDS and got != "end of template":
        hint = _INSTEAD.get(got, f"Write an operator or a filter before it, or end with {_ENDS[wanted]}.")
        return stop.fault(f"{_capital(_shown(got))} is not expected here.", hint)
    return stop.fault(f"{_capital(_shown(wanted))} is missing before {_shown(got)}.")


def _ends(stop: _Stop, wanted: str) -> TemplateFault:
    return _expected(stop, wanted, "end of template")


def _unexpected(stop: _Stop, got: str) -> TemplateFault:
    if got in _ENDS or got == "end of template":
        return stop.fault(f"An expression is missing before {_shown(got)}.", "Write one, or remove what needs it.")
    hint = "An expression ends with }}." if got == "}" else "Remove it, or write a value before it."
    return stop.fault(f"{_capital(_shown(got))} is not expected here.", hint)


def _unbalanced(stop: _Stop, got: str, wanted: str) -> TemplateFault:
    return stop.fault(f"`{wanted}` is missing before `{got}`.", f"Add the {wanted}.")


def _character(stop: _Stop, shown: str) -> TemplateFault:
    if shown in {"'", '"'}:
        return stop.fault("The text that begins here has no end.", f"Add the closing {shown}.")
    if shown in FOREIGN_QUOTES:
        message = f"`{shown}` (U+{ord(shown):04X}) is no quote: a text stands between straight ones."
        return stop.fault(message, "Write ' or \".")
    return stop.fault(f"The character `{shown}` has no meaning in an expression.", "Remove it.")


def _shown(description: str) -> str:
    return _TOKENS.get(description) or f"`{_ENDS.get(description, description)}`"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _says(message: str, hint: str | None = None, *, back: int = 0) -> Callable[..., TemplateFault]:
    return lambda stop, *_: stop.fault(message, hint, offset=max(stop.offset - back, 0))


_Handler = Callable[..., TemplateFault]
_HANDLERS: Final[tuple[tuple[re.Pattern[str], _Handler], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), handler)
    for pattern, handler in (
        (r"Unexpected end of template\..* closed is '(\w+)'", _unclosed),
        (r"Encountered unknown tag '(\w+)'", _misplaced_tag),
        ("tag name expected", _says("A tag needs a name.", _TAGS_HINT)),
        (rf"expected token {_QUOTED}, got {_QUOTED}\Z", _expected),
        (rf"unexpected end of template, expected {_QUOTED}", _ends),
        (rf"Expected an expression, got {_QUOTED}", _unexpected),
        (rf"unexpected char {_QUOTED}", _character),
        (r"unexpected '(.)', expected '(.)'", _unbalanced),
        (rf"unexpected {_QUOTED}\Z", _unexpected),
        ("expected name or number", _says("A name is missing after the point.", "Write the column, as in row.amount.")),
        ("Missing end of comment", _says("This comment is not closed.", "Close it with #}.", back=2)),
        ("Missing end of raw", _says("This `raw` is not closed.", "Close it with {% endraw %}.")),
        ("Invalid character in identifier", _says("A name holds a character that no name may have.")),
        ("can't assign to", _says("`for` needs one name for the row.", "Write {% for row in rows %}.")),
    )
)
