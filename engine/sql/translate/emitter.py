"""The walk over a parsed statement: an allow-list of nodes, each with the handler that carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from msgspec import Struct
from sqlglot import exp

from engine.model import ArgumentType, Collation
from engine.sql.analysis import Reference
from engine.sql.fault import SqlFault
from engine.sql.schema import LedgerSchema
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.relations import Output, Relation
from engine.sql.translate.scope import Grouping, Scope
from engine.sql.translate.typed import Typed
from engine.sql.translate.wording import CLAUSES, WORDS, way_out
from engine.sql.translate.writers import Writer

Made = TypeVar("Made")

MAX_LENGTH: Final = 20_000
"""How many characters of SQL one expression may become: a rewrite may name its operand more than once."""


class Request(Struct, frozen=True, gc=False):
    """What one statement is translated for. `text` is the author's SQL, or empty where it is not known.

    `references` are what its names mean, by the `id` of the node (see `Analysis`); None where nobody has analysed it.
    """

    text: str
    schema: LedgerSchema
    writer: Writer
    argument_types: tuple[ArgumentType, ...] = ()
    nullable: tuple[bool, ...] = ()
    holes: frozenset[int] = frozenset()
    time_zone: str | None = None
    approximate: bool = False
    references: Mapping[int, Reference] | None = None


def function_in_from(node: exp.Expr, name: str) -> Refused:
    """The fault of a function that would give rows and is not on the list."""
    hint = "use a derived table, or a view of the ledger"
    return not_carried(node, f"the function {name} in FROM", hint)


class Entry(Struct, frozen=True, gc=False):
    """How a node class is carried: `args` are the only arguments that may be set on such a node, `needs` must be."""

    handler: Callable[[Emitter, Any], Any]
    args: frozenset[str]
    needs: tuple[str, ...]


def entry(handler: Callable[[Emitter, Any], Any], *args: str, needs: tuple[str, ...] = ()) -> Entry:
    """An `Entry` for `handler`, which looks at each of `args`; `needs` are those that the parser lets be missing."""
    return Entry(handler, frozenset(args), needs)


Entries = Mapping[type[exp.Expr] | str, Entry]
"""Entries by the class of a node, or by a function's name in capitals where the parser has no class for it."""


class Tables(Struct, frozen=True, gc=False):
    """The allow-lists by what is made: a value, a condition, a set of rows, an item of FROM.

    A function that gives rows is among `relations`, and stands in FROM and after APPLY by that.
    """

    scalars: Entries
    predicates: Entries
    relations: Entries
    sources: Entries


class Emitter:
    """One translation: the request, the faults so far, what names mean, and the sources that they may mean.

    `parameter` writes the argument of an ordinal. `converted` are the ordinals of the arguments that stand in it as
    another type than their own, or behind a guard. `approximations` are the constructs that are carried nearly.
    """

    def __init__(self, request: Request, tables: Tables, parameter: Callable[[int], str]) -> None:
        self.request = request
        self.references = request.references or {}
        self.parameter = parameter
        self.converted: set[int] = set()
        self.approximations: set[str] = set()
        self.writer = request.writer
        self.schema = request.schema
        self.collation: Collation = request.schema.collation
        self.faults: list[SqlFault] = []
        self._noted: set[SqlFault] = set()  # the same faults: a query may have thousands
        self.scope = Scope(parent=None)
        self.ctes: Mapping[str, CommonTable] = {}
        self.lost_ctes: frozenset[str] = frozenset()
        """The case-folded names of those that were refused: what reads one cannot be told of."""
        self.made: dict[int, Any] = {}  # what a node has become, by its identity
        self._tables = tables
        self._latest: exp.Expr = exp.Null()

    def scalar(self, node: exp.Expr) -> Typed:
        """The value of `node`; raises Refused where it is not carried."""
        grouping = self.scope.grouping
        if grouping is not None and type(node) in grouping.classes and not self.scope.in_aggregate:
            grouped = self._grouped(node, grouping)
            if grouped is not None:
                return grouped
        made: Typed = self._dispatch(self._tables.scalars, node, "value")
        if len(made.sql) > MAX_LENGTH:
            hint = "compute a part of it in a derived table, and let long texts come from the event"
            raise refused(node, "this expression is too long on this ledger", hint)
        return made

    def _grouped(self, node: exp.Expr, grouping: Grouping) -> Typed | None:
        """What stands for an expression of GROUP BY, where `node` is one that is carried."""
        identity = grouping.identity_of(node)
        standing = grouping.representatives.get(identity) if identity is not None else None
        if standing is None:
            return None
        noted = len(self.faults)
        self.scope.grouping = None
        try:
            self._dispatch(self._tables.scalars, node, "value")
        except Refused:
            self._noted.difference_update(self.faults[noted:])
            del self.faults[noted:]
            return None
        finally:
            self.scope.grouping = grouping
        return standing

    def predicate(self, node: exp.Expr) -> str:
        """The condition `node` as the target's SQL, in parentheses where it needs them."""
        made: str = self._dispatch(self._tables.predicates, node, "condition")
        return made

    def relation(self, node: exp.Expr) -> Relation:
        """The rows that the SELECT or set operation `node` gives."""
        made: Relation = self._dispatch(self._tables.relations, node, "query")
        return made

    def source(self, node: exp.Expr) -> str:
        """An item of FROM, put into the scope."""
        made: str = self._dispatch(self._tables.sources, node, "table")
        return made

    def _dispatch(self, table: Entries, node: exp.Expr, role: str) -> Any:
        found = table.get(str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node))
        if found is None and not isinstance(node, exp.Expr):
            # The parser lets arguments of a function be missing.
            raise refused(
                self._latest, f"{self.name_of(self._latest)} lacks an argument", "give the function all its arguments"
            )
        self._latest = node
        if found is None:
            raise self._misplaced(node, role)
        if not node.args.keys() <= found.args:
            self.check_arguments(node, found.args)
        for name in found.needs:
            if node.args.get(name) is None:
                raise refused(node, f"{self.name_of(node)} lacks an argument", "give the function all its arguments")
        made = self.made[id(node)] = found.handler(self, node)
        return made

    def _misplaced(self, node: exp.Expr, role: str) -> Refused:
        """The fault of a node that is not on the list for its place."""
        name = self.name_of(node)
        if role == "query" and isinstance(node, exp.Func | exp.Dot):
            return function_in_from(node, name)
        if role == "table":
            return not_carried(node, f"{name} in FROM", "use a table, a view or a derived table")
        if role == "value" and isinstance(node, exp.Anonymous):
            name = str(node.this).upper()
            return not_carried(node, f"the function {name}", way_out(name))
        if role == "condition" and type(node) in self._tables.scalars:
            return refused(node, f"{name} is no condition in T-SQL", "compare it: x = 1")
        if role == "value" and type(node) in self._tables.predicates:
            return refused(node, f"{name} is no value in T-SQL", "write CASE WHEN … THEN 1 ELSE 0 END")
        return refused(node, f"{name} is not carried to this ledger as a {role}", way_out(type(node)))

    def check_arguments(self, node: exp.Expr, allowed: frozenset[str]) -> None:
        """Refuse a node that carries more than its handler looks at: nothing is dropped in silence."""
        if node.args.keys() <= allowed:
            return
        for key, value in node.args.items():
            if value and key not in allowed:
                word = CLAUSES.get(key) or key.strip("_").upper()
                raise not_carried(node, f"{self.name_of(node)} with {word}", way_out(key))

    def name_of(self, node: exp.Expr) -> str:
        """What the author calls `node`: the function's own name where the text tells it."""
        start, end = node.meta.get("start"), node.meta.get("end")
        if isinstance(node, exp.Func) and start is not None and end is not None and self.request.text:
            return self.request.text[start : end + 1].upper()
        if isinstance(node, exp.Anonymous):
            return str(node.this).upper()
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            owner = f"{node.this.name}." if isinstance(node.this, exp.Identifier) else "the method "
            return f"{owner}{node.expression.name}(…)"
        return WORDS.get(type(node)) or str(node.key).upper()

    def attempt(self, make: Callable[[], Made]) -> Made | None:
        """What `make` gives, or None after noting why it is refused, so that the rest is looked at too."""
        try:
            return make()
        except Refused as refusal:
            if refusal.fault is not None and refusal.fault not in self._noted:
                self.faults.append(refusal.fault)
                self._noted.add(refusal.fault)
            return None

    def note_converted(self, value: Typed) -> None:
        """Note that `value` is converted, or guarded, where it is an argument as it is."""
        if value.placeholder is not None:
            self.converted.add(value.placeholder)

    def forbid_subquery(self, node: exp.Expr) -> None:
        """Refuse a subquery inside an aggregate, which T-SQL has not."""
        if self.scope.in_aggregate:
            raise refused(node, "a subquery inside an aggregate is not T-SQL", "compute it in a derived table first")

    @contextmanager
    def inner_scope(self, parent: Scope | None, select: exp.Select | None = None) -> Iterator[Scope]:
        """A new scope inside `parent`."""
        outer = self.scope
        self.scope = Scope(parent, select=select)
        try:
            yield self.scope
        finally:
            self.scope = outer


class CommonTable(Struct, frozen=True, gc=False):
    """A CTE in sight: its name in the target's SQL, and its columns."""

    sql: str
    outputs: tuple[Output, ...]
