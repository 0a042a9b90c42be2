"""What a change of the ledger's schema does to each definition: breaks it, changes what its body is, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace as with_values

from msgspec import Struct
from msgspec.structs import replace

from engine.catalogue import Catalogue
from engine.contract import derive
from engine.contract.words import rows_of, words_of
from engine.failures import internal_error, where
from engine.lineage import LedgerColumn, LineageSummary, Tracer, name_of, read_lineage, summarise
from engine.model import Consequence, Definition, Diagnostic, Effect, LoadedFile, RelatedPlace, Severity
from engine.sql.analysis.evaluation import Views
from engine.sql.scanner import TokenKind, scan
from engine.sql.schema import LedgerSchema


class Ledger(Struct, frozen=True, eq=False, gc=False):
    """A schema with what is derived of it once for all definitions."""

    schema: LedgerSchema
    views: Views
    tracer: Tracer
    max_rows: int
    objects: Mapping[LedgerColumn, tuple[str, ...]]
    """What a view, function or computed column is made by, and what a synonym stands for, in tokens."""

    @classmethod
    def of(cls, schema: LedgerSchema, max_rows: int) -> Ledger:
        """The schema, with nothing derived yet."""
        return cls(schema, Views(schema), Tracer(schema), max_rows, _objects(schema))


def consequences(
    before: Sequence[LoadedFile], after: Sequence[LoadedFile], old: Ledger, new: Ledger, catalogue: Catalogue
) -> list[Consequence]:
    """The effect on each file, which was loaded over the old schema and over the new one."""
    found = []
    for was, now in zip(before, after, strict=True):
        effect, words = _effect(was, now)
        if effect is Effect.UNTOUCHED and now.definition is not None:
            try:
                words = tuple(dict.fromkeys(_changes(now.definition, old, new, catalogue)))  # alternatives change alike
            except Exception as error:
                words = (internal_error(str(now.path), where(error)).message,)
                old, new = Ledger.of(old.schema, old.max_rows), Ledger.of(new.schema, new.max_rows)  # half-read views
            effect = Effect.CHANGED if words else effect
        found.append(Consequence(str(now.path), effect, words))
    return found


def marked(before: Sequence[LoadedFile], after: Sequence[LoadedFile], old: str) -> tuple[LoadedFile, ...]:
    """The files over the new schema: errors that they did not have over the old one, of the file `old`, name that."""
    place = RelatedPlace(old, 1, 1, 1, 1, "Over the schema in this file it had no such error.")
    return tuple([_marked(was, now, place) for was, now in zip(before, after, strict=True)])


def _marked(was: LoadedFile, now: LoadedFile, place: RelatedPlace) -> LoadedFile:
    added = _added(was, now)
    if not added:
        return now
    ids = set(map(id, added))
    found = [with_values(each, related=(*each.related, place)) if id(each) in ids else each for each in now.diagnostics]
    return replace(now, diagnostics=tuple(found))


def _effect(was: LoadedFile, now: LoadedFile) -> tuple[Effect, tuple[str, ...]]:
    """By the errors alone."""
    added = Counter(error.rule for error in _added(was, now))
    if added or (was.compiled is not None and now.compiled is None):
        return Effect.BROKEN, tuple([f"{rule} ({count})" if count > 1 else rule for rule, count in added.items()])
    if was.compiled is None:
        return (Effect.FAULTY if now.compiled is None else Effect.MENDED), ()
    return Effect.UNTOUCHED, ()


def _added(was: LoadedFile, now: LoadedFile) -> list[Diagnostic]:
    known = {_identity(error) for error in _errors(was)}
    return [error for error in _errors(now) if _identity(error) not in known]


def _errors(file: LoadedFile) -> list[Diagnostic]:
    return [found for found in file.diagnostics if found.severity is Severity.ERROR]


def _identity(error: Diagnostic) -> tuple[str, int, int, str]:
    return error.rule, error.line, error.column, error.message


def _changes(definition: Definition, old: Ledger, new: Ledger, catalogue: Catalogue) -> Iterator[str]:
    promised, promises = (_promises(definition, ledger, catalogue) for ledger in (old, new))
    for key in {**promised, **promises}:
        was, now = promised.get(key, "not there"), promises.get(key, "not there")
        if was != now:
            yield f"{key[0] or 'the body'} was {was}; it is {now}."
    showed, shows = (_summary(definition, ledger) for ledger in (old, new))
    yield from _other_origins(showed, shows)
    read = _read(definition, new)
    for each in sorted(read & old.objects.keys()):
        if old.objects[each] != new.objects[each]:
            yield f"{name_of(each, new.schema)}, which it reads, is made by other SQL."


def _promises(definition: Definition, ledger: Ledger, catalogue: Catalogue) -> Mapping[tuple[str, str, int], str]:
    """What the contract says of each member, in words; by pointer, name and number among the like in alternatives."""
    event = catalogue.events.get(definition.name)
    schema = derive(definition, event, ledger.schema, ledger.views, max_rows=ledger.max_rows).schema
    found: dict[tuple[str, str, int], str] = {("", "", 0): words_of(schema)}
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows_of(schema):
        found[row.pointer, row.name, seen[row.pointer, row.name]] = (
            f"{row.words} ({row.note})" if row.note else row.words
        )
        seen[row.pointer, row.name] += 1
    return found


def _summary(definition: Definition, ledger: Ledger) -> LineageSummary:
    return summarise(read_lineage(definition, ledger.tracer), ledger.schema)


def _other_origins(was: LineageSummary, now: LineageSummary) -> Iterator[str]:
    """Where a member is of other columns by now, as of a view that was altered: its value may be another."""
    before = {member.pointer: member for member in was.members}
    for member in now.members:
        known = before.get(member.pointer, member)
        name = member.pointer or "the body"
        shown, shows = ((*each.shows, *each.aggregates) for each in (known, member))
        if _folded(shown) != _folded(shows):
            yield f"{name} showed {_listed(shown)}; it shows {_listed(shows)}."
        if _folded(known.decided_by) != _folded(member.decided_by):
            added, gone = (
                sorted(_folded(these) - _folded(those))
                for these, those in ((member.decided_by, known.decided_by), (known.decided_by, member.decided_by))
            )
            more = [
                f"{word} {', '.join(names)}" for word, names in (("now by", added), ("no longer by", gone)) if names
            ]
            yield f"{name} is decided {' and '.join(more)}."
    if _folded(was.others) != _folded(now.others):
        yield f"Beside its members it read {_listed(was.others)}; it reads {_listed(now.others)}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _folded(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}


def _objects(schema: LedgerSchema) -> Mapping[LedgerColumn, tuple[str, ...]]:
    made = {_object(each.schema, each.name): each.definition for each in schema.tables.values()}
    made |= {_object(each.schema, each.name): each.definition for each in schema.functions.values()}
    for table in schema.tables.values():
        made |= {_object(table.schema, table.name, column.name): column.computed for column in table.columns}
    found = {each: _tokens(text) for each, text in made.items() if text is not None}
    return found | {_object(*synonym): target for synonym, target in schema.synonyms.items()}


def _object(schema: str, name: str, column: str = "") -> LedgerColumn:
    return LedgerColumn(schema.casefold(), name.casefold(), column.casefold())


def _tokens(sql: str) -> tuple[str, ...]:
    """The same for SQL that differs in case, white space, comments and the quotes of names."""
    found = []
    for token in scan(sql).tokens:
        text = sql[token.start : token.end]
        if token.kind in {TokenKind.BRACKETED, TokenKind.QUOTED}:
            text = text[1:-1].replace("]]", "]")
        if token.kind is not TokenKind.COMMENT:
            found.append(text if token.kind is TokenKind.STRING else text.casefold())
    return tuple(found)


def _read(definition: Definition, ledger: Ledger) -> frozenset[LedgerColumn]:
    """The objects that are named in its queries, or in the SQL of such an object."""
    names = {token for step in definition.steps for token in _tokens(step.sql.value)}
    found: set[LedgerColumn] = set()
    while more := {each for each in ledger.objects.keys() - found if _is_named(each, names)}:
        found |= more
        names.update(*(ledger.objects[each] for each in more))
    return frozenset(found)


def _is_named(each: LedgerColumn, names: Collection[str]) -> bool:
    return each.table in names and (not each.name or each.name in names or "*" in names)
