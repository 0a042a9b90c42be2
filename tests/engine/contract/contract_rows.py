"""Rows of chance for the fixture ledger: full of NULL, of the longest and greatest values, and of values that meet."""

from __future__ import annotations

from random import Random

from engine.model import Kind, SqlType
from engine.sql.schema import LedgerSchema, Table

_BOUNDS = {
    Kind.TINYINT: (0, 255),
    Kind.SMALLINT: (-(2**15), 2**15 - 1),
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.BIGINT: (-(2**63), 2**63 - 1),
}
_WORDS = ["", " ", "x", "OPEN", "open", "Legal", "1", "12.50", "Ä", "a  ", "H", "P"]
_ROWS = 5


def data_script(schema: LedgerSchema, seed: int) -> str:
    """INSERT statements for every table of the schema."""
    random = Random(seed)  # noqa: S311  it rolls dice
    return "\n".join(_insert(table, random) for table in schema.tables.values() if not table.is_view)


def _insert(table: Table, random: Random) -> str:
    names = ", ".join(column.name for column in table.columns)
    rows = []
    for number in range(1, _ROWS + 1):
        values = []
        for column in table.columns:
            if column.name in table.primary_key:
                values.append(_key(column.type, number))
            elif column.nullable and random.random() < 0.4:
                values.append("NULL")
            else:
                values.append(_literal(column.type, column.name, random))
        rows.append(f"({', '.join(values)})")
    return f"INSERT INTO {table.schema}.{table.name} ({names}) VALUES\n" + ",\n".join(rows) + ";\nGO"


def _key(type_: SqlType, number: int) -> str:
    return f"'{number}'" if type_.kind not in _BOUNDS else str(number)


def _literal(type_: SqlType, name: str, random: Random) -> str:
    kind = type_.kind
    if kind in _BOUNDS:
        least, greatest = _BOUNDS[kind]
        if name.endswith("id"):
            return str(random.randint(1, _ROWS + 1))
        return str(random.choice([random.randint(0, 6), random.randint(0, 6), least, greatest]))
    if kind is Kind.BIT:
        return random.choice("01")
    if kind in (Kind.DECIMAL, Kind.MONEY, Kind.SMALLMONEY):
        return _decimal(type_, random)
    if kind in (Kind.FLOAT, Kind.REAL):
        return random.choice(["0", "1.5", "-2.25e10", "1e-5", "123456.75"])
    if kind in (Kind.CHAR, Kind.VARCHAR, Kind.NCHAR, Kind.NVARCHAR):
        return _text(type_, random)
    if kind in (Kind.VARBINARY, Kind.BINARY):
        return "0x" + "".join(random.choices("0123456789ABCDEF", k=2 * random.choice([1, type_.length or 9])))
    return _special(kind, type_, random)


def _decimal(type_: SqlType, random: Random) -> str:
    precision, scale = {Kind.MONEY: (18, 4), Kind.SMALLMONEY: (9, 4)}.get(
        type_.kind, (type_.precision or 18, type_.scale or 0)
    )
    digits = random.choice([1, 3, precision - 1])
    text = str(random.randint(0, 10**digits - 1)).rjust(scale + 1, "0")
    return random.choice(["", "-"]) + (f"{text[:-scale]}.{text[-scale:]}" if scale else text)


def _text(type_: SqlType, random: Random) -> str:
    length = type_.length or 20
    text = random.choice([word for word in _WORDS if len(word) <= length] + ["z" * length])
    prefix = "N" if type_.kind in (Kind.NCHAR, Kind.NVARCHAR) else ""
    return f"{prefix}'{text}'"


def _special(kind: Kind, type_: SqlType, random: Random) -> str:
    day = f"{random.choice([1900, 2024, 2026, 2079])}-0{random.randint(1, 5)}-{random.randint(10, 28)}"
    clock = f"{random.randint(10, 23)}:{random.randint(10, 59)}"
    fraction = "".join(random.choices("0123456789", k=min(type_.scale or 0, 6)))
    seconds = f":{random.randint(10, 59)}" + (f".{fraction}" if fraction else "")
    match kind:
        case Kind.UNIQUEIDENTIFIER:
            return f"'{random.getrandbits(32):08x}-0F1E-4D2C-8B3A-594857667584'"
        case Kind.DATE:
            return f"'{day}'"
        case Kind.TIME:
            return f"'{clock}{seconds}'"
        case Kind.SMALLDATETIME:
            return f"'{day}T{clock}:00'"
        case Kind.DATETIME:
            return f"'{day}T{clock}:{random.randint(10, 59)}.{random.choice(['000', '003', '997'])}'"
        case Kind.DATETIME2:
            return f"'{day}T{clock}{seconds}'"
    raise AssertionError(f"no rows of chance have a {kind}")
