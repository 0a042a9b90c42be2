"""The rows of fixtures/ledger/data.sql in plain Python, and JSON written by hand: for fixture_reckoning.py."""

from __future__ import annotations

import base64
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures"
Row = dict[str, Any]
_STATEMENT = re.compile(r"INSERT INTO (\w+) \(([^)]*)\) VALUES\n")
_TOKEN = re.compile(r"\s*(?:(?P<text>N?'(?:[^']|'')*')|0x(?P<bytes>[0-9A-F]*)|(?P<word>[-+.\w]+)|(?P<mark>[(),;]))")


class Ledger:
    """The rows of data.sql by table: int, Decimal, str (also for dates, times and GUIDs), bytes and None."""

    def __init__(self, script: str) -> None:
        self.tables: dict[str, list[Row]] = {}
        position = 0
        while statement := _STATEMENT.match(script, position):
            columns = statement[2].split(", ")
            position = statement.end()
            values: list[Any] = []
            rows = self.tables.setdefault(statement[1], [])
            while (token := _TOKEN.match(script, position)) and token["mark"] != ";":
                position = token.end()
                if token["mark"] == ")":
                    rows.append(dict(zip(columns, values, strict=True)))
                    values = []
                elif not token["mark"]:
                    values.append(_value(token))
            position = script.index("\nGO\n", position) + 4
        if position != len(script):
            raise ValueError(f"not a plain INSERT: {script[position : position + 80]!r}")

    @classmethod
    def load(cls) -> Ledger:
        """The fixture ledger."""
        return cls((FIXTURES / "ledger/data.sql").read_bytes().decode())

    def all(self, table: str, **wanted: object) -> list[Row]:
        """The rows that have those values; texts as SQL Server compares them."""
        return [row for row in self.tables[table] if all(same(row[name], value) for name, value in wanted.items())]

    def one(self, table: str, **wanted: object) -> Row:
        """The only such row."""
        (row,) = self.all(table, **wanted)
        return row

    def some(self, table: str, **wanted: object) -> Row | None:
        """The only such row, or None. A wanted null finds nothing, as in SQL."""
        return self.one(table, **wanted) if None not in wanted.values() and self.all(table, **wanted) else None


def _value(token: re.Match[str]) -> object:
    if token["text"]:
        return token["text"].removeprefix("N")[1:-1].replace("''", "'")
    if token["bytes"] is not None:
        return bytes.fromhex(token["bytes"])
    word = token["word"]
    if word == "NULL":
        return None
    return int(word) if word.lstrip("-").isdigit() else Decimal(word)


def same(left: object, right: object) -> bool:
    """Equality as under SQL Server's default collation: neither case nor trailing blanks count."""
    return folded(left) == folded(right)


def folded(value: object) -> object:
    """What `same` compares."""
    return value.rstrip(" ").casefold() if isinstance(value, str) else value


def write(value: object) -> str:
    """Compact JSON; a Decimal keeps its digits, bytes are base64."""
    match value:
        case dict():
            return "{" + ",".join(f"{write(name)}:{write(member)}" for name, member in value.items()) + "}"
        case list():
            return "[" + ",".join(write(item) for item in value) + "]"
        case Decimal():
            return format(value, "f")
        case bytes():
            return write(base64.b64encode(value).decode())
        case _:
            return json.dumps(value, ensure_ascii=False)


def stamp(text: str | None) -> str | None:
    """A time with the trailing zeros of its fraction removed."""
    return text.rstrip("0").rstrip(".") if text and "." in text else text


def cents(amount: Decimal | int) -> Decimal:
    """The amount with two decimals."""
    return Decimal(amount).quantize(Decimal("0.01"))


def invoice(ledger: Ledger, data: Row) -> tuple[Row, Row]:
    """The ledger account of the event, and the members that tell which invoice it is."""
    account = ledger.one("dat_ledgeraccount", ledgeraccountid=int(data["ledgeraccountid"]))
    debt = ledger.one("dat_debthead", debtheadid=account["maindebtheadid"])
    return account, {"invoiceguid": account["uniqueid"], "invoicenumber": debt["debtref"]}
