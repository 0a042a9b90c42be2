"""A batch cut into its statements, as far as the stand-in knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pysqlbridge.tds.result import QueryError

from engine.sql.scanner import Token, TokenKind, scan


class StatementKind(StrEnum):
    """What the stand-in does with a statement."""

    QUERY = "query"
    SET = "set"
    BEGIN = "begin transaction"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    WAIT = "waitfor"
    NOTHING = "use"
    WRITE = "write"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. In `sql` a `?` stands for each parameter; `variables` are their names, lower case, in order.

    `text` is the statement as it arrived.
    """

    kind: StatementKind
    text: str
    sql: str
    variables: tuple[str, ...]


_STARTS: Final = frozenset(
    [
        "select",
        "with",
        "set",
        "begin",
        "commit",
        "rollback",
        "save",
        "use",
        "waitfor",
        "if",
        "declare",
        "exec",
        "execute",
        "print",
        "raiserror",
        "throw",
        "insert",
        "update",
        "delete",
        "merge",
        "truncate",
        "create",
        "alter",
        "drop",
        "grant",
        "revoke",
        "deny",
        "kill",
        "backup",
        "restore",
        "dbcc",
        "bulk",
        "while",
        "return",
    ]
)
_CONTINUES: Final = frozenset({"union", "all", "except", "intersect", "as", "begin", "if", "explain"})
_DEFINITIONS: Final = frozenset({"create", "alter", "drop"})  # whose words mean anything
_WRITES: Final = frozenset(
    [
        "insert",
        "update",
        "delete",
        "merge",
        "truncate",
        "bulk",
        "create",
        "alter",
        "drop",
        "grant",
        "revoke",
        "deny",
        "exec",
        "execute",
    ]
)
_KINDS: Final = {
    "select": StatementKind.QUERY,
    "with": StatementKind.QUERY,
    "set": StatementKind.SET,
    "commit": StatementKind.COMMIT,
    "rollback": StatementKind.ROLLBACK,
    "use": StatementKind.NOTHING,
    "waitfor": StatementKind.WAIT,
    **dict.fromkeys(_WRITES, StatementKind.WRITE),
}
_CONDITIONAL_ROLLBACK: Final = re.compile(r"if\s+@@trancount\s*(>|<>|!=)\s*0\s+(rollback|commit)\b", re.IGNORECASE)
_BEGIN: Final = re.compile(r"begin\s+(tran|transaction)\b", re.IGNORECASE)


def statements(batch: str) -> list[Statement]:
    """The statements of a batch; raises QueryError 102 or 105 where it cannot be cut."""
    found = scan(batch)
    if found.faults:
        raise QueryError(
            f"Unclosed quotation mark or incorrect syntax: {found.faults[0].message}", number=105, severity=15
        )
    tokens = [
        (token, word)
        for token, word in zip(found.tokens, found.words, strict=True)
        if token.kind is not TokenKind.COMMENT
    ]
    cut: list[list[tuple[Token, str]]] = [[]]
    depth, after_with = 0, False
    for token, word in tokens:
        depth += {"(": 1, ")": -1}.get(word, 0)
        current = cut[-1]
        if word == ";" and depth == 0:
            cut.append([])
            after_with = False
            continue
        if current and depth == 0 and _begins(word, current, after_with):
            cut.append(current := [])
            after_with = False
        if not current:
            after_with = word == "with"
        elif after_with and word == "select" and depth == 0:
            after_with = False
        current.append((token, word))
    return [_statement(batch, part) for part in cut if part]


def _begins(word: str, current: list[tuple[Token, str]], after_with: bool) -> bool:
    if word not in _STARTS:
        return False
    last, first = current[-1][1], current[0][1]
    if first in _DEFINITIONS or (first in _WRITES and word in ("select", "set", "with", "exec", "execute")):
        return False
    if word == "with":
        return False  # a table hint, where no semicolon stands before it
    if word == "select":
        return not after_with and last not in _CONTINUES
    if first == "if" or last == "begin":
        return False
    return first != "set" or word != "transaction"


def _statement(batch: str, part: list[tuple[Token, str]]) -> Statement:
    start, end = part[0][0].start, part[-1][0].end
    text, first = batch[start:end], part[0][1]
    kind = _KINDS.get(first, StatementKind.OTHER)
    if first == "begin" and _BEGIN.match(text):
        kind = StatementKind.BEGIN
    conditional = _CONDITIONAL_ROLLBACK.match(text)
    if conditional:
        kind = StatementKind.ROLLBACK if conditional[2].lower() == "rollback" else StatementKind.COMMIT
    pieces, variables, at = [], [], start
    for token, _ in part:
        if token.kind is TokenKind.VARIABLE and not (name := batch[token.start : token.end]).startswith("@@"):
            pieces += [batch[at : token.start], "?"]
            variables.append(name.lower())
            at = token.end
    return Statement(kind, text, "".join([*pieces, batch[at:end]]), tuple(variables))
