"""sqlglot's T-SQL parser, fed with the tokens of our own scanner.

Only the words of T-SQL become keywords; every other word is a name, as it is on SQL Server. So what other dialects
would make of LIMIT, QUALIFY, `::` or `??` never comes up, and one scanner counts placeholders, strings and names.
"""

from __future__ import annotations

import re
from itertools import pairwise, zip_longest

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token as ParserToken
from sqlglot.tokenizer_core import TokenType

from engine.sql import slips
from engine.sql.fault import SqlFault
from engine.sql.forms import find_forms
from engine.sql.scanner import TokenKind
from engine.sql.tokens import NAMES, Tokens
from engine.sql.wordlist import words

_DIALECT = TSQL()
_DIALECT.STRICT_JSON_PATH_SYNTAX = False  # or the parser logs a path that it does not know, as the file has it
_WORD, _PLACEHOLDER, _VAR = TokenKind.WORD, TokenKind.PLACEHOLDER, TokenType.VAR  # an enumeration's lookup is slow
_RESERVED = words("reserved_words.txt")
_KNOWN = TSQL.Tokenizer.KEYWORDS
_KEYWORDS = {
    word: _KNOWN[word.upper()]
    for word in words("query_words.txt", "reserved", "types")
    | {"apply", "cube", "first", "json", "next", "offset", "range", "rollup", "window"}
    if word.upper() in _KNOWN
}
_PAIRS = {
    ("group", "by"): TokenType.GROUP_BY,
    ("order", "by"): TokenType.ORDER_BY,
    ("partition", "by"): TokenType.PARTITION_BY,
    ("grouping", "sets"): TokenType.GROUPING_SETS,
    ("double", "precision"): TokenType.DOUBLE,
}
_SPECIAL_WORDS = frozenset(word for pair in _PAIRS for word in pair) | {"real", "rows"}
_REAL_SIZE = ((TokenType.L_PAREN, "("), (TokenType.NUMBER, "24"), (TokenType.R_PAREN, ")"))
_FRAME_SIZES = frozenset({TokenKind.NUMBER, TokenKind.PLACEHOLDER})
_FRAME_BOUNDS = frozenset({"between", "unbounded", "current"})
_SYMBOLS = {symbol: _KNOWN.get(symbol) or TSQL.Tokenizer.SINGLE_TOKENS[symbol] for symbol in "(),.-+*/%=<>&|^~:"} | {
    symbol: _KNOWN[symbol] for symbol in ("<=", ">=", "<>", "!=")
}
_SYMBOLS |= {"!<": _SYMBOLS[">="], "!>": _SYMBOLS["<="]}
_FIXED = {symbol: (type_, symbol) for symbol, type_ in _SYMBOLS.items()} | {
    word: (_KEYWORDS.get(word, TokenType.VAR), word.upper()) for word in _RESERVED - _SPECIAL_WORDS
}
_FIXED["default"] = (TokenType.NULL, "NULL")  # an argument whose value the function's declaration has
MAX_METHOD_CALLS = 20
"""How many `.name(…)` may follow results: the parser's time grows with the third power of a chain's length."""
_METHOD_CALL = re.compile(r"\)\s*\.")
_PIVOTS = frozenset({"pivot", "unpivot"})
_NO_COMMENTS: list[str] = []  # one for all tokens: the text is parsed without its comments
_BY_NAME: list[str] = [exp.SQLGLOT_ANONYMOUS]  # behind a call: the parser is to know it by its name alone


def parse(blanked: str, tokens: Tokens) -> exp.Expr | SqlFault:
    """The tree of one statement; each `?` is Placeholder(this="<n>"), n from 0 in textual order."""
    if len(_METHOD_CALL.findall(blanked)) > MAX_METHOD_CALLS:
        return SqlFault("sql-syntax", 0, "The query calls too many methods on results.", "Make the query simpler.")
    try:
        found = _DIALECT.parser().parse(_parser_tokens(tokens), blanked)
    except ParseError as error:
        return _syntax_fault(tokens, error)
    except RecursionError:
        return SqlFault("sql-syntax", tokens.all[0].start, "The query is nested too deep.", "Make the query simpler.")
    except Exception:  # the parser trips over some faulty texts with whatever error comes
        return SqlFault("sql-syntax", tokens.all[0].start, "The query does not parse as T-SQL.", slips.ELSEWHERE)
    (tree,) = found
    if tree is None:
        return SqlFault("sql-syntax", tokens.all[0].start, "The query is empty.", slips.ELSEWHERE)
    if ("=", "(") in pairwise(tokens.lower):
        _name_subqueries(tree)
    if not _PIVOTS.isdisjoint(tokens.lower):
        _pivot_joins(tree)
    return tree


def _name_subqueries(tree: exp.Expr) -> None:
    """The parser reads the name in `SELECT name = (SELECT …)` as one that a subquery has in FROM."""
    for select in tree.find_all(exp.Select):
        for item in select.expressions:
            alias = item.args.get("alias") if isinstance(item, exp.Subquery) else None
            if isinstance(alias, exp.Identifier):
                item.set("alias", None)
                named = exp.Alias(alias=alias)
                item.replace(named)
                named.set("this", item)


def _pivot_joins(tree: exp.Expr) -> None:
    """PIVOT behind `a JOIN b ON …` turns all that is joined, as if that stood in parentheses."""
    for select in tree.find_all(exp.Select):
        from_, joins = select.args.get("from_"), select.args.get("joins") or []
        while from_ is not None and any(join.args.get("pivots") for join in joins):
            last = next(index for index, join in enumerate(joins) if join.args.get("pivots"))
            commas = [index for index in range(last) if _is_comma(joins[index])]
            owner, start = (joins[commas[-1]], commas[-1] + 1) if commas else (from_, 0)
            first, inner = owner.this, joins[start : last + 1]
            pivots = inner[-1].args["pivots"]
            inner[-1].set("pivots", None)
            first.set("joins", [*(first.args.get("joins") or ()), *inner])
            whole = exp.Subquery(pivots=pivots)
            owner.set("this", whole)
            whole.set("this", first)
            joins = [*joins[:start], *joins[last + 1 :]]
            select.set("joins", joins)


def _is_comma(join: exp.Expr) -> bool:
    return not (join.args.get("side") or join.args.get("kind") or join.args.get("on")) and not isinstance(
        join.this, exp.Lateral
    )


def _parser_tokens(tokens: Tokens) -> list[ParserToken]:
    """Our tokens as sqlglot's, `?` as `:0`, `:1` and so on. `col` is our token's index: so an error finds its place."""
    made: list[ParserToken] = []
    add, text, placeholders = made.append, tokens.text, 0
    forms = find_forms(tokens)
    for index, (token, word) in enumerate(zip(tokens.all, tokens.lower, strict=True)):
        start, end = token.start, token.end
        if index in forms.left_out:
            continue
        if word == ")":
            comments = _BY_NAME if index in forms.closing else _NO_COMMENTS
            add(ParserToken(TokenType.R_PAREN, word, 1, index, start, end - 1, comments))
            continue
        if word in _FIXED:
            type_, content = _FIXED[word]
        elif word in _SPECIAL_WORDS:
            made += _special_word(tokens, index, word)
            continue
        elif token.kind is _WORD:
            type_, content = _KEYWORDS.get(word, _VAR), text[start:end]
        elif word and token.kind in NAMES:  # a type in brackets
            type_, content = _KEYWORDS.get(word, _VAR), word
        elif token.kind is _PLACEHOLDER:
            add(ParserToken(TokenType.COLON, ":", 1, index, start, end - 1, _NO_COMMENTS))
            type_, content = _VAR, str(placeholders)
            placeholders += 1
        elif index in forms.aliases:
            type_, content = TokenType.IDENTIFIER, _literal(token.kind, text[start:end])[1]
        else:
            type_, content = _literal(token.kind, text[start:end])
        add(ParserToken(type_, content, 1, index, start, end - 1, _NO_COMMENTS))
    return _reordered(tokens, made)


def _reordered(tokens: Tokens, made: list[ParserToken]) -> list[ParserToken]:
    """Hints in the forms and at the places that sqlglot knows."""
    if "index" in tokens.lower:
        made = _with_index_hints(tokens, made)
    return _hints_first(made) if "tablesample" in tokens.lower else made


def _special_word(tokens: Tokens, index: int, word: str) -> tuple[ParserToken, ...]:
    """GROUP BY and its like are one token of sqlglot's; ROWS and REAL depend on their place."""
    token = tokens.all[index]
    if (tokens.word(index - 1), word) in _PAIRS:
        return ()
    pair = (word, tokens.word(index + 1))
    if pair in _PAIRS:
        end = tokens.all[index + 1].end - 1
        return (ParserToken(_PAIRS[pair], " ".join(pair).upper(), 1, index, token.start, end, _NO_COMMENTS),)
    type_ = _KEYWORDS.get(word, _VAR)
    if word == "rows" and _is_keyword_rows(tokens, index):
        type_ = TokenType.ROWS
    text = word.upper() if word in _RESERVED else tokens.source(index)
    made = ParserToken(type_, text, 1, index, token.start, token.end - 1, _NO_COMMENTS)
    if word == "real" and _is_type(tokens, index):  # sqlglot takes real for float, but it is float(24)
        return (made, *(_made(type_, text, index, token.start) for type_, text in _REAL_SIZE))
    return (made,)


def _is_keyword_rows(tokens: Tokens, index: int) -> bool:
    """Whether the ROWS at `index` begins a window's frame or ends a sample's size; elsewhere it may be a name."""
    return (
        tokens.word(index + 1) in _FRAME_BOUNDS
        or tokens.kind(index + 1) in _FRAME_SIZES
        or (tokens.kind(index - 1) in _FRAME_SIZES and tokens.word(index + 1) == ")")
    )


def _is_type(tokens: Tokens, index: int) -> bool:
    """Whether the word at `index` is the type of a CAST or CONVERT."""
    before, after = tokens.word(index - 1), tokens.word(index + 1)
    return (before == "as" and after == ")") or (
        before == "(" and after == "," and tokens.word(index - 2) in {"convert", "try_convert"}
    )


def _with_index_hints(tokens: Tokens, made: list[ParserToken]) -> list[ParserToken]:
    """The hint INDEX = x becomes INDEX (x), the form that sqlglot knows."""
    found: list[ParserToken] = []
    for token, following in zip_longest(made, made[1:]):
        index, start, word = token.col, token.start, tokens.word(token.col)
        is_last = following is None or following.col != index
        if word == "=" and tokens.word(index - 1) == "index":
            if tokens.word(index + 1) != "(":
                found.append(_made(TokenType.L_PAREN, "(", index, start))
            continue
        found.append(token)
        if is_last and tokens.word(index - 1) == "=" and tokens.word(index - 2) == "index" and word != "(":
            found.append(_made(TokenType.R_PAREN, ")", index, start))
    return found


def _hints_first(made: list[ParserToken]) -> list[ParserToken]:
    """`TABLESAMPLE (…) WITH (…)`, as T-SQL has it, becomes `WITH (…) TABLESAMPLE (…)`, as sqlglot has it."""
    words = [token.text.lower() for token in made]
    for start in [index for index, word in enumerate(words) if word == "tablesample"]:
        end = _behind_group(words, start)
        if words[end : end + 1] == ["repeatable"]:
            end = _behind_group(words, end)
        if words[end : end + 2] == ["with", "("]:
            stop = _behind_group(words, end)
            made = [*made[:start], *made[end:stop], *made[start:end], *made[stop:]]
    return made


def _behind_group(words: list[str], start: int) -> int:
    """The index behind the next parentheses; the end where there are none."""
    depth = 0
    for index in range(start, len(words)):
        depth += (words[index] == "(") - (words[index] == ")")
        if words[index] == ")" and depth <= 0:
            return index + 1
    return len(words)


def _made(type_: TokenType, text: str, index: int, offset: int) -> ParserToken:
    return ParserToken(type_, text, 1, index, offset, offset, _NO_COMMENTS)


def _literal(kind: TokenKind, source: str) -> tuple[TokenType, str]:
    if kind is TokenKind.STRING:
        type_ = TokenType.STRING if source[0] == "'" else TokenType.NATIONAL_STRING
        return type_, source[source.index("'") + 1 : -1].replace("''", "'")
    if kind is TokenKind.BRACKETED:
        return TokenType.IDENTIFIER, source[1:-1].replace("]]", "]")
    if kind is TokenKind.QUOTED:
        return TokenType.IDENTIFIER, source[1:-1].replace('""', '"')
    if source[:2] in {"0x", "0X"}:
        return TokenType.HEX_STRING, source[2:]
    return TokenType.NUMBER, source


def _syntax_fault(tokens: Tokens, error: ParseError) -> SqlFault:
    """The parser's complaint at its place, in our words."""
    found = error.errors[0] if error.errors else {}
    index = min(int(found.get("col") or 0), len(tokens.all) - 1)
    description = str(found.get("description") or "")
    if tokens.word(index) in {".", "="} and tokens.kind(index - 1) in NAMES and tokens.ends_operand(index - 2):
        index -= 1  # the name before it was taken for an alias
    source = tokens.source(index)
    if description.startswith("Expecting "):
        wanted = description.removeprefix("Expecting ").split(" ", 1)[0].rstrip(".")
        message = f"`{wanted}` is missing here, at `{source}`."
    elif index == len(tokens.all) - 1 and not tokens.ends_operand(index):
        message = f"The query ends too early: nothing stands after `{source}`."
    elif index == len(tokens.all) - 1:
        message = f"The query ends too early, or `{source}` does not belong here."
    else:
        message = f"`{source}` is not expected here."
    return SqlFault(
        "sql-syntax", tokens.all[index].start, message, slips.hint(tokens, index), edit=slips.mending(tokens, index)
    )
