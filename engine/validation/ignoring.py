"""Comments that ignore a rule for the element behind them: which findings they hide, and `unused-suppression`.

`<!-- aptic: ignore RULE[, RULE] because REASON -->`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from msgspec import Struct

from engine.model import AuthorsComment, Diagnostic, Edit, LocatedText, Severity
from engine.spelling import surely
from engine.validation.change import Change, Markup
from engine.validation.finding import Finding, name_hint
from engine.validation.rules import rules

_RULE: Final = "unused-suppression"
_IGNORE: Final = re.compile(r"\s*aptic:\s*ignore\b")
_BECAUSE: Final = re.compile(r"\bbecause\b")
_MOST_RULES: Final = 10
_NAME: Final = re.compile(r"[^\s,]+")
_FORM: Final = "Write <!-- aptic: ignore RULE because REASON --> before the element."
_WITHOUT_SCHEMA: Final = frozenset(
    {
        *("schema", "encoding-mismatch", "unknown-event", "file-name"),
        *("argument-count", "argument-default", "unknown-argument"),
        *("unnamed-column", "duplicate-column", "select-star"),
        *("many-unordered", "unordered-top", "always-one-row", "dirty-read"),
        *("template-syntax", "template-name", "template-quotes"),
    }
)
"""What is found whatever is known of the ledger. The others need its schema."""
_ELSEWHERE: Final = frozenset({"portability", "user-function", "duplicate-definition", "contract-break"})
"""What depends on the dialect, the other files or the options: only another run may need that it is ignored."""
_LEFT_TO_THE_LEDGER: Final = frozenset(
    {
        *("unknown-table", "unknown-column", "ambiguous-column", "group-by", "compile-error"),
        *("unknown-event", "unknown-argument", "contract-break"),
    }
)
"""Errors that no wrong body comes of: where they are true, the ledger refuses the query, or a value is missing, or only
receivers have to know."""


class Judged(Struct, frozen=True, gc=False):
    """The findings of a file, and those that its comments ignore."""

    found: tuple[Diagnostic, ...]
    ignored: tuple[Diagnostic, ...]


class _Ignored(Struct, gc=False):
    """A rule that a comment ignores. `offset` is the name's in the comment's text."""

    rule: str
    reason: str
    comment: AuthorsComment
    offset: int
    is_used: bool = False

    def holds(self, found: Diagnostic) -> bool:
        """Whether the finding is of that rule, and in the comment's element."""
        begin, end = self.comment.begin, self.comment.end
        if found.rule != self.rule or begin is None or end is None:
            return False
        return (begin.line, begin.column) <= (found.line, found.column) < (end.line, end.column)


def judge(
    file: str,
    found: Sequence[Diagnostic],
    comments: Sequence[AuthorsComment],
    lines: Sequence[str],
    *,
    has_schema: bool,
) -> Judged:
    """Takes out what is ignored, and adds a finding for each comment that has no effect.

    That nothing needs a comment is said only where nothing else may hide what it is for: without an error in the file.
    """
    wanted: list[_Ignored] = []
    faults: list[Finding] = []
    for comment in comments:
        one, wrong = _read(comment)
        wanted += one
        faults += wrong
    left, ignored = [], []
    for each in found:
        by = max((one for one in wanted if one.holds(each)), key=_begin, default=None)
        if by is None:
            left.append(each)
        else:
            by.is_used = True
            ignored.append(_ignored(each, by.reason))
    if not any(each.severity is Severity.ERROR for each in left):
        faults += (_unneeded(one) for one in wanted if not one.is_used and _is_judged(one.rule, has_schema=has_schema))
    return Judged((*left, *(fault.diagnostic(file, lines) for fault in faults)), tuple(ignored))


def keeps_out(ignored: Diagnostic) -> bool:
    """Whether a definition with that finding is kept out of service although a comment ignores it."""
    return ignored.severity is Severity.ERROR and ignored.rule not in _LEFT_TO_THE_LEDGER


def _begin(one: _Ignored) -> tuple[int, int]:
    begin = one.comment.begin
    return (begin.line, begin.column) if begin is not None else (0, 0)


def _ignored(found: Diagnostic, reason: str) -> Diagnostic:
    hint = found.hint
    if keeps_out(found):
        hint = "No right body can be made so: the definition is kept out of service all the same."
    return replace(found, ignored_because=reason, replacement=None, hint=hint)


def _is_judged(rule: str, *, has_schema: bool) -> bool:
    return rule in _WITHOUT_SCHEMA or (has_schema and rule not in _ELSEWHERE)


def _read(comment: AuthorsComment) -> tuple[list[_Ignored], list[Finding]]:
    """The rules that a comment ignores, and why it ignores nothing."""
    text = comment.text
    start = _IGNORE.match(text.value)
    because = start and _BECAUSE.search(text.value, start.end())
    reason = " ".join(text.value[because.end() :].split()) if because else ""
    if start is None or because is None or not reason:
        what = "is not understood" if start is None else "gives no reason, so it ignores nothing"
        return [], [_fault(text, 0, f"The comment {what}.", _FORM)]
    names = list(islice(_NAME.finditer(text.value, start.end(), because.start()), _MOST_RULES + 1))
    if not 0 < len(names) <= _MOST_RULES:
        return [], [_fault(text, 0, f"The comment names no rule, or more than {_MOST_RULES}.", _FORM)]
    if comment.begin is None:
        message = "The comment stands before no element, so it ignores nothing."
        return [], [_fault(text, 0, message, "Put it directly before the start tag of the element that it is for.")]
    faults = [fault for name in names if (fault := _name_fault(text, name)) is not None]
    known = [name for name in names if name[0] in rules() and rules()[name[0]].can_be_ignored]
    return [_Ignored(name[0], reason, comment, name.start()) for name in known], faults


def _name_fault(text: LocatedText, found: re.Match[str]) -> Finding | None:
    name, known = found[0], rules()
    if name not in known:
        meant = surely(name, known)
        edit = None if meant is None else Edit(found.start(), name, meant)
        hint = name_hint(name, known) or "`aptic-definitions rules` lists them."
        return _fault(text, found.start(), f"`{name}` is no rule.", hint, edit)
    if known[name].can_be_ignored:
        return None
    message = f"{name} cannot be ignored: a definition with such a finding is never put in service."
    return _fault(text, found.start(), message, "Remove it, and mend what is found.")


def _unneeded(one: _Ignored) -> Finding:
    message = f"Nothing here needs that {one.rule} is ignored."
    return _fault(one.comment.text, one.offset, message, "Remove it, so that it hides nothing new.")


def _fault(text: LocatedText, offset: int, message: str, hint: str, edit: Edit | None = None) -> Finding:
    at = text.position(offset + len(text.value[offset:]) - len(text.value[offset:].lstrip()))
    change = None if edit is None else Change(at, edit.old, edit.new, Markup.TAG)
    return Finding(_RULE, at, message, hint, change=change)
