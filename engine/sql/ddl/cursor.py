"""A place in the tokens of a DDL script, with the small steps that reading one takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.sql.fault import SqlFault
from engine.sql.scanner import Token, TokenKind, scan

_NAMES = frozenset({TokenKind.WORD, TokenKind.QUOTED, TokenKind.BRACKETED})


class UnreadableError(Exception):
    """A statement that cannot be read: `offset` says where, the message what was expected there."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


class UndeclaredError(UnreadableError):
    """A statement about a table that the script does not declare: it is passed over, and warned of."""


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A schema object's name as written; `schema` and `database` are None where not given. `offset` is its place.

    `name_offset` is that of its last part.
    """

    database: str | None
    schema: str | None
    name: str
    offset: int
    name_offset: int


@dataclass(frozen=True, slots=True)
class Script:
    """A script's tokens without its comments. `words` has a token's upper case where it is a word or symbol, else ''.

    `origin` is the place of a script that is itself a literal of another one: all its offsets are that place.
    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    faults: tuple[SqlFault, ...]
    origin: int | None

    @classmethod
    def of(cls, text: str, *, origin: int | None = None) -> Script:
        """Scans `text`; what does not scan is among `faults`."""
        found = scan(text)
        comment, plain = TokenKind.COMMENT, {TokenKind.WORD, TokenKind.SYMBOL}
        tokens = tuple([token for token in found.tokens if token.kind is not comment])
        words = tuple([text[token.start : token.end].upper() if token.kind in plain else "" for token in tokens])
        # The scanner's other faults are about what a query may hold.
        unclosed = (fault for fault in found.faults if fault.rule == "sql-syntax")
        faults = unclosed if origin is None else (replace(fault, offset=origin) for fault in unclosed)
        return cls(text, tokens, words, tuple(faults), origin)

    def place(self, index: int) -> int:
        """The offset of the token at `index`, the text's end where there is none."""
        if self.origin is not None:
            return self.origin
        return self.tokens[index].start if index < len(self.tokens) else len(self.text)

    def batches(self) -> Iterator[Cursor]:
        """A cursor for each batch; batches end at a line that holds nothing but GO (and a count)."""
        start = 0
        for index, word in enumerate(self.words):
            if word == "GO" and self._alone(index):
                yield Cursor(self, start, index)
                has_count = self._kind(index + 1) is TokenKind.NUMBER and not self._breaks_before(index + 1)
                start = index + 2 if has_count else index + 1
        yield Cursor(self, start, len(self.tokens))

    def _kind(self, index: int) -> TokenKind | None:
        return self.tokens[index].kind if index < len(self.tokens) else None

    def _breaks_before(self, index: int) -> bool:
        """Whether a line break, or an end of the script, stands before the token at `index`."""
        if index in (0, len(self.tokens)):
            return True
        return "\n" in self.text[self.tokens[index - 1].end : self.tokens[index].start]

    def _alone(self, index: int) -> bool:
        follower = index + 2 if self._kind(index + 1) is TokenKind.NUMBER else index + 1
        return self._breaks_before(index) and (
            self._breaks_before(index + 1) or self._breaks_before(min(follower, len(self.tokens)))
        )


@dataclass(slots=True)
class Cursor:
    """Reads the tokens of `script` from `index` up to `end`. What does not fit raises UnreadableError."""

    script: Script
    index: int
    end: int

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.index >= self.end

    @property
    def word(self) -> str:
        """The word or symbol here, in upper case; '' for a name in quotes, a literal or the end."""
        return self.script.words[self.index] if self.index < self.end else ""

    @property
    def offset(self) -> int:
        """Where in the text the cursor stands."""
        return self.script.place(self.index)

    @property
    def kind(self) -> TokenKind | None:
        """The kind of the token here, None at the end."""
        return None if self.done else self.script.tokens[self.index].kind

    @property
    def at_name(self) -> bool:
        """Whether an identifier stands here, quoted or not."""
        return self.kind in _NAMES

    def words(self, *expected: str) -> bool:
        """Whether these words stand here, one after another."""
        stop = self.index + len(expected)
        return stop <= self.end and self.script.words[self.index : stop] == expected

    def accept(self, *expected: str) -> bool:
        """Steps over these words if they stand here."""
        if not self.words(*expected):
            return False
        self.index += len(expected)
        return True

    def accept_any(self, *choices: str) -> bool:
        """Steps over one of these words if one stands here."""
        if self.word not in choices or self.done:
            return False
        self.index += 1
        return True

    def expect(self, *expected: str) -> None:
        """Steps over these words; raises UnreadableError where they do not stand here."""
        if not self.accept(*expected):
            raise self.unreadable(f"{' '.join(expected)} is expected here")

    def unreadable(self, message: str) -> UnreadableError:
        """The error for what stands here."""
        return UnreadableError(self.offset, message)

    def follows(self, word: str) -> bool:
        """Whether `word` stands just before."""
        return self.index > 0 and self.script.words[self.index - 1] == word

    def source(self) -> str:
        """The token here as written, '' at the end."""
        if self.done:
            return ""
        token = self.script.tokens[self.index]
        return self.script.text[token.start : token.end]

    def text_between(self, start: int, stop: int) -> str:
        """The source from the token at index `start` up to the one before `stop`, comments included."""
        if stop <= start:
            return ""
        tokens = self.script.tokens
        return self.script.text[tokens[start].start : tokens[stop - 1].end]

    def name(self) -> str:
        """An identifier, without its quotes or brackets."""
        if not self.at_name:
            raise self.unreadable("a name is expected here")
        name = identifier(self.source())
        self.index += 1
        return name

    def object_name(self) -> ObjectName:
        """`name`, `schema.name`, `database.schema.name` or `database..name`; the database is passed over."""
        offset = self.offset
        last = offset
        parts: list[str | None] = [self.name()]
        while self.accept("."):
            last = self.offset
            parts.append(None if self.word == "." else self.name())
        database, schema, name = [None, None, *parts][-3:]
        return ObjectName(database, schema, name or "", offset, last)

    def string(self) -> str | None:
        """The value of a string literal if one stands here, stepped over; else None."""
        if self.kind is not TokenKind.STRING:
            return None
        value = self.source()
        self.index += 1
        return value[value.index("'") + 1 : -1].replace("''", "'")

    def argument(self) -> str | None:
        """The value of an argument of EXEC, `'…'`, `[…]` or `@name = '…'`; steps over it. None for any other."""
        if self.kind is TokenKind.VARIABLE:
            self.step()
            if not self.accept("="):
                return None
        if self.at_name and self.word not in ("NULL", "DEFAULT"):
            return self.name()  # EXEC takes a name for a string
        return self.string()

    def arguments(self) -> list[str]:
        """The values of an EXEC's arguments, in their order; the first that is no text ends them."""
        found: list[str] = []
        while not self.done:
            value = self.argument()
            if value is None:
                break
            found.append(value)
            if not self.accept(","):
                break
        return found

    def group(self) -> Cursor:
        """What the parentheses opening here hold; steps over them."""
        self.expect("(")
        start, depth, words = self.index, 1, self.script.words
        for index in range(start, self.end):
            depth += (words[index] == "(") - (words[index] == ")")
            if depth == 0:
                self.index = index + 1
                return Cursor(self.script, start, index)
        self.index = self.end  # nobody knows what of the rest is inside
        raise UnreadableError(self.script.place(start - 1), "the parenthesis that opens here is never closed")

    def step(self) -> None:
        """Steps over one token, or over a whole parenthesised group."""
        if self.word == "(":
            self.group()
        else:
            self.index += 1

    def items(self) -> Iterator[Cursor]:
        """A cursor for each item of a list separated by commas, up to the end."""
        start, words = self.index, self.script.words
        while self.index < self.end:
            word = words[self.index]
            if word == "(":
                self.group()
                continue
            if word == ",":
                yield Cursor(self.script, start, self.index)
                start = self.index + 1
            self.index += 1
        if start < self.end:
            yield Cursor(self.script, start, self.end)


def identifier(source: str) -> str:
    """The name that an identifier stands for: `[a]]b]` and `"a]b"` are a]b."""
    if source.startswith("["):
        return source[1:-1].replace("]]", "]")
    if source.startswith('"'):
        return source[1:-1].replace('""', '"')
    return source


def bracketed(name: str) -> str:
    """The identifier for a name, whatever characters are in it: `[a]]b]` for a]b."""
    return "[" + name.replace("]", "]]") + "]"
