"""The members of a body by JSON pointer, each with its origins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from engine.lineage.origins import Trace, merged
from engine.lineage.steps import TracedStep
from engine.model import Position

EACH = "*"
"""In a pointer, whichever item of an array, or a member whose name the data give."""


class Use(Struct, frozen=True, gc=False):
    """Something that a member is made of, or that decides about it, and where the file says so."""

    trace: Trace
    position: Position


class Member(Struct, frozen=True, gc=False):
    """A member of the body. `pointer` is an RFC 6901 pointer with `*` for each item of an array."""

    pointer: str
    uses: tuple[Use, ...]

    @property
    def trace(self) -> Trace:
        """Its origins from all uses."""
        return merged([use.trace for use in self.uses])


def pointer(parts: Iterable[str]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join([f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts])


def step_members(step: TracedStep, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Use]]:
    """The members that a step's rows make below a path."""
    path = (*above, EACH) if step.is_many else above
    for output in step.outputs:
        yield (*path, output.name), Use(output.trace, output.position)


def default_members(steps: Iterable[TracedStep], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Use]]:
    """The members of the default shape: those of a definition without a template."""
    for step in steps:
        if step.step.output:
            yield from step_members(step, above if step.step.name is None else (*above, step.step.name))
