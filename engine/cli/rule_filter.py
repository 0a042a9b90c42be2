"""Which findings are reported: what --select and --ignore make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from engine.commandline.console import CannotRunError
from engine.commandline.options import or_meant
from engine.model import Diagnostic

if TYPE_CHECKING:
    from engine.validation.rules import Rule


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """`hidden` are the rules whose findings are passed over; none that may not be ignored is among them."""

    hidden: frozenset[str]

    @classmethod
    def checked(cls, select: Iterable[str], ignore: Iterable[str], rules: Mapping[str, Rule]) -> Self:
        """Shows the selected rules, or all, without the ignored ones; what may not be ignored always stays.

        Raises CannotRunError for an unknown rule, or one that may not be ignored.
        """
        selected, ignored = set(select), set(ignore)
        for name in sorted(selected | ignored):
            if name not in rules:
                raise CannotRunError(
                    f"{name!r} is no rule{or_meant(name, rules)} `aptic-definitions rules` lists them."
                )
        for name in sorted(ignored):
            if not rules[name].can_be_ignored:
                raise CannotRunError(
                    f"{name} cannot be ignored: a definition with such a finding is never put in service."
                )
        unselected = rules.keys() - selected if selected else set()
        return cls(frozenset(name for name in ignored | unselected if rules[name].can_be_ignored))

    def apply(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings that are reported."""
        return tuple(diagnostic for diagnostic in diagnostics if self.is_shown(diagnostic))

    def is_shown(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is reported."""
        return diagnostic.rule not in self.hidden
