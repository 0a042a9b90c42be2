"""A definition's query, parsed: one SELECT of T-SQL with its placeholders and outermost columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from engine.sql import punctuation, slips, statement
from engine.sql.calls import miscounted
from engine.sql.fault import SqlFault
from engine.sql.forms import with_plain_types
from engine.sql.grammar import parse
from engine.sql.scanner import Token, TokenKind, blank_comments, scan
from engine.sql.statement import begins_statement
from engine.sql.tokens import Tokens
from engine.sql.wordlist import lines

MAX_LENGTH = 100_000
"""How many characters a query may have."""
MAX_TOKENS = 10_000
"""How many tokens a query may have."""
MAX_TOKENS_TOGETHER = 20_000
"""How many tokens the queries of one definition may have: checking takes about 40 µs for each."""
MAX_NUMBER_LENGTH = 1_000
"""How many characters a number may have: Python refuses to read more than 4,300 digits."""
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


def parse_query(text: str, left: int = MAX_TOKENS) -> ParsedQuery:
    """Parse one query, of which `left` tokens may still be read for its definition.

    Faults: `sql-syntax`, `single-statement`, and `read-only` for what is no plain SELECT.

    Never raises on any text, and takes time in proportion to its length. A query without faults is not known to only
    read yet: that is `read_only.check`.
    """
    if len(text) > MAX_LENGTH:
        message = f"The query has {len(text):,} characters; {MAX_LENGTH:,} are allowed."
        return ParsedQuery(None, (SqlFault("sql-syntax", 0, message, "Split it into several queries."),))
    found = scan(text)
    if found.faults:
        return ParsedQuery(None, found.faults)
    tokens = with_plain_types(Tokens.of(text, found))
    if len(tokens.all) > MAX_TOKENS:
        message = f"The query has {len(tokens.all):,} words and symbols; {MAX_TOKENS:,} are allowed."
        return ParsedQuery(None, (SqlFault("sql-syntax", 0, message, "Split it into several queries."),))
    if len(tokens.all) > left:
        message = (
            f"With this query, the definition's have more than {MAX_TOKENS_TOGETHER:,} words and symbols together."
        )
        return ParsedQuery(None, (SqlFault("sql-syntax", 0, message, "Split the definition, or make it simpler."),))
    if (long := _long_number(tokens)) is not None:
        return ParsedQuery(None, (long,))
    option = option_start(tokens)
    body = tokens if option is None else tokens.before(option)
    faults = [*statement.check(body), *(option_faults(tokens, option) if option is not None else ())]
    if faults:
        return ParsedQuery(None, tuple(sorted(faults, key=lambda fault: fault.offset)))
    return _parsed(text, blank_comments(text, found.comments), body)


def _long_number(tokens: Tokens) -> SqlFault | None:
    if len(tokens.text) <= MAX_NUMBER_LENGTH:
        return None
    kind = TokenKind.NUMBER
    for token in tokens.all:
        if (
            token.kind is kind
            and token.end - token.start > MAX_NUMBER_LENGTH
            and not tokens.text.startswith(("0x", "0X"), token.start)  # bytes, of which there may be many
        ):
            message = f"The number has {token.end - token.start:,} characters; {MAX_NUMBER_LENGTH:,} are allowed."
            return SqlFault("sql-syntax", token.start, message, "T-SQL's numbers have 38 digits at most.")
    return None


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
        counted = tuple(miscounted(tokens)) if tree.hint == slips.ELSEWHERE else ()
        return ParsedQuery(None, counted or (tree,))
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


def grouped(node: exp.Expr) -> exp.Expr | None:
    """The first item of FROM in parentheses around a join, or around a table; None where they hold a query."""
    if not isinstance(node, exp.Subquery):
        return None
    inner = node.this
    if isinstance(inner, exp.Subquery):
        is_item = inner.args.get("alias") is not None or inner.args.get("joins") or grouped(inner) is not None
        return inner if is_item else None
    return None if isinstance(inner, (exp.Query, exp.Values)) else inner


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
    starts = _column_starts(tokens)
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


def _column_starts(tokens: Tokens) -> list[int]:
    """Where each column of the first branch begins."""
    index = _after_list_options(tokens, _main_select(tokens) + 1)
    starts, depth = [tokens.all[index].start] if index < len(tokens.all) else [], 0
    for place, word in enumerate(tokens.lower[index:], index):
        if word not in _LIST_MARKS:
            continue
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth == 0 and word == ",":
            starts.append(tokens.all[place + 1].start)
        elif depth == 0:
            break
        if depth < 0:
            break
    return starts


_LIST_ENDS = frozenset({"from", "where", "group", "having", "order", "union", "except", "intersect", "for"})
_LIST_MARKS = _LIST_ENDS | {"(", ")", ","}


def _main_select(tokens: Tokens) -> int:
    """The index of the first branch's SELECT: behind the CTEs and the opening parentheses."""
    index, depth = 0, 0
    if tokens.word(0) == "with":
        for index, word in enumerate(tokens.lower):
            depth += (word == "(") - (word == ")")
            if word == ")" and depth == 0 and tokens.word(index + 1) not in {",", "as"}:
                break
        index += 1
    while tokens.word(index) == "(":
        index += 1
    return index


def _after_list_options(tokens: Tokens, index: int) -> int:
    """The index behind DISTINCT and TOP (…) PERCENT WITH TIES."""
    while tokens.word(index) in {"all", "distinct", "top", "percent", "with"}:
        word = tokens.word(index)
        index += 2 if word in {"top", "with"} else 1
        if word == "top" and tokens.word(index - 1) == "(":
            depth = 1
            while depth and index < len(tokens.all):
                depth += (tokens.word(index) == "(") - (tokens.word(index) == ")")
                index += 1
    return index


_HINTS = frozenset(lines("query_hints.txt"))
_STANDS_FOR = {TokenKind.NUMBER: "#", TokenKind.STRING: "'"}


def option_start(tokens: Tokens) -> int | None:
    """The index of the OPTION of a trailing OPTION (…), None where there is none."""
    if "option" not in tokens.lower:
        return None
    depth = 0
    for index, word in enumerate(tokens.lower):
        depth += (word == "(") - (word == ")")
        if word == "option" and depth == 0 and tokens.word(index + 1) == "(":
            return index
    return None


def option_faults(tokens: Tokens, start: int) -> Iterator[SqlFault]:
    """Faults of the clause that begins at index `start`: hints not known, and whatever follows the clause."""
    first, depth = start + 2, 1
    for index in range(first, len(tokens.all)):
        word = tokens.lower[index]
        depth += (word == "(") - (word == ")")
        if depth == 0 or (depth == 1 and word == ","):
            yield from _hint(tokens, first, index)
            first = index + 1
        if depth == 0:
            break
    if depth:
        yield SqlFault("sql-syntax", tokens.all[start].start, "OPTION ( is never closed.", "Add the closing ).")
    elif first < len(tokens.all):
        rule = "read-only" if begins_statement(tokens.lower[first]) else "sql-syntax"
        message = f"`{tokens.source(first)}` stands after OPTION (…), which ends the query."
        yield SqlFault(rule, tokens.all[first].start, message, "Move it before OPTION, or remove it.")


def _hint(tokens: Tokens, first: int, end: int) -> Iterator[SqlFault]:
    parts = [tokens.word(index) or _STANDS_FOR.get(tokens.all[index].kind, "?") for index in range(first, end)]
    while parts[-3:] == [",", "'", ")"]:  # USE HINT takes several
        del parts[-3:-1]
    if " ".join(parts) not in _HINTS:
        place = tokens.all[min(first, len(tokens.all) - 1)]
        source = tokens.text[place.start : tokens.all[end - 1].end] if end > first else "OPTION ()"
        message = f"`{source}` is not a query hint that is known to only read."
        yield SqlFault("read-only", place.start, message, "Remove it; OPTION (RECOMPILE) and MAXDOP n are known.")
