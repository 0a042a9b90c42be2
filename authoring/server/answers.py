"""What an editor asks about a place of a document, answered in the protocol's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from lsprotocol import types

from authoring.reading.formatting import formatting
from authoring.reading.help import help_at
from authoring.reading.names import (
    ColumnMeant,
    Found,
    Ledger,
    MadeMeant,
    StepMeant,
    TableMeant,
    TagMeant,
    find,
)
from authoring.reading.outline import outline
from authoring.reading.proposals import Proposal, ProposalKind, proposals
from authoring.reading.sources import Made
from authoring.server.documents import Document
from authoring.server.findings import shown
from engine.model import Diagnostic, RelatedPlace

_KINDS: Final = {
    ProposalKind.TABLE: types.CompletionItemKind.Class,
    ProposalKind.COLUMN: types.CompletionItemKind.Field,
    ProposalKind.SOURCE: types.CompletionItemKind.Variable,
    ProposalKind.STEP: types.CompletionItemKind.Reference,
    ProposalKind.ARGUMENT: types.CompletionItemKind.Property,
    ProposalKind.VALUE: types.CompletionItemKind.EnumMember,
}
_MOST_PROPOSALS: Final = 1000


def hover(
    document: Document, position: types.Position, ledger: Ledger, found: Iterable[Diagnostic]
) -> types.Hover | None:
    """Help on the name at a place, and on the rules of what was found there."""
    offset = document.offset(position)
    here = [each for each in found if _covers(document, each, offset)]
    told = help_at(outline(document.text), offset, ledger, here)
    if told is None:
        return None
    text, start, end = told
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, document.range(start, end))


def _covers(document: Document, diagnostic: Diagnostic, offset: int) -> bool:
    start = document.offset_of(diagnostic.line, diagnostic.column)
    return start <= offset < max(document.offset_of(diagnostic.end_line, diagnostic.end_column), start + 1)


def completion(document: Document, position: types.Position, ledger: Ledger) -> types.CompletionList:
    """What may be written at a place."""
    found = proposals(outline(document.text), document.offset(position), ledger)
    distinct = {each.text.casefold(): each for each in reversed(found)}
    kept = sorted(distinct.values(), key=found.index)[:_MOST_PROPOSALS]
    items = [_item(document, each, number) for number, each in enumerate(kept)]
    return types.CompletionList(is_incomplete=len(kept) < len(distinct), items=items)


def _item(document: Document, proposal: Proposal, number: int) -> types.CompletionItem:
    return types.CompletionItem(
        label=proposal.text,
        kind=_KINDS[proposal.kind],
        detail=proposal.detail or None,
        sort_text=f"{number:05}",
        filter_text=proposal.text,
        text_edit=types.TextEdit(document.range(proposal.start, proposal.end), proposal.text),
    )


def definition(document: Document, position: types.Position, ledger: Ledger) -> types.Location | None:
    """Where what is named at a place is declared: in the document, or in the ledger's schema file."""
    found = find(outline(document.text), document.offset(position), ledger)
    if found is None:
        return None
    if (span := _own(found)) is not None:
        return types.Location(document.uri, document.range(*span))
    place = _declared(found, ledger)
    return None if place is None else _location(place)


def _own(found: Found) -> tuple[int, int] | None:
    """Where it stands in the document itself."""
    match found.meant:
        case StepMeant(step, made):
            if made is not None:
                return step.start + made.start, step.start + made.start + len(made.name)
            name = step.tag.get("name")
            return (step.tag.start, step.tag.end) if name is None else (name.start, name.end)
        case TagMeant(tag, _):
            return tag.start, tag.end
        case MadeMeant(source, None) | TableMeant(_, source) if source is not None:
            start = found.origin + source.start
            return None if start == found.start else (start, start + len(source.name))
        case MadeMeant(_, Made() as made):
            return found.origin + made.start, found.origin + made.start + len(made.name)
        case _:
            return None


def _declared(found: Found, ledger: Ledger) -> RelatedPlace | None:
    if ledger.schema is None:
        return None
    match found.meant:
        case ColumnMeant(column, _):
            return ledger.schema.place(column, "")
        case TableMeant(table, _):
            return ledger.schema.place(table, "")
        case _:
            return None


def _location(place: RelatedPlace) -> types.Location:
    start, end = (
        types.Position(place.line - 1, place.column - 1),
        types.Position(place.end_line - 1, place.end_column - 1),
    )
    return types.Location(Path(place.file).absolute().as_uri(), types.Range(start, end))


def actions(document: Document, range_: types.Range, found: Sequence[Diagnostic], path: Path) -> list[types.CodeAction]:
    """What mends each finding that the range touches, where that is certain."""
    start, end = document.offset(range_.start), document.offset(range_.end)
    made: list[types.CodeAction] = []
    for each in found:
        replacement = each.replacement
        first = document.offset_of(each.line, each.column)
        if replacement is None or first > end or document.offset_of(each.end_line, each.end_column) < start:
            continue
        span = document.span(replacement.line, replacement.column, replacement.end_line, replacement.end_column)
        text = replacement.text.replace("\n", "\r\n") if "\r\n" in document.text else replacement.text
        edit = types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version), [types.TextEdit(span, text)]
        )
        made.append(
            types.CodeAction(
                title=_title(document, span, text),
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[shown(each, document, path)],
                is_preferred=True,
                edit=types.WorkspaceEdit(document_changes=[edit]),
            )
        )
    return made


def _title(document: Document, span: types.Range, text: str) -> str:
    old = document.text[document.offset(span.start) : document.offset(span.end)].strip()
    new = " ".join(text.split())
    if not old:
        return f"Insert {_short(new)}"
    return f"Replace {_short(old)} by {_short(new)}" if new else f"Remove {_short(old)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def formatted(document: Document) -> list[types.TextEdit]:
    """The edits that format the document's XML."""
    return [
        types.TextEdit(document.range(change.start, change.end), change.text) for change in formatting(document.text)
    ]
