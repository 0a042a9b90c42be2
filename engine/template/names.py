"""Checks a template's names against what the steps give (rule `template-name`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.model import Edit
from engine.spelling import did_you_mean, known_hint, surely
from engine.template.check import CONTEXT_NAMES
from engine.template.fault import NAME, SYNTAX, TemplateFault
from engine.template.parsed import ParsedTemplate
from engine.template.reference import Path, Reference, Use, spelled


@dataclass(frozen=True, slots=True)
class Member:
    """A name that the steps give to a template: a column of an unnamed step, or a named step with its columns.

    `columns` is None for a column. `in_default` says whether it is a member of the default shape; what comes of a step
    with `output="false"` is not. Names count case, as in JSON and in Jinja.
    """

    name: str
    columns: tuple[Member, ...] | None = None
    is_many: bool = False
    is_hole: bool = False
    in_default: bool = True


class _NameError(Exception):
    """`meant` is what only can be meant by the part `name` of a path."""

    def __init__(
        self, message: str, hint: str | None = None, rule: str = NAME, *, name: str = "", meant: str | None = None
    ) -> None:
        super().__init__(message)
        self.name = name
        self.meant = meant
        self.message = message
        self.hint = hint
        self.rule = rule


def reserved_name(name: str, *, is_hole: bool) -> str | None:
    """Why no column or step may have that name in a definition with a template, or None where it may."""
    folded = name.casefold()
    if folded not in CONTEXT_NAMES or (folded == "secret" and is_hole):
        return None
    return f"`{name}` has a meaning of its own in a template; choose another name, such as `{name}_`."


def check_names(parsed: ParsedTemplate, members: Sequence[Member]) -> tuple[TemplateFault, ...]:
    """A fault for each name, column or loop of the template that the members do not bear out, in the text's order."""
    context = _Context(members)
    faults = [
        TemplateFault(
            NAME, variable.offset, f"`{variable.name}` is already a column or query.", "Name the row otherwise."
        )
        for variable in parsed.variables
        if variable.name in context.members
    ]
    for reference in parsed.references:
        try:
            _check(reference, context)
        except _NameError as error:
            faults.append(
                TemplateFault(error.rule, reference.offset, error.message, error.hint, _edit(error, reference))
            )
    return tuple(sorted(faults, key=lambda fault: fault.offset))


def _edit(error: _NameError, reference: Reference) -> Edit | None:
    """The edit of a wrong name that is the last of its path, which the reference knows the place of."""
    if (
        error.meant is None
        or not error.meant.isidentifier()
        or reference.path.index(error.name) < len(reference.path) - 1
    ):
        return None
    return Edit(reference.offset, error.name, error.meant)


_MOST_HINTS: Final = 100
"""How many unknown names are compared with the known ones: a thousand with a thousand would take seconds."""


class _Context:
    """The members by name: all of them, and those of the default shape."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._hints = 0
        self.members = {member.name: member for member in members}
        self.default = {member.name: member for member in members if member.in_default}

    def hint(self, name: str, known: Iterable[str]) -> str | None:
        """What an unknown name may have meant."""
        self._hints += 1
        return did_you_mean(name, known) if self._hints <= _MOST_HINTS else None

    def sure(self, name: str, known: Iterable[str]) -> str | None:
        """What an unknown name can only mean."""
        return surely(name, known) if self._hints <= _MOST_HINTS else None


_WHOLE: Final = Member("default", ())
"""Stands for the default shape and for the message: there is nothing more to check about them."""


def _check(reference: Reference, context: _Context) -> None:
    found = _resolve(reference.path, context)
    if reference.use is Use.ITERATED and not found.is_many:
        raise _NameError(
            f"`{spelled(reference.path)}` holds no rows to loop over.", 'Only a query with result="many" does.'
        )
    if found.is_hole and reference.use is not Use.WRITTEN:
        raise _NameError(
            f"`{spelled(reference.path)}` holds the secret, which stands only alone where a value stands.",
            f"Write {{{{ {spelled(reference.path)} }}}}.",
            SYNTAX,
        )


def _resolve(path: Path, context: _Context) -> Member:
    root, *rest = path
    known = context.members
    if root == "data":
        return _WHOLE
    if root == "event":
        return _below(Member("event"), rest, "event")
    if root == "default":
        if not rest:
            return _WHOLE
        root, *rest = rest
        if isinstance(root, int):
            raise _NameError("`default` is an object: it has no items.", "Name a member of it.")
        known = context.default
    member = known.get(str(root))
    if member is None:
        names, name = (*known, *CONTEXT_NAMES), str(root)
        hint = context.hint(name, names)
        raise _NameError(f"No query gives `{root}`.", hint, name=name, meant=context.sure(name, names))
    return _below(member, rest, str(root))


def _below(member: Member, rest: Sequence[str | int], name: str) -> Member:
    """The member that the rest of a path leads to, from `member`."""
    place = f"`{name}`"
    for part in rest:
        columns = member.columns
        if columns is None:
            raise _NameError(f"{place} is one value: there is no {_words(part)} in it.")
        if isinstance(part, int) != member.is_many:
            kind = "rows" if member.is_many else "one row"
            hint = f"Write {{% for row in {name} %}}." if member.is_many else None
            raise _NameError(f"{place} holds {kind}: there is no {_words(part)} in it.", hint)
        if isinstance(part, int):
            member, place = Member(member.name, columns), f"A row of {place}"
        else:
            member, place = _column(columns, part, place), f"`{name}.{part}`"
    return member


def _column(columns: Sequence[Member], name: str, place: str) -> Member:
    for column in columns:
        if column.name == name:
            return column
    names = [column.name for column in columns]
    hint = did_you_mean(name, names) or known_hint(name, names)
    raise _NameError(f"{place} has no column `{name}`.", hint, name=name, meant=surely(name, names))


def _words(part: str | int) -> str:
    return f"row {part}" if isinstance(part, int) else f"`{part}`"
