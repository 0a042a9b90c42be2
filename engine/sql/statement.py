"""What the tokens of a query show before anything is parsed: whether it is one SELECT and nothing else.

T-SQL needs no semicolon between two statements, and the parser forgives a lot: `select 1 go` and `sp_who2 'x'` both
parse. So a word that may begin a statement is refused wherever SQL Server could take it for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.sql.fault import SqlFault
from engine.sql.scanner import Scan, Token, TokenKind, character_title
from engine.sql.wordlist import words

SYMBOLS = frozenset(
    ["(", ")", ",", ".", "+", "-", "*", "/", "%", "=", "<", ">", "<=", ">=", "<>", "!=", "!<", "!>", "&", "|", "^", "~"]
)
_RESERVED = words("reserved_words.txt")
_IN_QUERIES = words("query_words.txt", "reserved")
_CONTINUED = words("query_words.txt", "continued")
_TYPES = words("query_words.txt", "types")
_STATEMENTS = words("statement_words.txt", "statements")
_UNRESERVED_STATEMENTS = words("statement_words.txt", "unreserved statements")
_CLAUSES = words("statement_words.txt", "clauses")
_OPERANDS = frozenset(
    {
        TokenKind.NUMBER,
        TokenKind.STRING,
        TokenKind.QUOTED,
        TokenKind.BRACKETED,
        TokenKind.PLACEHOLDER,
        TokenKind.VARIABLE,
    }
)
_SET_OPERATORS = frozenset({"union", "all", "except", "intersect"})
_NOT_AFTER_COMMA = frozenset(
    {"", ",", ")", "from", "where", "group", "having", "order", "union", "except", "intersect", "for", "option"}
)
_NOT_BEFORE_COMMA = frozenset({"", ",", "("}) | (_CONTINUED - {"end"})
_PLAIN = SYMBOLS - {","}
_FOREIGN = {"||": "Join strings by + or CONCAT.", "::": "Write CAST(… AS …)."}
_TEMPLATE = frozenset("#%{}")
_NESTING = frozenset({"(", ")", "select"})
MAX_DEPTH = 100
"""How deep parentheses may nest."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a statement without comments. `lower` has the lower case of a word or symbol, else ''."""

    text: str
    all: tuple[Token, ...]
    lower: tuple[str, ...]

    @classmethod
    def of(cls, text: str, found: Scan) -> Tokens:
        """The tokens of `text` but for its comments and the semicolons that lead and trail."""
        kept, lower = found.tokens, found.words
        comment = TokenKind.COMMENT
        if any(token.kind is comment for token in kept):
            lower = tuple(word for token, word in zip(kept, lower, strict=True) if token.kind is not comment)
            kept = tuple(token for token in kept if token.kind is not comment)
        first, last = 0, len(kept)
        while first < last and lower[first] == ";":
            first += 1
        while first < last and lower[last - 1] == ";":
            last -= 1
        return cls(text, kept[first:last], lower[first:last])

    def before(self, index: int) -> Tokens:
        """The tokens before the one at `index`."""
        return Tokens(self.text, self.all[:index], self.lower[:index])

    def kind(self, index: int) -> TokenKind | None:
        """The kind of the token at `index`, None beyond either end."""
        return self.all[index].kind if 0 <= index < len(self.all) else None

    def word(self, index: int) -> str:
        """The lower case of the word or symbol at `index`, else ''."""
        return self.lower[index] if 0 <= index < len(self.lower) else ""

    def source(self, index: int) -> str:
        """The token at `index` as the author wrote it."""
        return self.text[self.all[index].start : self.all[index].end]

    def ends_operand(self, index: int) -> bool:
        """Whether a statement could end with the token at `index`, so that the next word may begin another one."""
        kind = self.kind(index)
        if kind is TokenKind.WORD:
            return self.lower[index] not in _CONTINUED
        return kind in _OPERANDS or self.word(index) in {")", "*"}


def check(tokens: Tokens) -> list[SqlFault]:
    """Rules `single-statement`, `read-only` and `sql-syntax`, as far as tokens alone show them."""
    if not tokens.all:
        return [SqlFault("single-statement", 0, "The query holds no statement.", "Write one SELECT.")]
    return list(_opening(tokens)) or [*_nesting(tokens), *_each(tokens)]


def _opening(tokens: Tokens) -> Iterator[SqlFault]:
    """A query begins with SELECT, WITH, or parentheses around a SELECT."""
    index = 0
    while tokens.word(index) == "(":
        index += 1
    word = tokens.word(index)
    if word == "select" or (word == "with" and index == 0) or index == len(tokens.all):
        return
    offset, source = tokens.all[index].start, tokens.source(index)
    if begins_statement(word):
        message = f"The query is a statement of its own kind, {source.upper()}, not a SELECT."
    elif tokens.kind(index) is TokenKind.WORD and word not in _RESERVED:
        message = f"The query begins with {source}, which SQL Server would run as a procedure; it must be a SELECT."
    else:
        message = f"The query begins with {source}, not with SELECT or WITH."
    yield SqlFault("read-only", offset, message, "A definition only reads: write one SELECT.")


def _nesting(tokens: Tokens) -> Iterator[SqlFault]:
    """Parentheses, and the SELECTs outside of all of them: where a second one begins, so does a second statement."""
    depth, may_follow_ctes = 0, tokens.word(0) == "with"
    for index, word in enumerate(tokens.lower):
        if word not in _NESTING:
            continue
        if word == "(":
            depth += 1
            if depth == MAX_DEPTH + 1:
                message = f"Parentheses are nested more than {MAX_DEPTH} deep here."
                yield SqlFault("sql-syntax", tokens.all[index].start, message, "Make the query simpler.")
        elif word == ")":
            depth -= 1
        elif depth == 0:
            is_expected = index == 0 or tokens.word(index - 1) in _SET_OPERATORS
            if not (is_expected or may_follow_ctes) and tokens.ends_operand(index - 1):
                yield _second_statement(tokens, index)
            may_follow_ctes = False


def _second_statement(tokens: Tokens, index: int) -> SqlFault:
    message = f"A second statement begins here, with {tokens.source(index)}; a query is one statement."
    return SqlFault("single-statement", tokens.all[index].start, message, "Put it into a <query> of its own.")


def _each(tokens: Tokens) -> Iterator[SqlFault]:
    for index, word in enumerate(tokens.lower):
        if word in _PLAIN:
            continue
        kind = tokens.all[index].kind
        if kind is TokenKind.WORD:
            if word in _NOTED or word[0] == "#":
                yield from _word(tokens, index, word)
        elif kind in _CHECKS:
            yield from _CHECKS[kind](tokens, index)


def _word(tokens: Tokens, index: int, word: str) -> Iterator[SqlFault]:
    if word == "#":
        yield _fault(tokens, index, "sql-syntax", "{} has no meaning here in T-SQL.", "Remove it.")
    elif word[0] == "#":
        yield _fault(tokens, index, "read-only", "{} is a temporary table.", "Read the ledger's own tables and views.")
    elif word in _WORD_CHECKS:
        yield from _WORD_CHECKS[word](tokens, index)
    elif word in _TYPES:
        yield from _typed_literal(tokens, index)
    elif word in _UNRESERVED_STATEMENTS:
        if tokens.word(index - 1) == "as" or tokens.ends_operand(index - 1):
            yield _statement_word(tokens, index)
    elif word in _STATEMENTS:
        yield _statement_word(tokens, index)
    elif word in _CLAUSES:
        message = "{} is not known to only read."
        yield _fault(tokens, index, "read-only", message, "A name of that spelling stands in brackets: [{}].")
    else:
        yield _fault(tokens, index, "sql-syntax", "{} is a reserved word of T-SQL.", "As a name, write it as [{}].")


def begins_statement(word: str) -> bool:
    """Whether a statement other than SELECT may begin with that word, given in lower case."""
    return word in _STATEMENTS or word in _UNRESERVED_STATEMENTS


def _statement_word(tokens: Tokens, index: int) -> SqlFault:
    message = f"{tokens.source(index)} begins a statement of T-SQL here, and needs no semicolon before it."
    return _fault(tokens, index, "read-only", message, "As a name, write it as [{}].")


def _typed_literal(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """`date '2026-11-24'` is another dialect's; T-SQL would read a column called date with an alias."""
    follower = tokens.kind(index + 1)
    if follower in {TokenKind.STRING, TokenKind.PLACEHOLDER} and not tokens.ends_operand(index - 1):
        yield _fault(tokens, index, "sql-syntax", "{} is no literal's prefix in T-SQL.", "Write CAST(… AS {}).")


def _merge(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index + 1) != "join":
        yield _statement_word(tokens, index)


def _fetch(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """FETCH is a statement on cursors too."""
    if tokens.word(index - 1) not in {"row", "rows"} or tokens.word(index + 1) not in {"next", "first"}:
        hint = "Write ORDER BY … OFFSET n ROWS FETCH NEXT n ROWS ONLY."
        yield _fault(tokens, index, "read-only", "{} without OFFSET before it reads from a cursor.", hint)


def _top(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.kind(index + 1) is TokenKind.PLACEHOLDER:
        yield _fault(tokens, index + 1, "sql-syntax", "TOP takes a {} in parentheses only.", "Write TOP ({}).")


def _nulls(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index + 1) in {"first", "last"}:
        hint = "Order by CASE WHEN … IS NULL THEN 1 ELSE 0 END first."
        yield _fault(tokens, index, "sql-syntax", "T-SQL has no {} FIRST or LAST.", hint)


def _values(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index - 1) != "(":
        yield _fault(tokens, index, "sql-syntax", "{} stands only in FROM.", "Write FROM ({} (…), (…)) AS x (…).")


def _variable(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    hint = "Pass the value as an argument: a ? and an <argument>."
    yield _fault(tokens, index, "read-only", "{} is a variable.", hint)


def _number(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """SQL Server reads `1else` as the float 1e and the word lse, others as 1 and else."""
    token = tokens.all[index]
    last = tokens.text[token.end - 1]
    is_hexadecimal = tokens.text[token.start : token.start + 2] in {"0x", "0X"}
    is_glued = tokens.kind(index + 1) in {TokenKind.WORD, TokenKind.NUMBER} and (
        tokens.all[index + 1].start == token.end
    )
    if is_glued or (last in "eE+-" and not is_hexadecimal):
        yield _fault(tokens, index, "sql-syntax", "The number {} ends in the middle.", "Put a blank after the number.")


def _string(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.kind(index + 1) is TokenKind.STRING:
        hint = "Join strings by +, and give a column its name by AS."
        yield _fault(tokens, index + 1, "sql-syntax", "A string stands right after another one.", hint)


def _name(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if len(tokens.source(index)) == 2:
        yield _fault(tokens, index, "sql-syntax", "The name {} is empty.", "Write the name between the delimiters.")


def _symbol(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    symbol = tokens.lower[index]
    if symbol == ",":
        if tokens.word(index + 1) in _NOT_AFTER_COMMA and tokens.kind(index + 1) not in _OPERANDS:
            yield _fault(tokens, index, "sql-syntax", "Nothing stands after this comma.", "Remove the comma.")
        elif tokens.word(index - 1) in _NOT_BEFORE_COMMA and tokens.kind(index - 1) not in _OPERANDS:
            yield _fault(tokens, index, "sql-syntax", "Nothing stands before this comma.", "Remove the comma.")
    elif symbol not in SYMBOLS and not (symbol == ":" and tokens.kind(index - 1) is TokenKind.STRING):
        yield _unknown_symbol(tokens, index, symbol)


def _unknown_symbol(tokens: Tokens, index: int, symbol: str) -> SqlFault:
    start, end = tokens.all[index].start, tokens.all[index].end
    if symbol == ";":
        message = "A second statement may follow this semicolon; a query is one statement."
        return _fault(tokens, index, "single-statement", message, "Put what follows into a <query> of its own.")
    if (symbol == "{" and tokens.text[end : end + 1] not in _TEMPLATE) or (
        symbol == "}" and tokens.text[start - 1] not in _TEMPLATE
    ):
        hint = "Write plain T-SQL: CAST('2026-11-24' AS date), GETDATE()."
        return _fault(tokens, index, "read-only", "{} belongs to an ODBC escape.", hint)
    if symbol == "$":
        hint = "Read columns by their names."
        return _fault(tokens, index, "read-only", "{} begins a pseudo column or a system function.", hint)
    if symbol in _FOREIGN:
        return _fault(tokens, index, "sql-syntax", "{} is no operator of SQL Server 2019.", _FOREIGN[symbol])
    shown = symbol if symbol.isascii() and symbol.isprintable() else f"U+{ord(symbol):04X}, {character_title(symbol)},"
    return _fault(tokens, index, "sql-syntax", f"{shown} has no meaning here in T-SQL.", "Remove it.")


def _fault(tokens: Tokens, index: int, rule: str, message: str, hint: str) -> SqlFault:
    """A fault at a token, whose text stands in for {} in both sentences."""
    source = tokens.source(index)
    return SqlFault(rule, tokens.all[index].start, message.replace("{}", source), hint.replace("{}", source))


_Check = Callable[[Tokens, int], Iterator[SqlFault]]
_WORD_CHECKS: dict[str, _Check] = {"merge": _merge, "fetch": _fetch, "top": _top, "nulls": _nulls, "values": _values}
_CHECKS: dict[TokenKind, _Check] = {
    TokenKind.VARIABLE: _variable,
    TokenKind.NUMBER: _number,
    TokenKind.STRING: _string,
    TokenKind.QUOTED: _name,
    TokenKind.BRACKETED: _name,
    TokenKind.SYMBOL: _symbol,
}
_NOTED = (_RESERVED - _IN_QUERIES) | _UNRESERVED_STATEMENTS | _WORD_CHECKS.keys() | _TYPES
