"""The rules about `<body>`: `template-syntax`, `template-name`, `template-quotes`, and `unknown-argument` in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model import XML_BLANKS, Edit, Event, LocatedText, Position, ResultKind
from engine.template import Member, Reference, Template, TemplateFault, check_names, parse_template, reserved_name
from engine.validation.change import Change
from engine.validation.finding import Beside, Finding
from engine.validation.message import Spelling, unknown_part
from engine.validation.steps import CheckedStep

_SPELLING = Spelling("data", "{{ secret }}")


@dataclass(frozen=True, slots=True)
class CheckedTemplate:
    """`template` is None where the findings keep it from being built."""

    template: Template | None
    findings: tuple[Finding, ...]


def check(body: LocatedText, steps: Sequence[CheckedStep], event: Event | None) -> CheckedTemplate:
    """The template of a definition with these steps. Names are looked up only where every column is known.

    The names of the event's arguments are only looked up where the event is known.
    """
    parsed = parse_template(body.value)
    findings = [*_reserved(steps), *(_located(fault, body) for fault in parsed.faults)]
    if not body.value.strip(XML_BLANKS):
        hint = "Write a template, or remove the element: the body then is one object of all columns."
        findings.append(Finding("template-syntax", body.position(0), "The <body> is empty.", hint))
    findings += _unknown_arguments(parsed.references, body, event)
    if all(step.is_complete for step in steps):
        findings += (_located(fault, body) for fault in check_names(parsed, list(_members(steps))))
    return CheckedTemplate(parsed.template, tuple(findings))


def _located(fault: TemplateFault, body: LocatedText) -> Finding:
    change = Change.of(fault.edit, body)
    related = tuple([Beside(body.position(remark.offset), remark.message) for remark in fault.related])
    return Finding(fault.rule, body.position(fault.offset), fault.message, fault.hint, change=change, related=related)


def _unknown_arguments(references: Sequence[Reference], body: LocatedText, event: Event | None) -> Iterator[Finding]:
    for reference in references:
        root, *path = reference.path
        unknown = unknown_part(tuple(path), event, _SPELLING) if root == "data" else None
        if unknown:
            edit = None
            if unknown.meant and unknown.index == len(path) - 1:  # the reference is where its last part stands
                edit = Edit(reference.offset, str(path[-1]), ".".join(unknown.meant))
            position, change = body.position(reference.offset), Change.of(edit, body)
            yield Finding("unknown-argument", position, unknown.message, unknown.hint, change=change)


def _members(steps: Sequence[CheckedStep]) -> Iterator[Member]:
    for checked in steps:
        step = checked.step
        columns = tuple(
            Member(column.name, is_hole=column.is_hole, in_default=step.output) for column in checked.columns
        )
        if step.name is None:
            yield from columns
        else:
            yield Member(step.name, columns, is_many=step.result is ResultKind.MANY, in_default=step.output)


def _reserved(steps: Sequence[CheckedStep]) -> Iterator[Finding]:
    for checked in steps:
        step = checked.step
        if step.name is not None:
            yield from _if_reserved(step.name, step.name_position or step.position, is_hole=False)
        for column in checked.columns:
            yield from _if_reserved(column.name, column.position, is_hole=column.is_hole)


def _if_reserved(name: str, position: Position, *, is_hole: bool) -> Iterator[Finding]:
    if reason := reserved_name(name, is_hole=is_hole):
        yield Finding("template-name", position, reason)
