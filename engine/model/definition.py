"""A service definition as its file says it, with the place of everything that a diagnostic may point at."""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from operator import attrgetter
from typing import Final

from msgspec import Struct

from engine.model.diagnostic import Position

DEFAULT_MAX_ROWS: Final = 1000
"""How many rows a step of result `many` may find where nobody says otherwise (definition language, section 4)."""


class ResultKind(StrEnum):
    """How many rows a step promises."""

    ONE = "one"
    OPTIONAL = "optional"
    MANY = "many"


class ArgumentType(StrEnum):
    """The declared type of an argument."""

    STRING = "string"
    INT = "int"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    DATETIMEOFFSET = "datetimeoffset"
    GUID = "guid"


class Mark(Struct, frozen=True, gc=False):
    """Where a piece of a text begins: at `offset` of the text, and in the file; whether it is of a CDATA section."""

    offset: int
    line: int
    column: int
    is_cdata: bool = False


class LocatedText(Struct, frozen=True, gc=False):
    """Text of an element whose characters may come from several pieces of the file (CDATA, entities, comments between).

    `marks` has one for each piece, rising by offset, the first at 0. In a piece, each line break is one of the file.
    """

    value: str
    marks: tuple[Mark, ...]

    def mark(self, offset: int) -> Mark:
        """Where the piece begins that the character at `offset` is of."""
        marks = self.marks
        return marks[bisect_right(marks, offset, key=_offset) - 1] if len(marks) > 1 else marks[0]

    def position(self, offset: int) -> Position:
        """The place in the file of the character at `offset` of `value`; the end of the text is behind its last one."""
        value, mark = self.value, self.mark(offset)
        before = min(offset, len(value) - 1)
        last = value.rfind("\n", mark.offset, before) if before > mark.offset else -1
        if last < 0:
            return Position(mark.line, mark.column + offset - mark.offset)
        return Position(mark.line + value.count("\n", mark.offset, before), offset - last)


_offset = attrgetter("offset")


class Edit(Struct, frozen=True, gc=False):
    """A change of a text: `new` instead of `old`, which stands at `offset`. To insert, `old` is what stands beside."""

    offset: int
    old: str
    new: str


class Remark(Struct, frozen=True, gc=False):
    """What stands at another place of a text that a finding is about."""

    offset: int
    message: str


class AuthorsComment(Struct, frozen=True, gc=False):
    """An XML comment that begins with `aptic:`, and the extent of the element that it stands before.

    `begin` is the element's first character and `end` the place behind its last; None where only text follows, or none.
    """

    text: LocatedText
    begin: Position | None = None
    end: Position | None = None


class SecretSource(Struct, frozen=True, gc=False):
    """`$secret`: the registration's secret, which never reaches the ledger."""


class DataSource(Struct, frozen=True, gc=False):
    """`$data.…`: a path into the event message; a string is a member, an int an index."""

    path: tuple[str | int, ...]


class StepSource(Struct, frozen=True, gc=False):
    """`$steps.NAME.COLUMN`: a column of an earlier step; both match regardless of case."""

    step: str
    column: str


Source = SecretSource | DataSource | StepSource


class Argument(Struct, frozen=True, gc=False):
    """One `<argument>`. `source` is None where its text is not understood (rule `argument-source`)."""

    source_text: str
    source: Source | None
    type: ArgumentType
    nullable: bool
    default: str | None
    position: Position
    source_position: Position
    default_position: Position | None


class Step(Struct, frozen=True, gc=False):
    """One `<query>`: its SQL as the author wrote it, and the arguments in order."""

    name: str | None
    result: ResultKind
    output: bool
    sql: LocatedText
    arguments: tuple[Argument, ...]
    position: Position
    name_position: Position | None

    @property
    def secret_placeholders(self) -> frozenset[int]:
        """Which of the query's `?`, from 0, stand for the secret."""
        return frozenset([n for n, argument in enumerate(self.arguments) if isinstance(argument.source, SecretSource)])


class Disclosure(Struct, frozen=True, gc=False):
    """That the body may show columns classified by this label, and why."""

    label: str
    reason: str
    position: Position


class Definition(Struct, frozen=True, gc=False):
    """One service definition. `content_hash` is the SHA-256 of the file's bytes, in hex."""

    category: str
    name: str
    description: str | None
    steps: tuple[Step, ...]
    body: LocatedText | None
    file: str
    content_hash: str
    name_position: Position
    disclosures: tuple[Disclosure, ...] = ()
