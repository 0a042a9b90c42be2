"""A definition's query, parsed: one SELECT of T-SQL with its placeholders and outermost columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from engine.sql import punctuation, query_hints, slips, statement
from engine.sql.fault import SqlFault
from engine.sql.grammar import parse
from engine.sql.scanner import Token, TokenKind, blank_comments, scan
from engine.sql.select_list import column_starts
from engine.sql.tokens import Tokens

MAX_LENGTH = 100_000
"""How many characters a query may have."""
MAX_TOKENS = 10_000
"""How many tokens a query may have."""
MAX_TREE_DEPTH = 250
"""How deep a tree may be: what walks it later may recurse."""


class Output(Struct, frozen=True, gc=False):
    """An outermost column of a query's first branch.

    `name` is spelled as the author spells it, None where the column has none. `placeholder` is n where the column is,
    but for parentheses and its alias, just the nth `?`. `offset` is where the column's expression begins.
    """

    name: str | None
    offset: int
    is_star: bool = False
    placeholder: int | None = None


class Query(Struct, frozen=True, eq=False, gc=False):
    """One SELECT. `text` is the author's; `blanked` is `text` with its comments blanked, offset for offset.

    `tokens` leaves out comments, leading and trailing semicolons and the OPTION clause, and so does `tree`. `words` has
    the lower case of each token that is a word or a symbol, else ''. `placeholders` holds the offset of the nth `?`; in
    `tree` that is Placeholder(this="<n>"), n from 0 in textual order. Names and calls have their offset as meta.
    `nodes` are the tree's by their exact class, parents before children.
    """

    text: str
    blanked: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    placeholders: tuple[int, ...]
    tree: exp.Query
    nodes: Mapping[type[exp.Expr], Sequence[exp.Expr]]
    outputs: tuple[Output, ...]


class ParsedQuery(Struct, frozen=True, gc=False):
    """Either a query or the faults that keep `text` from being one; never both."""

    query: Query | None
    faults: tuple[SqlFault, ...]


def parse_query(text: str) -> ParsedQuery:
    """Parse one query. Faults: `sql-syntax`, `single-statement`, and `read-only` for what is no plain SELECT.

    Never raises on any text, and takes time in proportion to its length. A query without faults is not known to only
    read yet: that is `read_only.check`.
    """
    if len(text) > MAX_LENGTH:
        message = f"The query has {len(text):,} characters; {MAX_LENGTH:,} are allowed."
        return ParsedQuery(None, (SqlFault("sql-syntax", 0, message, "Split it into several queries."),))
    found = scan(text)
    if found.faults:
        return ParsedQuery(None, found.faults)
    tokens = Tokens.of(text, found)
    if len(tokens.all) > MAX_TOKENS:
        message = f"The query has {len(tokens.all):,} words and symbols; {MAX_TOKENS:,} are allowed."
        return ParsedQuery(None, (SqlFault("sql-syntax", 0, message, "Split it into several queries."),))
    option = query_hints.clause_start(tokens)
    body = tokens if option is None else tokens.before(option)
    faults = [*statement.check(body), *(query_hints.check(tokens, option) if option is not None else ())]
    if faults:
        return ParsedQuery(None, tuple(sorted(faults, key=lambda fault: fault.offset)))
    return _parsed(text, blank_comments(text, found.comments), body)


def release(query: Query) -> None:
    """Lets the tree go, which must not be used any more: it is free at once, with no work for the garbage collector.

    Its nodes know their parents, so that else the collector has to find out that nobody else knows them.
    """
    for nodes in query.nodes.values():
        for node in nodes:
            node.parent = None


def _parsed(text: str, blanked: str, tokens: Tokens) -> ParsedQuery:
    tree = parse(blanked, tokens)
    if isinstance(tree, SqlFault):
        return ParsedQuery(None, (tree,))
    kind = TokenKind.PLACEHOLDER
    placeholders = tuple([token.start for token in tokens.all if token.kind is kind])
    if not isinstance(tree, exp.Query) or not isinstance(first_branch(tree), exp.Select):
        message = "The query does not parse as one SELECT."
        return ParsedQuery(None, (SqlFault("sql-syntax", tokens.all[0].start, message, "Write one SELECT."),))
    if not first_branch(tree).expressions:
        message = "The SELECT names no columns."
        return ParsedQuery(None, (SqlFault("sql-syntax", tokens.all[0].start, message, "Name what it gives."),))
    nodes: dict[type[exp.Expr], list[exp.Expr]] = {}
    faults = _by_class(tree, nodes)
    faults += _placed(nodes.get(exp.Placeholder, ()), placeholders)
    faults += [_alias_fault(node) for node in nodes.get(exp.Alias, ()) if not isinstance(node.parent, _ALIASING)]
    if exp.Convert in nodes:
        faults += punctuation.check_converts(tokens)
    if exp.Join in nodes:
        faults += _joins_without_on(nodes[exp.Join], tokens)
    if faults:
        return ParsedQuery(None, tuple(faults))
    outputs = _outputs(tree, tokens)
    return ParsedQuery(Query(text, blanked, tokens.all, tokens.lower, placeholders, tree, nodes, outputs), ())


def _by_class(tree: exp.Query, nodes: dict[type[exp.Expr], list[exp.Expr]]) -> list[SqlFault]:
    """Sort the tree's nodes into `nodes`, one level of the tree after the other; a fault where there are too many."""
    level: list[exp.Expr] = [tree]
    for _ in range(MAX_TREE_DEPTH):
        below: list[exp.Expr] = []
        for node in level:
            kind = type(node)
            if kind in nodes:
                nodes[kind].append(node)
            else:
                nodes[kind] = [node]
            if kind not in _LEAVES:
                for value in node.args.values():  # iter_expressions() would take twice the time
                    if isinstance(value, exp.Expr):
                        below.append(value)
                    elif type(value) is list:
                        below += [item for item in value if isinstance(item, exp.Expr)]
        if not below:
            return []
        level = below
    message = f"The query is nested more than {MAX_TREE_DEPTH} deep."
    return [SqlFault("sql-syntax", node_offset(level[0]), message, "Long chains of OR are shorter as IN (…).")]


_LEAVES = frozenset({exp.Identifier, exp.Literal})  # most of a tree, and nothing is ever below them


def first_branch(tree: exp.Expr) -> exp.Expr:
    """The SELECT that names the columns: the leftmost one, without parentheses and set operations around it."""
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    return tree


def outermost(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes that shape the result, from the outside in: set operations, parentheses, and each branch's SELECT."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, exp.SetOperation):
            pending += node.expression, node.this
        elif isinstance(node, exp.Subquery):
            pending.append(node.this)


def unwrapped(node: exp.Expr) -> exp.Expr:
    """`node` without its alias and the parentheses around it."""
    while isinstance(node, (exp.Alias, exp.Paren)):
        node = node.this
    return node


def node_offset(node: exp.Expr) -> int:
    """Where in the text the node begins, as near as the parser remembers: the first name, literal or call in it."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    if starts:
        return int(min(starts))
    return node_offset(node.parent) if node.parent is not None else 0


# What a name, a type or an ordinal is in T-SQL cannot be a parameter, though the parser would take it.
_NO_VALUES = frozenset(
    {
        (exp.Alias, "alias"),
        (exp.Collate, "expression"),
        (exp.Group, "expressions"),
        (exp.In, "field"),
        (exp.Is, "expression"),
        (exp.Ordered, "this"),
    }
)
_NAMING = (exp.TableAlias, exp.Table, exp.Column, exp.Dot, exp.Identifier, exp.DataType, exp.DataTypeParam, exp.From)


def _placed(nodes: Sequence[exp.Expr], offsets: tuple[int, ...]) -> Iterator[SqlFault]:
    """Give each placeholder its place; a fault for each that is lost, doubled or stands for a name."""
    seen = [0] * len(offsets)
    misplaced: set[int] = set()
    for node in nodes:
        number, parent = int(node.name), node.parent
        seen[number] += 1
        node.meta["start"] = offsets[number]
        if isinstance(parent, _NAMING) or (type(parent), node.arg_key) in _NO_VALUES:
            misplaced.add(number)
    for number, offset in enumerate(offsets):
        if seen[number] != 1 or number in misplaced:
            hint = "A ? is a value: compared, computed with, or passed to a function."
            yield SqlFault("sql-syntax", offset, "A ? cannot stand here in T-SQL.", hint)


_ALIASING = (exp.Select, exp.Anonymous)  # PARSE(x AS type) is one to the parser


def _alias_fault(node: exp.Expr) -> SqlFault:
    """The parser takes an alias inside parentheses too, where T-SQL has an operand and nothing behind it."""
    alias = node.args["alias"]
    message = f"`{alias.name}` is not expected here: only a whole column has an alias."
    return SqlFault("sql-syntax", node_offset(alias), message, slips.OPERATOR)


def _joins_without_on(joins: Sequence[exp.Expr], tokens: Tokens) -> Iterator[SqlFault]:
    """The parser takes a JOIN without ON for a comma, which is every row with every row."""
    bare = [join for join in joins if join.args.get("on") is None]
    crossed = sum(join.args.get("kind") == "CROSS" for join in bare)
    if tokens.lower.count("join") > len(joins) - len(bare) + crossed:
        words = [
            index for index, word in enumerate(tokens.lower) if word == "join" and tokens.word(index - 1) != "cross"
        ]
        offsets = {node_offset(join.this) for join in bare}
        place = next((index for index in words if tokens.all[index + 1].start in offsets), words[0])
        yield tokens.fault(place, "sql-syntax", "{} stands here without its ON.", "Add ON …, or write CROSS JOIN.")


def _outputs(tree: exp.Query, tokens: Tokens) -> tuple[Output, ...]:
    wrapping = next((node for node in outermost(tree) if node.args.get("for_")), None)
    expressions = first_branch(tree).expressions
    starts = column_starts(tokens)
    if len(starts) != len(expressions):
        starts = [node_offset(expression) for expression in expressions]
    if wrapping is not None:  # FOR JSON and FOR XML make one column of all, and its name is not the author's
        return (Output(None, starts[0]),)
    return tuple(map(_output, expressions, starts))


def _output(expression: exp.Expr, offset: int) -> Output:
    inner = unwrapped(expression)
    is_star = isinstance(inner, (exp.Column, exp.Star)) and inner.is_star
    named = expression if isinstance(expression, exp.Alias) else inner
    name = named.alias_or_name if isinstance(named, (exp.Alias, exp.Column)) and not is_star else None
    placeholder = int(inner.name) if isinstance(inner, exp.Placeholder) else None
    return Output(name or None, offset, is_star, placeholder)
