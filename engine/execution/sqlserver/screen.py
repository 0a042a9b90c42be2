"""What a SQL Server session refuses to send, since the server has no read-only session and a transaction may be ended.

A text must be one query: T-SQL needs no semicolon between two statements, so each word that begins one is refused
wherever it stands outside of strings and quoted names. What the translation never leaves in a text, so that none of it
needs reading: comments, variables, temporary tables, escapes of ODBC, numbers that run into a word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import category, normalize

from engine.sql.wordlist import words

_STARTS_AS_QUERY: Final = re.compile(r"[\s(;]*(?:SELECT|WITH|VALUES)\b", re.IGNORECASE)
_TOKEN: Final = re.compile(
    r"""
      (?P<unread> -- | /\* | :: | [@\#{}\\;] | 0x[0-9a-f]*+(?=[\w@\#$]) | (?:\d++\.?\d*+|\.\d++)e(?![+-]?\d) )
    | (?P<plain> '(?:[^']|'')*+' | 0x[0-9a-f]*+ | (?:\d++\.?\d*+|\.\d++)(?:e[+-]?\d++)? )
    | (?P<name> "(?:[^"]|"")*+" | \[(?:[^\]]|\]\])*+\] )
    | (?P<word> [^\W\d][\w@$\#]*+ )
    | (?P<symbol> \S )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORDS: Final = words("statement_words.txt", "statements", "clauses") | words("sqlserver_refused.txt", "options")
_FUNCTIONS: Final = words("sqlserver_refused.txt", "functions")
_LOCKS: Final = words("sqlserver_refused.txt", "lock hints")
# Words of a hint, which begin a statement elsewhere. JOIN and UNION are reserved, PLAN too: no name of a database.
_HINTS: Final = frozenset({("merge", "join"), ("merge", "union"), ("use", "plan")})
# No reserved words: names, except before these.
_PAIRS: Final = frozenset(
    {
        ("disable", "trigger"), ("enable", "trigger"), ("get", "conversation"), ("move", "conversation"),
        ("next", "value"), ("rename", "database"), ("rename", "object"), ("send", "on"), ("table", "hint"),
    }
)  # fmt: skip
_AFTER_A_NAME: Final = frozenset({"", ",", ".", ")", "=", "from"})
_DOTLESS: Final = str.maketrans("İı", "ii")  # which a Turkish server takes for the i of INSERT

NO_QUERY: Final = "the ledger session runs nothing but queries, one in a text, without a word that begins a statement"


@lru_cache(maxsize=4096)
def is_query(sql: str) -> bool:
    """Whether the text is one query as far as its words tell."""
    if _STARTS_AS_QUERY.match(sql) is None:
        return False
    tokens = [*_TOKEN.finditer(sql.strip("; \t\r\n"))]
    if any(token["unread"] or (token["symbol"] and not _is_known(token["symbol"])) for token in tokens):
        return False
    texts = [_folded(token) for token in tokens]
    before, after, second = ["", *texts], [*texts[1:], ""], [*texts[2:], "", ""]
    return not any(map(_is_refused, texts, before, after, second))


def _is_known(symbol: str) -> bool:
    """Whether SQL Server can read the symbol as nothing but itself; it is no quote without its end."""
    return symbol not in "'\"[" and (symbol.isascii() or category(symbol) == "Sc")


def _folded(token: re.Match[str]) -> str:
    """A word as SQL Server may read it, a name in its quotes; a constant is one letter that begins nothing."""
    if token["plain"]:
        return "?"
    return normalize("NFKC", token[0].translate(_DOTLESS)).casefold()


def _is_refused(text: str, before: str, after: str, second: str) -> bool:
    if text in _LOCKS and before in ("(", ",") and after in (")", ","):
        return True
    if text.strip('[]"') in _FUNCTIONS or (text, after) in _PAIRS:
        return True
    if text == "receive":
        return after not in _AFTER_A_NAME
    if text == "throw":
        return after == "?"
    if text not in _WORDS:
        return False
    return (text, after) not in _HINTS and (text, after, second) != ("use", "hint", "(")
