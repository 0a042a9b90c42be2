"""The T-SQL scanner: where strings, identifiers, comments and placeholders begin and end.

Source of the rules: Microsoft Learn, "Constants", "Database identifiers", "Slash star (block comment)" and "Comment"
(Transact-SQL), with QUOTED_IDENTIFIER on, as the drivers set it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from enum import StrEnum
from unicodedata import name as character_name

from msgspec import Struct

from engine.sql.fault import SqlFault


class TokenKind(StrEnum):
    """What a token is. White space is no token."""

    PLACEHOLDER = "placeholder"
    STRING = "string"
    QUOTED = "quoted"
    BRACKETED = "bracketed"
    COMMENT = "comment"
    WORD = "word"
    NUMBER = "number"
    VARIABLE = "variable"
    SYMBOL = "symbol"


class Token(Struct, frozen=True, gc=False):
    """A token is `text[start:end]`. It is a struct because a thousand definitions make a hundred thousand of them."""

    kind: TokenKind
    start: int
    end: int


class Scan(Struct, frozen=True, gc=False):
    """All tokens of a text in order, and what is wrong with it. The tokens are exact even where there are faults.

    `words` has the lower case of each token that is a word or a symbol, else ''. `comments` are those of the tokens.
    """

    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    comments: tuple[Token, ...]
    faults: tuple[SqlFault, ...]


# What each branch matches is a whole token, but for OPEN: the opening of something that is not a closed token.
# MARK and SPLIT are SYMBOL again, and TEMPORARY is WORD: what is frequent comes first, as branches are tried in order.
# A match takes the white space after its token along. The quantifiers are possessive, so that no text makes the
# matcher go back: the time is linear.
_TOKEN = re.compile(
    r"""(?:
      (?P<WORD>        (?![nN]') [^\W\d][\w@$\#]*+ )
    | (?P<MARK>        [(),] | \.(?!\d) | =(?!=) )
    | (?P<PLACEHOLDER> \? )
    | (?P<COMMENT>     --[^\r\n]*+ )
    | (?P<NUMBER>      0[xX][0-9a-fA-F]*+
                     | (?:\d++(?:\.\d*+)?+ | \.\d++) (?:[eE][+-]?\d*+)?+
                     | \$(?:\d++(?:\.\d*+)?+ | \.\d++) )
    | (?P<STRING>      [nN]?'[^']*+(?:''[^']*+)*+' )
    | (?P<BRACKETED>   \[[^\]]*+(?:\]\][^\]]*+)*+\] )
    | (?P<QUOTED>      "[^"]*+(?:""[^"]*+)*+" )
    | (?P<VARIABLE>    @[\w@$\#]*+ )
    | (?P<TEMPORARY>   \#[\w@$\#]*+ )
    | (?P<OPEN>        /\* | [nN]?' | \[ | " )
    | (?P<SPLIT>       [<>!][\ \t\r\n]++= | <[\ \t\r\n]++> | ![\ \t\r\n]++[<>] )
    | (?P<SYMBOL>      [<>!]= | <> | ![<>] | :: | \|\| | [-+*/%&^|]= | . )
    )[\ \t\r\n\u00a0\u202f]*+""",
    re.VERBOSE | re.DOTALL,
)
_ALIASES = {"MARK": TokenKind.SYMBOL, "SPLIT": TokenKind.SYMBOL, "TEMPORARY": TokenKind.WORD}
_KINDS = [None, *(_ALIASES.get(group) or TokenKind.__members__.get(group) for group in _TOKEN.groupindex)]
_ARE_PLAIN = [kind is TokenKind.WORD or kind is TokenKind.SYMBOL for kind in _KINDS]
_UNCLOSED = {
    "/*": (TokenKind.COMMENT, "comment", "*/"),
    "'": (TokenKind.STRING, "string", "'"),
    "[": (TokenKind.BRACKETED, "bracketed identifier", "]"),
    '"': (TokenKind.QUOTED, "quoted identifier", '"'),
}
_SPLIT = 1 + list(_TOKEN.groupindex).index("SPLIT")  # an operator with white space inside
_WHITE_SPACE = re.compile(r"[ \t\r\n\u00a0\u202f]*+")  # SQL Server also takes these two blanks, which prose has
_NOT_A_BREAK = re.compile(r"[^\r\n]")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COMMENT = re.compile(r"--|/\*")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\r(?!\n)")
_SUSPECT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # one class of characters is found quickly


def scan(text: str) -> Scan:
    """Cut `text` into tokens. Faults: `sql-syntax` for what is never closed, `read-only` for control characters."""
    tokens: list[Token] = []
    words: list[str] = []
    faults: list[SqlFault] = []
    position: int | None = 0
    while position is not None:
        position = _closed_tokens(text, position, tokens, words)
        if position is not None:
            position = _open_token(text, position, tokens, faults)
            words.append("")
    if _SUSPECT.search(text):
        faults += _forbidden_characters(text, tokens)
    kind = TokenKind.COMMENT
    comments = tuple([token for token in tokens if token.kind is kind]) if _COMMENT.search(text) else ()
    return Scan(tuple(tokens), tuple(words), comments, tuple(faults))


def _closed_tokens(text: str, position: int, tokens: list[Token], words: list[str]) -> int | None:
    """Add the tokens from `position` on, up to an OPEN; where that is, or None at the end of the text."""
    kinds, plain, add, add_word = _KINDS, _ARE_PLAIN, tokens.append, words.append  # local, for speed
    begin = _WHITE_SPACE.match(text, position)
    for found in _TOKEN.finditer(text, begin.end() if begin else position):
        group = found.lastindex or 0
        start, end = found.span(group)
        kind = kinds[group]
        if kind is None:
            return start
        add(Token(kind, start, end))
        word = text[start:end].lower() if plain[group] else ""
        add_word(word if group != _SPLIT else "".join(word.split()))
    return None


def _open_token(text: str, start: int, tokens: list[Token], faults: list[SqlFault]) -> int | None:
    """Add the token that opens at `start`: a block comment, or what is never closed. Where it ends; None at the end."""
    opening = text[start : start + 2] if text[start] == "/" else text[start].replace("n", "'").replace("N", "'")
    kind, noun, closing = _UNCLOSED[opening]
    end = _end_of_comment(text, start + 2) if kind is TokenKind.COMMENT else None
    if end is None:
        faults.append(SqlFault("sql-syntax", start, f"This {noun} is never closed.", f"Add the closing {closing}."))
    tokens.append(Token(kind, start, end or len(text)))
    return end


def blank_comments(text: str, comments: Iterable[Token]) -> str:
    """`text` with each of its comments turned into blanks, offset for offset; line breaks stay."""
    pieces: list[str] = []
    position = 0
    for token in comments:
        pieces += text[position : token.start], _NOT_A_BREAK.sub(" ", text[token.start : token.end])
        position = token.end
    return "".join((*pieces, text[position:])) if pieces else text


def _end_of_comment(text: str, position: int) -> int | None:
    """Where the block comment ends whose inside begins at `position`. T-SQL's block comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


def _forbidden_characters(text: str, tokens: list[Token]) -> list[SqlFault]:
    """One fault for each distinct control or line-separator character that stands outside the string literals.

    A ledger may take such a character for the end of a line, and so of a comment, where this scanner does not.
    """
    first: dict[str, int] = {}
    strings = [token for token in tokens if token.kind is TokenKind.STRING]
    for found in _FORBIDDEN.finditer(text):
        offset = found.start()
        if found.group() not in first and not _is_inside(strings, offset):
            first[found.group()] = offset
    return [
        SqlFault(
            "read-only",
            offset,
            f"The character U+{ord(character):04X} ({character_title(character)}) is not allowed outside a string.",
            "Remove it; blanks, tabs and line breaks (LF or CR LF) are allowed.",
        )
        for character, offset in first.items()
    ]


def _is_inside(tokens: list[Token], offset: int) -> bool:
    """Whether one of `tokens`, which rise by offset, covers `offset`."""
    index = bisect_right(tokens, offset, key=lambda token: token.start) - 1
    return index >= 0 and offset < tokens[index].end


def character_title(character: str) -> str:
    """A name that a reader can look up: Unicode's."""
    if character == "\r":
        return "a CARRIAGE RETURN without LF"
    return character_name(character, "a control character")
