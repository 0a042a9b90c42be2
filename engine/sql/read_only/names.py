"""Every word of the query must have a part in it: a name, a function, or a word that T-SQL has at such a place.

The parser takes in words of other dialects without a trace in the tree (MATERIALIZED, DISTINCT ON); here they show.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.spelling import did_you_mean
from engine.sql.fault import SqlFault
from engine.sql.punctuation import SYMBOLS
from engine.sql.read_only.subject import Subject, start_of
from engine.sql.scanner import Token, TokenKind
from engine.sql.wordlist import words

_RESERVED = words("reserved_words.txt")
_DELIMITED = (TokenKind.QUOTED, TokenKind.BRACKETED)
_DIGITS = frozenset("0123456789.$")
_WITH_DATE_PART = words("function_arguments.txt", "with a date part")
_DATE_PARTS = frozenset(word for word in words("query_words.txt", "dateparts") if len(word) > 3)
_KNOWN = words("query_words.txt", "reserved", "other", "dateparts", "types") | words("functions.txt") | SYMBOLS


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `sql-syntax` for words without a part, reserved words as names, and numbers as aliases."""
    identifiers = subject.nodes(exp.Identifier)
    starts = [node.meta.get("start", -1) for node in identifiers]  # start_of() itself would take a third longer
    for start, identifier in zip(starts, identifiers, strict=True):
        name = identifier.this
        if (name.lower() in _RESERVED or name[:1] in _DIGITS) and start >= 0 and not identifier.args.get("quoted"):
            yield _unnamed(start, name)
    named = {start_of(node) for node in subject.calls}.union(starts)
    unnamed = [
        (token, word)
        for token, word in zip(subject.query.tokens, subject.query.words, strict=True)
        if word not in _KNOWN and token.start not in named and (word or token.kind in _DELIMITED)
    ]
    known = _own_types(subject) | ({":"} if subject.nodes(exp.JSONObject) else set())  # JSON_OBJECT('key': value)
    for token, word in unnamed:
        if not _is_elsewhere(subject, token, word) and word not in known:
            yield _without_part(subject, token)


def _unnamed(start: int, name: str) -> SqlFault:
    if name[:1] in _DIGITS:
        return _fault(start, name, "{} is no name.", "Begin a name with a letter, or write [{}].")
    return _fault(start, name, "{} is a reserved word of T-SQL.", "As a name, write it as [{}].")


def _own_types(subject: Subject) -> frozenset[str]:
    """The words of types that the parser has not, which another rule looks at."""
    kinds = [str(node.args["kind"]) for node in subject.nodes(exp.DataType) if node.args.get("kind")]
    return frozenset(word.strip('[]"').lower() for kind in kinds for word in kind.split("."))


def _without_part(subject: Subject, token: Token) -> SqlFault:
    tokens, index = subject.tokens, subject.query.tokens.index(token)
    source = subject.query.text[token.start : token.end]
    if tokens.word(index - 1) == "(" and tokens.word(index - 2) in _WITH_DATE_PART:
        hint = did_you_mean(source, _DATE_PARTS) or "Write year, quarter, month, week, day, hour, minute or second."
        return _fault(token.start, source, "{} is no part of a date.", hint)
    return _fault(token.start, source, "{} has no meaning here in T-SQL.", "Remove it, or write it as T-SQL has it.")


def _is_elsewhere(subject: Subject, token: Token, word: str) -> bool:
    """Whether another rule looks at the word: collations have names of their own, hints are judged with their table."""
    index = subject.query.tokens.index(token)
    if subject.tokens.word(index - 1) == "collate":
        return True
    return any(
        part.name.lower() == word for hint in subject.nodes(exp.WithTableHint) for part in hint.find_all(exp.Var)
    )


def _fault(offset: int, name: str, message: str, hint: str) -> SqlFault:
    return SqlFault("sql-syntax", offset, message.replace("{}", f"`{name}`"), hint.replace("{}", name))
