"""The tokens of one statement, as the static checks look at them."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import compress

from msgspec import Struct

from engine.model import Edit
from engine.sql.fault import SqlFault
from engine.sql.scanner import Scan, Token, TokenKind
from engine.sql.wordlist import words

CONTINUED = words("query_words.txt", "continued")
"""The reserved words after which a query must go on."""
OPERANDS = frozenset(
    {
        TokenKind.NUMBER,
        TokenKind.STRING,
        TokenKind.QUOTED,
        TokenKind.BRACKETED,
        TokenKind.PLACEHOLDER,
        TokenKind.VARIABLE,
    }
)
"""What stands for a value or a name, but for words."""
NAMES = frozenset({TokenKind.WORD, TokenKind.QUOTED, TokenKind.BRACKETED})
"""What may be a name."""


_PLAIN = re.compile(r"[^\W\d]\w*")


class Tokens(Struct, frozen=True, dict=True):
    """The tokens of a statement without comments.

    `lower` has the lower case of a word or symbol, and of a type in brackets, else ''.
    """

    text: str
    all: tuple[Token, ...]
    lower: tuple[str, ...]

    @classmethod
    def of(cls, text: str, found: Scan) -> Tokens:
        """The tokens of `text` but for its comments and the semicolons that lead and trail."""
        kept, lower = found.tokens, found.words
        if found.comments:
            comment = TokenKind.COMMENT
            is_kept = [token.kind is not comment for token in kept]
            kept, lower = tuple(compress(kept, is_kept)), tuple(compress(lower, is_kept))
        first, last = 0, len(kept)
        while first < last and lower[first] == ";":
            first += 1
        while first < last and lower[last - 1] == ";":
            last -= 1
        return cls(text, kept[first:last], lower[first:last])

    def before(self, index: int) -> Tokens:
        """The tokens before the one at `index`."""
        return Tokens(self.text, self.all[:index], self.lower[:index])

    @cached_property
    def openings(self) -> list[int]:
        """For each token the index of the `(` that it stands in, -1 where it stands in none."""
        found, opened = [], [-1]
        for index, word in enumerate(self.lower):
            found.append(opened[-1])
            if word == "(":
                opened.append(index)
            elif word == ")" and len(opened) > 1:
                opened.pop()
        return found

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
            return self.lower[index] not in CONTINUED
        return kind in OPERANDS or self.word(index) in {")", "*"}

    def name(self, index: int) -> str:
        """The name at `index` without its delimiters."""
        source = self.source(index)
        if source[0] == "[":
            return source[1:-1].replace("]]", "]")
        return source[1:-1].replace('""', '"') if source[0] == '"' else source

    def renaming(self, start: int, name: str, owner: str | None = None) -> Edit | None:
        """The edit that puts `name` (behind `owner.`) in the place of the name that begins at `start`; None without."""
        index = self.index(start)
        if self.kind(index) not in NAMES or self.all[index].start != start:
            return None
        source = self.source(index)
        new = self.delimited(name, source[0])
        return Edit(start, source, new if owner is None else f"{self.delimited(owner)}.{new}")

    def addition(self, index: int, text: str) -> Edit:
        """The edit that puts `text` behind the token at `index`."""
        source = self.source(index)
        return Edit(self.all[index].start, source, source + text)

    def index(self, start: int) -> int:
        """The index of the first token that begins at that offset or behind it."""
        return bisect_left(self.all, start, key=lambda token: token.start)

    @staticmethod
    def delimited(name: str, mark: str = "") -> str:
        """The name in brackets or quotes where `mark` is one, or where it needs them."""
        if mark == '"':
            return '"' + name.replace('"', '""') + '"'
        is_plain = _PLAIN.fullmatch(name) and name.lower() not in words("reserved_words.txt")
        return name if is_plain and mark != "[" else "[" + name.replace("]", "]]") + "]"

    def fault(self, index: int, rule: str, message: str, hint: str) -> SqlFault:
        """A fault at the token at `index`, whose text stands in for {} in both sentences, in backticks in the first."""
        source = self.source(index)
        quoted = message.replace("{}", f"`{source}`")
        return SqlFault(rule, self.all[index].start, quoted, hint.replace("{}", source))
