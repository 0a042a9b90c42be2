"""What a PostgreSQL session refuses to send although a read-only transaction would run it.

A text must begin as a query does and call no function that is known to do or reach more than a query. What it calls is
read with PostgreSQL's own lexical rules, also where it needs no parenthesis: `(value).name` and `alias.name` call the
function `name` where there is no such column. What a view or an operator of the ledger calls is not seen here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from engine.sql.wordlist import words

_STARTS_AS_QUERY: Final = re.compile(r"[\s(]*(?:SELECT|WITH|VALUES)\b", re.IGNORECASE)
_LIST: Final = "postgresql_refused_functions.txt"
_PREFIXES: Final = tuple(words(_LIST, "prefixes"))
_HARMLESS: Final = words(_LIST, "harmless")
_NAMES: Final = words(_LIST, "names") | words("postgresql_writing_functions.txt")
_ATTRIBUTES: Final = words(_LIST, "attributes") | _NAMES
# Strings, then names that a full stop leads to or a parenthesis follows. What the translation never writes, so that
# none of it needs reading: comments, dollar quotes, escapes in names, and parts of a value in parentheses.
_TOKEN: Final = re.compile(
    r"""
      (?P<unread> /\* | -- | \$\w*+\$ | (?:\.\s*+)? [uU]&["'] | (?: [)\]] | \$\d++ ) \s*+\. )
    | [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*'
    | (?P<part> \.\s* )? (?P<name> "(?:[^"]|"")*" | [^\W\d][\w$]* ) (?P<call> \s*\( )?
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
    if not token["name"]:
        return False
    name = token["name"].strip('"').lower()
    if token["call"]:
        return name in _NAMES or (name.startswith(_PREFIXES) and name not in _HARMLESS)
    return token["part"] is not None and name in _ATTRIBUTES
