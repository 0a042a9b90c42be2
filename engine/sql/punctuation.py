"""What T-SQL wants of a query's marks and literals, which the parser takes more lightly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unicodedata import category

from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind, character_title
from engine.sql.tokens import CONTINUED, NAMES, OPERANDS, Tokens
from engine.sql.wordlist import words

SYMBOLS = frozenset("(),.+-*/%=<>&|^~") | {"<=", ">=", "<>", "!=", "!<", "!>"}
"""The operators and marks that T-SQL has in a query."""
_RESERVED = words("query_words.txt", "reserved")
_NOT_JOINED = SYMBOLS | _RESERVED | {""}
_NOT_AFTER_COMMA = frozenset(
    {"", ",", ")", "from", "where", "group", "having", "order", "union", "except", "intersect", "for", "option"}
)
_NOT_BEFORE_COMMA = frozenset({"", ",", "("}) | (CONTINUED - {"end"})
QUIET = SYMBOLS - {",", "."}
"""The symbols of which there is nothing to check."""
JOINED = {".": (_NOT_JOINED, _NOT_JOINED), ",": (_NOT_BEFORE_COMMA, _NOT_AFTER_COMMA)}
"""What may not stand before and after a dot or a comma; '' is what is no word. Most have plain words on both sides."""
_STATIC = words("type_methods.txt", "types")
_FOREIGN = {"||": "Join strings by + or CONCAT.", "::": "Write CAST(… AS …)."}
_REPLACED = {"≤": "Write <= instead.", "≥": "Write >= instead.", "≠": "Write <> instead.", "`": "A name stands in [ ]."}
_MINUS = "\u2212"
_QUOTES = frozenset("\u00b4\u201a\u201e\u2032\u2033")
"""Accents and primes that stand for quotes, and quotes that Unicode takes for opening brackets."""
_TEMPLATE = frozenset("#%{}")


def check(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """Rules `sql-syntax`, `single-statement` and `read-only` for one token that is no word."""
    rule = _CHECKS.get(tokens.all[index].kind)
    return rule(tokens, index) if rule is not None else iter(())


def _variable(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    hint = "Pass the value as an argument: a ? and an <argument>."
    yield tokens.fault(index, "read-only", "{} is a variable.", hint)


def _number(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """SQL Server reads `1else` as the float 1e and the word lse, others as 1 and else."""
    token = tokens.all[index]
    last = tokens.text[token.end - 1]
    is_hexadecimal = tokens.text[token.start : token.start + 2] in {"0x", "0X"}
    is_glued = tokens.kind(index + 1) in {TokenKind.WORD, TokenKind.NUMBER} and (
        tokens.all[index + 1].start == token.end
    )
    if is_glued or (last in "eE+-" and not is_hexadecimal):
        yield tokens.fault(index, "sql-syntax", "The number {} ends in the middle.", "Put a blank after the number.")


def _string(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.kind(index + 1) is TokenKind.STRING:
        hint = "Join strings by +, and give a column its name by AS."
        yield tokens.fault(index + 1, "sql-syntax", "A string stands right after another one.", hint)


def _name(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if len(tokens.source(index)) == 2:
        is_quoted = tokens.kind(index) is TokenKind.QUOTED
        hint = "A string stands in single quotes: ''." if is_quoted else "Write the name between the brackets."
        yield tokens.fault(index, "sql-syntax", "The name {} is empty.", hint)


def _symbol(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    symbol = tokens.lower[index]
    if symbol == ",":
        if tokens.word(index + 1) in _NOT_AFTER_COMMA and tokens.kind(index + 1) not in OPERANDS:
            yield tokens.fault(index, "sql-syntax", "Nothing stands after this comma.", "Remove the comma.")
        elif tokens.word(index - 1) in _NOT_BEFORE_COMMA and tokens.kind(index - 1) not in OPERANDS:
            yield tokens.fault(index, "sql-syntax", "Nothing stands before this comma.", "Remove the comma.")
    elif symbol == ".":
        yield from _dot(tokens, index)
    elif symbol in {"{", "}"}:
        yield from _brace(tokens, index)
    elif symbol not in SYMBOLS and not (symbol == ":" and tokens.kind(index - 1) is TokenKind.STRING):
        yield unknown_symbol(tokens, index)


def _dot(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """A dot joins names, or a method to what it is called on; the parser lets `.t`, `t.1` and `t.null` pass."""
    before = tokens.word(index - 1)
    is_joined = before in {")", "."} or (tokens.kind(index - 1) in NAMES and before not in _RESERVED)
    follower = tokens.word(index + 1)
    if not is_joined or (tokens.kind(index + 1) not in NAMES and follower not in {"*", "."}):
        yield tokens.fault(index, "sql-syntax", "A dot stands here without a name on both sides.", "Write both names.")
    elif follower in _RESERVED:
        hint = "As a name, write it as [{}]."
        yield tokens.fault(index + 1, "sql-syntax", "{} is a reserved word of T-SQL.", hint)


def _brace(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """ODBC's {d '…'}, or the {{ … }}, {% … %} and {# … #} of templates, which are no SQL at all."""
    if tokens.lower[index] == "}" and "{" in tokens.lower[:index]:
        return
    start, end = tokens.all[index].start, tokens.all[index].end
    if _TEMPLATE.isdisjoint((tokens.text[start - 1 : start], tokens.text[end : end + 1])):
        hint = "Write plain T-SQL: CAST('2026-11-24' AS date), GETDATE()."
        yield tokens.fault(index, "read-only", "{} belongs to an ODBC escape.", hint)
    else:
        hint = "Templates belong into <body>; a value is a ? and an <argument>."
        yield tokens.fault(index, "sql-syntax", "{} belongs to a template, not to T-SQL.", hint)


def unknown_symbol(tokens: Tokens, index: int) -> SqlFault:
    """The fault of a symbol that T-SQL has not, or not in a query."""
    symbol = tokens.lower[index]
    if symbol == ";":
        message = "A second statement may follow this semicolon; a query is one statement."
        return tokens.fault(index, "single-statement", message, "Put what follows into a <query> of its own.")
    if symbol == "$":
        hint = "Read columns by their names."
        return tokens.fault(index, "read-only", "{} begins a pseudo column or a system function.", hint)
    if symbol == "::" and tokens.kind(index - 1) in NAMES and tokens.name(index - 1).lower() in _STATIC:
        message = f"A static method of {tokens.name(index - 1)} is not known to only read."
        return tokens.fault(index, "read-only", message, f"Write CAST('…' AS {tokens.name(index - 1)}).")
    if symbol in _FOREIGN:
        return tokens.fault(index, "sql-syntax", "{} is no operator of SQL Server 2019.", _FOREIGN[symbol])
    is_shown = symbol.isascii() and symbol.isprintable() and symbol != "`"
    shown = f"`{symbol}`" if is_shown else f"U+{ord(symbol):04X}, {character_title(symbol)},"
    return tokens.fault(index, "sql-syntax", f"{shown} has no meaning here in T-SQL.", _instead(symbol))


def _instead(symbol: str) -> str:
    """The hint for a character that an editor of prose or another dialect writes for one of T-SQL's."""
    kind = category(symbol) if len(symbol) == 1 else ""
    if kind == "Zs":
        return "Write a blank instead."
    if kind == "Pd" or symbol == _MINUS:
        return "Write - instead; -- begins a comment."
    if kind in {"Pi", "Pf"} or symbol in _QUOTES:
        return "Write ' instead: a string stands in single quotes."
    return _REPLACED.get(symbol, "Remove it.")


_CONVERTS = frozenset({"convert", "try_convert"})


def check_converts(tokens: Tokens) -> Iterator[SqlFault]:
    """A comma must follow the type of each CONVERT; the parser does without one."""
    for index, word in enumerate(tokens.lower):
        if word in _CONVERTS and tokens.word(index + 1) == "(" and tokens.kind(index) is TokenKind.WORD:
            place = _after_type(tokens, index + 2)
            if tokens.word(place) != "," and tokens.kind(place) is not None:
                yield tokens.fault(place, "sql-syntax", "{} is not expected here.", "Write CONVERT(type, value).")


def _after_type(tokens: Tokens, index: int) -> int:
    """The index behind the type that begins at `index`, with its length or precision."""
    index += 1
    while tokens.word(index) in {".", "precision"}:
        index += 2 if tokens.word(index) == "." else 1
    if tokens.word(index) != "(":
        return index
    while tokens.word(index) != ")" and index < len(tokens.all):
        index += 1
    return index + 1


_Check = Callable[[Tokens, int], Iterator[SqlFault]]
_CHECKS: dict[TokenKind, _Check] = {
    TokenKind.VARIABLE: _variable,
    TokenKind.NUMBER: _number,
    TokenKind.STRING: _string,
    TokenKind.QUOTED: _name,
    TokenKind.BRACKETED: _name,
    TokenKind.SYMBOL: _symbol,
}
