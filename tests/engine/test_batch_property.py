"""Generated definitions, messages, duplicates and poison: a batch gives what its messages give alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import msgspec
import pytest
from examples import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import Body, Composer, EngineError

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
LEDGERS = ["duckdb_ledger", "postgres_ledger", "freetds_ledger", "microsoft_ledger"]
MANY_ARGUMENTS = 40


class Piece(NamedTuple):
    """SQL with the types of its placeholders."""

    sql: str
    types: tuple[str, ...] = ()


# What hits, what misses, and what poisons: it does not bind, or the ledger refuses it for this event.
VALUES: dict[str, list[object]] = {
    "int": [111927, "111928", 111931, 111940, 112001, 0, -1, 2**63 - 1, "x", None],
    "count": [1, "2", 3, 0, -1, "x"],
    "decimal": ["623.00", "55", "0.10", "-1.5", "99999999999999999999999999999.99", "1e3", None],
    "string": ["765", "ÅÄÖ-17", "a\"b\\c{},'", "NULL", "", " ", "12", "x" * 300, 5, None],
    "date": ["2026-08-31", "0001-01-01", "9999-12-31", "2026-02-30", None],
    "datetime": ["2026-09-01T08:00:00.123", "2026-09-01 08:00:00", "1753-01-01T00:00:00", "now", None],
    "datetimeoffset": ["2026-09-01T08:00:00.123+01:00", "2026-09-01T08:00:00Z", "2026-09-01T08:00:00", None],
    "guid": ["80342534-2508-4CAB-A090-C25BF1DDF923", "00000000-0000-0000-0000-000000000000", "80342534", None],
    "boolean": ["true", False, "0", "yes", None],
    "double": ["1.5", 1e308, "-0", "1e22", "nan", None],
}
TRANS = "from dat_trans t where t.accountid = la.accountid"
OUTPUTS = [
    Piece("la.uniqueid"),
    Piece("dh.debtref"),
    Piece("dh.principal"),
    Piece("la.closedat"),
    *(Piece("?", (kind,)) for kind in VALUES if kind not in ("datetimeoffset", "count")),
    Piece("dh.principal * ?", ("int",)),
    Piece("la.clientid + ?", ("int",)),
    Piece("100 / ?", ("int",)),
    Piece("cast(? as int)", ("string",)),
    Piece("isnull(la.clientreference, ?)", ("string",)),
    Piece("case when dh.principal >= ? then ? else N'less' end", ("decimal", "string")),
    Piece(
        "(select sum(t.transamount) from dat_trans t where t.accountid = la.accountid and t.paymentid = ?)", ("int",)
    ),
    Piece(f"(select top 1 t.transid {TRANS} order by t.transid desc)"),
    Piece("row_number() over (order by dh.debtheadid)"),
]
CONDITIONS = [
    Piece("la.ledgeraccountid = ?", ("int",)),
    Piece("la.ledgeraccountid in (?, ?)", ("int", "int")),
    Piece("la.ledgeraccountid >= ? and la.ledgeraccountid < 111945", ("int",)),
    Piece("dh.principal between ? and ?", ("decimal", "decimal")),
    Piece("dh.debtref = ?", ("string",)),
    Piece("dh.debtref like ? + '%'", ("string",)),
    Piece("dh.invoicedate <= ?", ("date",)),
    Piece("la.openedat > ?", ("datetime",)),
    Piece("la.uniqueid = ?", ("guid",)),
    Piece("(? is null or dh.debtcreditorid = ?)", ("int", "int")),
    Piece(f"exists (select 1 {TRANS} and t.transamount < ?)", ("decimal",)),
]
FROM = "from dat_ledgeraccount la inner join dat_debthead dh on dh.accountid = la.accountid"
ORDER = " order by dh.debtheadid"


class Definition(NamedTuple):
    """Queries of one definition, and the types of all its arguments from the message."""

    xml: str
    types: tuple[str, ...]


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """One to three steps; the later ones may take a value from the first."""
    types: list[str] = []
    queries = []
    for number in range(draw(st.integers(1, 3))):
        result = draw(st.sampled_from(["one", "optional", "many"]))
        top = draw(st.sampled_from(["", "top 1 ", "top (?) "])) if number else draw(st.sampled_from(["", "top 1 "]))
        outputs = draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=4))
        condition = draw(st.sampled_from(CONDITIONS))
        distinct = "distinct " if not top and result == "one" and draw(st.booleans()) else ""
        is_ordered = bool(top) or (result == "many" and draw(st.booleans()))
        columns = ", ".join(f"{piece.sql} as c{number}{place}" for place, piece in enumerate(outputs))
        sql = f"select {distinct}{top}{columns} {FROM} where {condition.sql}"
        used = [kind for piece in outputs for kind in piece.types]
        used = (["count"] if "?" in top else []) + used + list(condition.types)
        arguments = [argument(len(types) + place, kind) for place, kind in enumerate(used)]
        types += used
        if number and draw(st.booleans()):
            sql += " and la.ledgeraccountid <> ?"
            arguments.append('<argument source="$steps.first.account" type="int" nullable="true"/>')
        if not number:
            sql = sql.replace(f" {FROM}", f", la.ledgeraccountid as account {FROM}", 1)
            result = "one" if result == "many" else result
        name = "first" if not number else f"step{number}"
        sql += ORDER if is_ordered else ""
        text = escape(sql) + "".join(arguments)
        queries.append(f'<query name="{name}" result="{result}">{text}</query>')
    head = "<aptic_service_definition><category>webhook</category><name>burst</name><steps>"
    return Definition(f"{head}{''.join(queries)}</steps></aptic_service_definition>", tuple(types))


def argument(number: int, kind: str) -> str:
    nullable = ' nullable="true"' if number % 3 == 0 and kind != "count" else ""
    return f'<argument source="$data.data.a{number}" type="{kind.replace("count", "int")}"{nullable}/>'


def messages(types: Sequence[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Few different messages, each often, most of their values good."""
    good = [VALUES[kind][:3] for kind in types]
    one = st.tuples(*(st.sampled_from(values) for values in good))
    poisoned = st.tuples(*(st.sampled_from(VALUES[kind]) for kind in types))
    values = st.lists(st.one_of(one, one, poisoned), min_size=1, max_size=6)
    return values.flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=24).map(
            lambda chosen: [{"data": {f"a{n}": value for n, value in enumerate(row)}} for row in chosen]
        )
    )


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    schema = {
        "title": "burst",
        "description": "an event of these tests",
        "type": "object",
        "properties": {
            f"a{n}": {"type": "string", "description": "a value", "examples": ["1"]} for n in range(MANY_ARGUMENTS)
        },
    }
    (folder / "burst.schema.json").write_text(json.dumps(schema))
    return folder


@pytest.fixture(scope="module", params=LEDGERS)
def ledger(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def alone(composer: Composer, batch: Sequence[Any]) -> list[Body | EngineError]:
    results: list[Body | EngineError] = []
    for message in batch:
        try:
            results.append(composer.compose("burst", message))
        except EngineError as error:
            results.append(error)
    return results


def told(results: Sequence[Body | EngineError]) -> list[object]:
    return [
        (type(found), found.retryable, vars(found)) if isinstance(found, EngineError) else found for found in results
    ]


def without_sets(composer: Composer) -> None:
    """Lets every step go the other way: the statement itself, many times."""
    plan = composer._serving.plans["burst"]
    plan.steps = tuple(
        msgspec.structs.replace(step, statement=msgspec.structs.replace(step.statement, many=None))
        for step in plan.steps
    )


@settings(
    max_examples=examples(60),
    phases=(Phase.reuse, Phase.generate),  # each example loads a folder: to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_batch_gives_what_each_gives_alone(data: st.DataObject, ledger: str, events: Path, tmp_path: Path) -> None:
    definition = data.draw(definitions())
    (tmp_path / "burst.xml").write_text(definition.xml)
    with Composer.load(tmp_path, ledger=ledger, ledger_schema=SCHEMA, events=events, max_rows=50) as composer:
        batch = data.draw(messages(definition.types))
        expected = told(alone(composer, batch))
        assert told(composer.compose_many("burst", batch)) == expected
        without_sets(composer)
        assert told(composer.compose_many("burst", batch)) == expected
