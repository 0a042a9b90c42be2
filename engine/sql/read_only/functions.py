"""The functions that a query may call, by the name in the author's text.

A call is a name followed by `(`. What else looks so is known by its place: types, clauses, aliases with a column list.

Methods of xml columns (`x.value('…', 'int')`, `x.nodes('…')`) read like calls of `schema.name(…)`. They are taken for
methods where they follow a closing parenthesis, where a column of that name is known to be xml, or where the first of
three names is a table's or an alias. So are those of hierarchyid, geography and geometry (`x.ToString()`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sqlglot import exp

from engine.model import UNKNOWN, Edit, Kind, Severity, SqlType
from engine.spelling import closest, surely
from engine.sql.fault import SqlFault
from engine.sql.read_only.subject import Subject, start_of
from engine.sql.read_only.tables import check_database, is_system_schema
from engine.sql.scanner import TokenKind
from engine.sql.tokens import NAMES
from engine.sql.wordlist import words

_KNOWN = words("functions.txt") - words("functions.txt", "xml methods")
_TABLE_FUNCTIONS = words("functions.txt", "tables")
_METHODS = words("functions.txt", "xml methods")
_TYPES = words("query_words.txt", "types")
_TYPE_METHODS = words("type_methods.txt", "methods")
_WITH_METHODS = frozenset({"hierarchyid", "geography", "geometry"})
_CALLED = _KNOWN | {"exists"}
_NO_CALLS = words("query_words.txt", "reserved", "other", "types") - _KNOWN


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rules `read-only`, `unknown-function` and `user-function` for every call of the query."""
    calls, listing = _calls(subject), _listing(subject)
    for index, word in enumerate(subject.tokens.lower):
        if word != "(" or subject.tokens.kind(index - 1) not in NAMES:
            continue
        start, name = subject.tokens.all[index - 1].start, subject.tokens.lower[index - 1]
        if subject.tokens.word(index - 2) == ".":
            if start not in listing:
                yield from _qualified(subject, index - 1)
        elif name in _KNOWN or start in listing:
            continue
        elif (start in calls or name not in _NO_CALLS) and not _is_second_type(subject, index - 1):
            yield _unknown(subject, index - 1)
    yield from _tables(subject)


def _tables(subject: Subject) -> Iterator[SqlFault]:
    """Built-in functions in FROM that give a value and no rows."""
    for node in (*subject.nodes(exp.Table), *subject.nodes(exp.Lateral)):
        if isinstance(node.this, exp.Func) and not node.args.get("db"):
            name = subject.word_at(start_of(node.this))
            if name in _KNOWN - _TABLE_FUNCTIONS:
                message = f"`{name.upper()}(…)` gives a value, not rows."
                yield subject.refuse(node.this, message, "Call it in SELECT or WHERE.", "sql-syntax")


def _calls(subject: Subject) -> set[int]:
    """Where the parser sees a call begin, but for the indexes that a table hint names."""
    calls = {start_of(node) for node in subject.calls}
    return calls - _hinted(subject) if exp.WithTableHint in subject.query.nodes else calls


def _hinted(subject: Subject) -> set[int]:
    """Where the hints that look like calls stand, INDEX (x) and FORCESEEK (x (y)), and the indexes in them."""
    return {start_of(call) for hint in subject.nodes(exp.WithTableHint) for call in hint.find_all(exp.Func)}


def _listing(subject: Subject) -> set[int]:
    """Where names stand that `(` may follow without a call: aliases that list columns, hinted tables, and indexes."""
    places = {start_of(alias.this) for alias in subject.nodes(exp.TableAlias) if alias.columns}
    for hint in subject.nodes(exp.WithTableHint):
        table = hint.parent
        if isinstance(table, exp.Table):
            alias = table.args.get("alias")
            places |= {start_of(table.this), start_of(alias.this if alias else None)}
    return places | _hinted(subject)


def _is_second_type(subject: Subject, index: int) -> bool:
    """Whether it is the type of a CONVERT where its value belongs: that its first argument is none is told."""
    tokens = subject.tokens
    return tokens.lower[index] in _TYPES and tokens.word(tokens.openings[index] - 1) in {"convert", "try_convert"}


def _unknown(subject: Subject, index: int) -> SqlFault:
    name = subject.tokens.name(index)
    own = "A function of the ledger's own is called with its schema, as in dbo.name(…)."
    start, (meant, sure) = subject.tokens.all[index].start, _meant(name)
    return SqlFault(
        "read-only",
        start,
        f"`{name}(…)` is not a function of T-SQL that is known to only read.",
        f"Did you mean {meant.upper()}? {own}" if meant else own,
        edit=Edit(start, name, sure.upper() if name.isupper() else sure) if sure and sure == meant else None,
    )


@lru_cache(maxsize=256)
def _meant(name: str) -> tuple[str | None, str | None]:
    """The function that a name is most likely a slip of, and the one that it surely is."""
    return closest(name, _CALLED, 0.8), surely(name, _CALLED)


def _qualified(subject: Subject, index: int) -> Iterator[SqlFault]:
    """A call whose name has a dot before it; `index` is the name's last part."""
    parts = [index]
    while subject.tokens.word(parts[0] - 1) == "." and subject.tokens.kind(parts[0] - 2) in NAMES:
        parts.insert(0, parts[0] - 2)
    names = [subject.tokens.name(part) for part in parts]
    is_on_result = subject.tokens.word(parts[0] - 1) == "."
    if _is_method(subject, names, index, is_on_result=is_on_result):
        return
    offset, shown = subject.tokens.all[parts[0]].start, ".".join(names)
    is_on_column = _is_of_source(subject, names) and names[0].casefold() not in subject.databases
    if is_on_result or is_on_column or len(names) > 3:
        hint = f"Known are {', '.join(sorted(_METHODS))} on xml, and those of hierarchyid, geography and geometry."
        yield SqlFault("read-only", offset, f"The method `{names[-1]}(…)` is not known to only read.", hint)
    elif is_system_schema(names[-2]):
        hint = "Use the functions of T-SQL that need no schema."
        yield SqlFault("read-only", offset, f"`{shown}(…)` belongs to the ledger's system.", hint)
    elif len(names) == 3 and (faults := list(_database(subject, names, offset))):
        yield from faults
    else:
        yield from _user_function(subject, names, offset, parts)


def _is_method(subject: Subject, names: list[str], index: int, *, is_on_result: bool) -> bool:
    """Whether this is a method of a value: its name as it is spelled, and before it what may be of such a type."""
    if names[-1] in _TYPE_METHODS:
        return is_on_result or _has_type_methods(subject, names)
    if names[-1] not in _METHODS or subject.tokens.kind(index + 2) is not TokenKind.STRING:
        return False
    if is_on_result or names[-2].casefold() in _xml_names(subject):
        return True
    return _is_of_source(subject, names) and {type_.kind for type_ in _types(subject, names[1])} <= {Kind.OTHER}


def _has_type_methods(subject: Subject, names: list[str]) -> bool:
    """Whether it is of a type with methods: what stands behind a table may be, what stands alone has to be known."""
    types = _types(subject, names[-2])
    if any(str(type_.other_name).casefold() in _WITH_METHODS for type_ in types):
        return len(names) == 2 or _is_of_source(subject, names)
    return _is_of_source(subject, names) and all(type_ == UNKNOWN for type_ in types)


def _is_of_source(subject: Subject, names: list[str]) -> bool:
    """Whether the first of three names is that of something in FROM."""
    return len(names) == 3 and names[0].casefold() in _sources(subject)


def _types(subject: Subject, name: str) -> list[SqlType]:
    """The types of all columns of that name in the ledger's schema."""
    tables = subject.schema.tables.values() if subject.schema else ()
    return [column.type for table in tables for column in table.columns if column.name.casefold() == name.casefold()]


def _sources(subject: Subject) -> set[str]:
    """The names of what is read from: aliases, and tables."""
    aliases = (alias.name for alias in subject.nodes(exp.TableAlias))
    return {name.casefold() for name in (*aliases, *(table.name for table in subject.nodes(exp.Table)))}


def _xml_names(subject: Subject) -> set[str]:
    """Columns that are xml: of the ledger's tables, of nodes(…), and aliases of a CAST to xml."""
    found = {
        column.name.casefold()
        for table in (subject.schema.tables.values() if subject.schema else ())
        for column in table.columns
        if column.type.kind is Kind.XML
    }
    for alias in subject.nodes(exp.TableAlias):
        call = alias.parent.find(exp.Anonymous) if isinstance(alias.parent, (exp.Table, exp.Lateral)) else None
        if call is not None and call.name == "nodes":
            found |= {column.name.casefold() for column in alias.columns}
    for column in subject.nodes(exp.Alias):
        if isinstance(column.this, exp.Cast) and column.this.to.this is exp.DType.XML:
            found.add(column.alias.casefold())
    return found


def _database(subject: Subject, names: list[str], offset: int) -> Iterator[SqlFault]:
    for fault in check_database(subject, subject.query.tree, names[0], names[1]):
        yield SqlFault(fault.rule, offset, fault.message, fault.hint)


def _user_function(subject: Subject, names: list[str], offset: int, parts: list[int]) -> Iterator[SqlFault]:
    shown = ".".join(names)
    if subject.schema is None and subject.is_sql_server:
        message = f"`{shown}(…)` is the ledger's own function; without a schema nobody knows what it does."
        hint = "Give the ledger's schema: --ledger-schema FILE.sql or ledger_schema=."
        yield SqlFault("user-function", offset, message, hint, Severity.WARNING)
    elif len(names) == 3 or subject.schema is None or subject.schema.function(names[-1], names[-2]) is None:
        message = f"The ledger's schema declares no function `{shown}(…)`."
        edit = _renaming(subject, names, parts)
        yield SqlFault("unknown-function", offset, message, _closest(subject, names), edit=edit)


def _renaming(subject: Subject, names: list[str], parts: list[int]) -> Edit | None:
    """The edit that names the declared function that is surely meant: by its name, or its schema."""
    if subject.schema is None:
        return None
    owner, name = names[-2:]
    declared = list(subject.schema.functions.values())
    if elsewhere := [function.schema for function in declared if function.name.casefold() == name.casefold()]:
        return (
            subject.tokens.renaming(subject.tokens.all[parts[-2]].start, elsewhere[0]) if len(elsewhere) == 1 else None
        )
    meant = surely(name, [function.name for function in declared if function.schema.casefold() == owner.casefold()])
    return subject.tokens.renaming(subject.tokens.all[parts[-1]].start, meant) if meant is not None else None


def _closest(subject: Subject, names: list[str]) -> str:
    declared = {function.name: function for function in subject.schema.functions.values()} if subject.schema else {}
    found = closest(names[-1], declared)
    if found is None:
        return "Declare it in the schema file, or leave it out."
    return f"Did you mean {declared[found].schema}.{found}?"
