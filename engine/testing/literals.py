"""Reads `data.sql`: INSERT statements of literals, bare or in a CAST, with comments, GO, PRINT and SET between them.

One match per literal, and a table's values column by column: a few thousand rows take a fraction of a second.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Final, NoReturn

from engine.errors import ConfigurationError
from engine.sql.ddl import identifier
from engine.sql.schema import LedgerSchema
from engine.testing.cast import cast_value
from engine.testing.insertion import LITERAL, Insertion, Slot, TableRows, plan

_BLANK: Final = r"(?:\s++|--[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_NAME: Final = r'(?:\[[^\]]++(?:\]\][^\]]*+)*+\]|"[^"]++(?:""[^"]*+)*+"|[^\W\d][\w@$#]*+)'
_VALUE: Final = re.compile(rf"{_BLANK}{LITERAL}{_BLANK}[,)]")
_CAST: Final = re.compile(
    rf"{_BLANK}CAST{_BLANK}\({_BLANK}{LITERAL}{_BLANK}\bAS\b{_BLANK}"
    rf"(?P<type>\[?+[a-z][a-z0-9]*+\]?+(?:[ \t]*+\([0-9, ]++\))?+){_BLANK}\){_BLANK}[,)]",
    re.IGNORECASE,
)
_ROW: Final = re.compile(rf"{_BLANK}\(")
_NEXT_ROW: Final = re.compile(rf"{_BLANK},")
_INSERT: Final = re.compile(
    rf"INSERT\b{_BLANK}(?:INTO\b{_BLANK})?+(?P<table>{_NAME}(?:{_BLANK}\.{_BLANK}{_NAME})*+){_BLANK}"
    rf"(?P<columns>\({_BLANK}{_NAME}(?:{_BLANK},{_BLANK}{_NAME})*+{_BLANK}\){_BLANK})?+VALUES\b",
    re.IGNORECASE,
)
_OPTION: Final = (
    "(?:NOCOUNT|ANSI_NULLS|ANSI_NULL_DFLT_ON|ANSI_PADDING|ANSI_WARNINGS|ARITHABORT|CONCAT_NULL_YIELDS_NULL"
    "|NUMERIC_ROUNDABORT|QUOTED_IDENTIFIER|XACT_ABORT)"
)
_PASSED_OVER: Final = re.compile(
    rf"{_BLANK}(?:;|GO[ \t]*(?=[\r\n]|--|\Z)|USE[ \t]+{_NAME}|PRINT[ \t]*N?'[^'\r\n]*+'"
    rf"|SET[ \t]+(?:{_OPTION}(?:[ \t]*,[ \t]*{_OPTION})*+|IDENTITY_INSERT[ \t]+{_NAME}(?:\.{_NAME})*+)"
    rf"[ \t]+(?:ON|OFF)\b)",
    re.IGNORECASE,
)
_NOT_OF_TYPE: Final = re.compile(r"[\[\]\s]")
_BLANKS: Final = re.compile(_BLANK)
_NAMES: Final = re.compile(rf"{_BLANK}(?:[(,.]{_BLANK})?+({_NAME})")


def read_data(text: str, schema: LedgerSchema, file: str = "data.sql") -> tuple[TableRows, ...]:
    """The rows that the script inserts, by table in the order of first use.

    Raises ConfigurationError with `file` and the line for what is not `INSERT … VALUES` of literals, and for values
    that SQL Server would refuse, cut or round.
    """
    return _Reader(text, schema, file).read()


class _Reader:
    """Reads one script; the tables fill up as it goes on."""

    def __init__(self, text: str, schema: LedgerSchema, file: str) -> None:
        self._text = text
        self._schema = schema
        self._file = file
        self._tables: dict[tuple[str, str], TableRows] = {}
        self._versions = count(1)

    def read(self) -> tuple[TableRows, ...]:
        """The rows of all INSERT statements, by table."""
        position = 0
        while position < len(self._text):
            passed = _PASSED_OVER.match(self._text, position) or _BLANKS.match(self._text, position)
            if passed is not None and passed.end() > position:
                position = passed.end()
                continue
            insert = _INSERT.match(self._text, position)
            if insert is None:
                self._refuse(
                    position, "only INSERT … VALUES (…), with GO, USE, PRINT and SET … ON between, is read here"
                )
            position = self._read_rows(insert)
        for rows in self._tables.values():
            duplicate = rows.duplicate()
            if duplicate is not None:
                self._refuse(duplicate, f"an earlier row of {rows.table.name} has the same primary key")
        return tuple(self._tables.values())

    def _refuse(self, position: int, message: str) -> NoReturn:
        line = self._text.count("\n", 0, position) + 1
        raise ConfigurationError(f"{self._file}:{line}: {message}", file=self._file, line=line)

    def _read_rows(self, insert: re.Match[str]) -> int:
        """Reads the rows of one INSERT; returns where they end."""
        rows = self._rows_of(insert)
        insertion = self._insertion(insert, rows)
        position = insert.end()
        while True:
            start = _ROW.match(self._text, position)
            if start is None:
                self._refuse(_end_of_blank(self._text, position), "a row in parentheses is expected here")
            rows.offsets.append(start.end() - 1)
            position = self._read_row(start.end(), insertion.slots)
            for filler in insertion.fillers:
                filler.append(filler.make())
            following = _NEXT_ROW.match(self._text, position)
            if following is None:
                return position
            position = following.end()

    def _rows_of(self, insert: re.Match[str]) -> TableRows:
        *schemas, name = _names(insert["table"])
        table = self._schema.table(name, schemas[-1] if schemas else None)
        if table is None or table.is_select:
            self._refuse(insert.start("table"), f"{insert['table'].strip()} is not a table of the schema")
        return self._tables.setdefault((table.schema, table.name), TableRows.of(table))

    def _insertion(self, insert: re.Match[str], rows: TableRows) -> Insertion:
        names = _names(insert["columns"]) if insert["columns"] else None
        try:
            return plan(rows, names, self._schema.collation, self._versions)
        except ValueError as error:
            self._refuse(insert.start("table"), str(error))

    def _read_row(self, position: int, slots: tuple[Slot, ...]) -> int:
        """Reads the values of one row; returns where the row ends."""
        text, match, last = self._text, _VALUE.match, slots[-1]
        for slot in slots:
            found = match(text, position) or _CAST.match(text, position)
            if found is None:
                start = _end_of_blank(text, position)
                self._refuse(start, f"a literal is expected here, for column {slot.column.name}")
            form = found.lastgroup or ""
            try:
                slot.append(_cast(slot, found) if form == "type" else slot.forms[form](found[form]))
            except KeyError:
                self._refuse(found.start(form), f"column {slot.column.name} does not take a {form} literal")
            except ValueError as error:
                self._refuse(found.start(form), f"column {slot.column.name} {error}")
            position = found.end()
            if (text[position - 1] == ")") is not (slot is last):
                self._refuse(position - 1, f"a row of {len(slots)} values is expected here, one for each column")
        return position


def _cast(slot: Slot, found: re.Match[str]) -> object:
    """The value of a CAST. Raises ValueError, its message going on after the column's name."""
    form, literal = next((name, text) for name, text in found.groupdict().items() if text is not None)
    return cast_value(slot.forms, slot.column.type, form, literal, _NOT_OF_TYPE.sub("", found["type"]))


def _end_of_blank(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found is not None else position


def _names(source: str) -> list[str]:
    """The names in a list or a dotted name, comments between them passed over."""
    return [identifier(found[1]) for found in _NAMES.finditer(source)]
