"""Every word of the query must have a part in it: a name, a function, or a word that T-SQL has at such a place.

The parser takes in words of other dialects without a trace in the tree (MATERIALIZED, DISTINCT ON); here they show.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.sql.fault import SqlFault
from engine.sql.read_only.subject import Subject, start_of
from engine.sql.scanner import TokenKind
from engine.sql.statement import SYMBOLS
from engine.sql.wordlist import words

_RESERVED = words("reserved_words.txt")
_DIGITS = frozenset("0123456789.$")
_KNOWN = words("query_words.txt", "reserved", "other", "dateparts", "types") | words("functions.txt") | SYMBOLS | {""}


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `sql-syntax` for words without a part, reserved words as names, and numbers as aliases."""
    named = {start_of(node) for node in subject.calls()}
    for identifier in subject.nodes(exp.Identifier):
        start, name = start_of(identifier), identifier.this
        named.add(start)
        if start >= 0 and (name.lower() in _RESERVED or name[:1] in _DIGITS) and not identifier.args.get("quoted"):
            yield _unnamed(start, name)
    for alias in subject.nodes(exp.Alias):
        yield from _alias(subject, start_of(alias.args["alias"]))
    for token, word in zip(subject.query.tokens, subject.query.words, strict=True):
        if word not in _KNOWN and token.start not in named and token.kind is TokenKind.WORD:
            index = subject.query.tokens.index(token)
            if not _is_elsewhere(subject, index, word):
                yield _fault(token.start, word, "{} has no meaning here in T-SQL.", "As a name, write it as [{}].")


def _unnamed(start: int, name: str) -> SqlFault:
    if name[:1] in _DIGITS:
        return _fault(start, name, "{} is no name.", "Begin a name with a letter, or write [{}].")
    return _fault(start, name, "{} is a reserved word of T-SQL.", "As a name, write it as [{}].")


def _alias(subject: Subject, start: int) -> Iterator[SqlFault]:
    """`SELECT a.b = 1` is no alias."""
    if subject.query.blanked[:start].rstrip().endswith("."):
        name = subject.query.blanked[start:].split("=")[0].strip()
        yield _fault(start, name, "The alias {} has a dot before it.", "Write {} = …, or … AS {}.")


def _is_elsewhere(subject: Subject, index: int, word: str) -> bool:
    """Whether another rule looks at the word: collations have names of their own, hints are judged with their table."""
    if subject.tokens.word(index - 1) == "collate":
        return True
    return any(
        part.name.lower() == word for hint in subject.nodes(exp.WithTableHint) for part in hint.find_all(exp.Var)
    )


def _fault(offset: int, name: str, message: str, hint: str) -> SqlFault:
    return SqlFault("sql-syntax", offset, message.replace("{}", name), hint.replace("{}", name))
