"""What a PostgreSQL session refuses to send although a read-only transaction would run it.

A text must begin as a query does and call no function that is known to do or reach more than a query. What it calls is
read with PostgreSQL's own lexical rules; what a view or an operator of the ledger calls is not seen here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from engine.sql.wordlist import words

_STARTS_AS_QUERY: Final = re.compile(r"[\s(]*(?:SELECT|WITH|VALUES)\b", re.IGNORECASE)
_PREFIXES: Final = tuple(words("postgresql_refused_functions.txt", "prefixes"))
_HARMLESS: Final = words("postgresql_refused_functions.txt", "harmless")
_NAMES: Final = words("postgresql_refused_functions.txt", "names") | words("postgresql_writing_functions.txt")
# Strings, then names that a parenthesis follows. What the translation never writes, so that none of it needs reading:
# comments, dollar quotes, escapes in names.
_TOKEN: Final = re.compile(
    r"""
      (?P<unread> /\* | -- | \$\w*+\$ | [uU]&["'] )
    | [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*'
    | (?P<name> "(?:[^"]|"")*" | [^\W\d][\w$]* ) (?P<call> \s*\( )?
    """,
    re.VERBOSE | re.DOTALL,
)

NO_QUERY: Final = "the ledger session runs nothing but queries, and none that calls by name what is more than a query"


@lru_cache(maxsize=4096)
def is_query(sql: str) -> bool:
    """Whether the text starts as a query does and calls no function that does or tells more than one."""
    return _STARTS_AS_QUERY.match(sql) is not None and not any(map(_is_refused, _TOKEN.finditer(sql)))


def _is_refused(token: re.Match[str]) -> bool:
    if token["unread"]:
        return True
    if not token["call"]:
        return False
    name = token["name"].strip('"').lower()
    return name in _NAMES or (name.startswith(_PREFIXES) and name not in _HARMLESS)
