import json
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EmptyResultError, EncodingError, TooManyRowsError
from engine.model import (
    CompiledDefinition,
    CompiledStep,
    Definition,
    Kind,
    LocatedText,
    Mark,
    OutputColumn,
    Position,
    ResultKind,
    Skip,
    SqlType,
    Statement,
)
from engine.shaping import Shaper
from engine.template import parse_template

ONE, OPTIONAL, MANY = ResultKind.ONE, ResultKind.OPTIONAL, ResultKind.MANY
CANARY = "canary-77d0"
MESSAGE = {"event": "ledgerpayment", "data": {"paymentid": "18142"}}


def column(
    name: str, kind: Kind | None = Kind.NVARCHAR, *, scale: int | None = None, hole: bool = False
) -> OutputColumn:
    return OutputColumn(name, None if kind is None else SqlType(kind, 18 if scale else None, scale), hole)


def step(
    *columns: OutputColumn, name: str | None = None, result: ResultKind = ONE, output: bool = True
) -> CompiledStep:
    return CompiledStep(name, result, output, Statement("select", (), columns), (), 7)


def shaper(*steps: CompiledStep, body: str | None = None, max_rows: int = 1000) -> Shaper:
    located = None if body is None else LocatedText(body, (Mark(0, 40, 5),))
    template = None
    if body is not None:
        parsed = parse_template(body)
        assert not parsed.faults
        template = parsed.template
    definition = Definition("webhook", "ledgerpayment", None, (), located, "lp.xml", "00", Position(2, 3))
    return Shaper(CompiledDefinition(definition, steps, template), max_rows=max_rows)


def shaped(found: Shaper, *results: list[tuple[object, ...]]) -> str:
    parts = found.shape(results, "ledgerpayment", MESSAGE)
    assert not isinstance(parts, Skip)
    return b"\xc2\xbf".join(parts).decode()  # a hole shows as ¿


GUIDE = step(
    column("invoiceguid", Kind.UNIQUEIDENTIFIER),
    column("invoicenumber"),
    column("paidamount", Kind.DECIMAL, scale=2),
    column("secret", hole=True),
)
GUIDE_ROW = (UUID("80342534-2508-4cab-a090-c25bf1ddf923"), "765", Decimal("123.00"), None)


def test_the_guides_row() -> None:
    assert shaper(GUIDE).shape([[GUIDE_ROW]], "ledgerpayment", MESSAGE) == (
        b'{"invoiceguid":"80342534-2508-4CAB-A090-C25BF1DDF923","invoicenumber":"765","paidamount":123.00,"secret":',
        b"}",
    )


def test_members_stand_in_the_order_of_the_definition() -> None:
    found = shaper(
        step(column("z"), column("a")),
        step(column("n", Kind.INT), name="plan", result=OPTIONAL),
        step(column("y")),
        step(column("id", Kind.BIGINT), column("amount", Kind.MONEY), name="lines", result=MANY),
        step(column("x")),
    )
    lines = [(1, Decimal(2)), (2, None)]
    assert shaped(found, [("1", "2")], [(5,)], [("3",)], lines, [("4",)]) == (
        '{"z":"1","a":"2","plan":{"n":5},"y":"3","lines":[{"id":1,"amount":2.0000},{"id":2,"amount":null}],"x":"4"}'
    )


def test_a_step_that_is_no_output_only_feeds() -> None:
    found = shaper(step(column("hidden"), output=False), step(column("shown")))
    assert shaped(found, [("a",)], [("b",)]) == '{"shown":"b"}'
    assert shaped(shaper(step(column("hidden"), output=False)), [("a",)]) == "{}"


def test_an_optional_step_without_a_row() -> None:
    unnamed = step(column("a"), column("secret", hole=True), column("b", Kind.INT), result=OPTIONAL)
    assert shaped(shaper(unnamed), []) == '{"a":null,"secret":¿,"b":null}'
    assert shaped(shaper(unnamed, step(column("c"), name="plan", result=OPTIONAL)), [], []) == (
        '{"a":null,"secret":¿,"b":null,"plan":null}'
    )


def test_a_many_step_may_be_empty_and_a_named_one_may_hold_a_hole() -> None:
    found = shaper(step(column("a"), name="rows", result=MANY), step(column("key", hole=True), name="auth"))
    assert shaped(found, [], [(None,)]) == '{"rows":[],"auth":{"key":¿}}'


def test_without_a_schema_the_python_type_decides() -> None:
    found = shaper(step(column("a", None), column("b", None), column("c", None)))
    assert shaped(found, [(Decimal("1.50"), date(2026, 11, 24), True)]) == '{"a":1.50,"b":"2026-11-24","c":true}'


@pytest.mark.parametrize("body", [None, "{{ default }}"])
def test_no_row_where_one_is_promised(body: str | None) -> None:
    found = shaper(step(column("a"), name="first"), step(column("b")), body=body)
    for call in (
        lambda: found.shape([[("x",)], []], "ledgerpayment", MESSAGE),
        lambda: found.check_rows(1, []),
        lambda: found.row(1, []),
    ):
        with pytest.raises(EmptyResultError, match="ledgerpayment, step 2: no row") as caught:
            call()
        error = caught.value
        assert (error.definition, error.file, error.line, error.step) == ("ledgerpayment", "lp.xml", 7, "2")
        assert error.retryable


@pytest.mark.parametrize(
    ("result", "rows", "message"),
    [(ONE, 2, 'result="one"'), (OPTIONAL, 2, 'result="optional"'), (MANY, 4, "the cap of 3")],
)
def test_more_rows_than_promised(result: ResultKind, rows: int, message: str) -> None:
    found = shaper(step(column("a"), name="s", result=result), max_rows=3)
    with pytest.raises(TooManyRowsError, match=f"step s: more rows than {message}") as caught:
        found.shape([[("x",)] * rows], "ledgerpayment", MESSAGE)
    assert not caught.value.retryable
    with pytest.raises(TooManyRowsError):
        found.check_rows(0, [("x",)] * rows)


def test_a_single_step_promises_its_rows_too() -> None:
    with pytest.raises(EmptyResultError):
        shaper(GUIDE).shape([[]], "ledgerpayment", MESSAGE)
    with pytest.raises(TooManyRowsError):
        shaper(GUIDE).shape([[GUIDE_ROW, GUIDE_ROW]], "ledgerpayment", MESSAGE)


def test_the_rows_that_are_promised_pass() -> None:
    shaper(step(column("a"))).check_rows(0, [("x",)])
    shaper(step(column("a"), result=OPTIONAL)).check_rows(0, [])
    shaper(step(column("a"), name="m", result=MANY), max_rows=3).check_rows(0, [("x",)] * 3)


@pytest.mark.parametrize("value", [CANARY + "\ud800", 12, [CANARY]], ids=["surrogate", "another type", "no form"])
@pytest.mark.parametrize("result", [ONE, MANY])
def test_a_value_without_a_form_is_named_by_step_and_column_and_not_shown(result: ResultKind, value: object) -> None:
    found = shaper(step(column("a", None)), step(column("b"), column("c"), name="lines", result=result))
    with pytest.raises(EncodingError, match="step lines, column c: ") as caught:
        found.shape([[("x",)], [("fine", value)]], "ledgerpayment", MESSAGE)
    error = caught.value
    assert (error.definition, error.file, error.line) == ("ledgerpayment", "lp.xml", 7)
    assert (error.step, error.column) == ("lines", "c")
    assert error.__context__ is None
    assert CANARY not in str(error)


def test_a_ledger_that_gives_other_columns_is_refused() -> None:
    with pytest.raises(EncodingError, match="3 columns instead of 1"):
        shaper(step(column("a"))).shape([[("x", "y", "z")]], "ledgerpayment", MESSAGE)


def test_a_row_for_later_steps() -> None:
    moment = datetime(2026, 11, 24, 10)
    found = shaper(
        step(
            column("PlanId", Kind.BIGINT),
            column("amount", Kind.DECIMAL, scale=2),
            column("Agreed", Kind.DATETIME2),
            column("guid", Kind.UNIQUEIDENTIFIER),
            column("note"),
            column("rate", Kind.REAL),
            column("key", hole=True),
            name="plan",
            result=OPTIONAL,
        )
    )
    assert found.row(0, [(Decimal(7), 3, moment, GUIDE_ROW[0], None, 1.100000023841858, None)]) == {
        "planid": 7,
        "amount": Decimal("3.00"),
        "agreed": moment,
        "guid": "80342534-2508-4CAB-A090-C25BF1DDF923",
        "note": None,
        "rate": 1.100000023841858,
    }
    assert found.row(0, []) is None


TEMPLATE_STEPS = (
    step(column("number"), column("amount", Kind.DECIMAL, scale=2), column("secret", hole=True)),
    step(column("id", Kind.INT), name="lines", result=MANY),
    step(column("limit", Kind.INT), output=False),
    step(column("code"), name="client", result=OPTIONAL, output=False),
)
ROWS = ([("765", Decimal("1.00"), None)], [(1,), (2,)], [(9,)], [("C1",)])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ default }}", '{"number":"765","amount":1.00,"secret":¿,"lines":[{"id":1},{"id":2}]}'),
        ('{"v": {{ default }}, "n": {{ number }}}', None),
        ("[{{ limit }}, {{ client.code }}, {{ client }}]", '[9,"C1",{"code":"C1"}]'),
        ("[{{ event }}, {{ data.data.paymentid }}, {{ data.event }}]", '["ledgerpayment","18142","ledgerpayment"]'),
        ("[{{ secret }}]", "[¿]"),
        ("[{% for l in lines %}{{ l.id }}{% if not loop.last %},{% endif %}{% endfor %}]", "[1,2]"),
    ],
)
def test_a_template_sees_the_members_the_shape_and_the_message(body: str, text: str | None) -> None:
    found = shaped(shaper(*TEMPLATE_STEPS, body=body), *ROWS)
    assert found == text or (text is None and found.endswith(',"n":"765"}'))


def test_a_template_may_skip() -> None:
    found = shaper(*TEMPLATE_STEPS, body='{% if amount < 5 %}{% skip "too small" %}{% endif %}{{ default }}')
    assert found.shape(ROWS, "ledgerpayment", MESSAGE) == Skip("too small")


def test_an_optional_step_without_a_row_is_null_in_a_template() -> None:
    found = shaper(*TEMPLATE_STEPS, body="[{{ client }}, {{ client.code }}, {{ client is none }}]")
    assert shaped(found, *ROWS[:3], []) == "[null,null,true]"


def test_a_template_that_fails_is_placed_in_its_file() -> None:
    found = shaper(*TEMPLATE_STEPS, body="[{{ number }},\n {{ data.data.revision }}]")
    with pytest.raises(EncodingError, match=r"ledgerpayment, template in line 41: `data\.data\.revision`") as caught:
        found.shape(ROWS, "ledgerpayment", MESSAGE)
    error = caught.value
    assert (error.definition, error.file, error.line) == ("ledgerpayment", "lp.xml", 41)
    assert error.__context__ is None


TEXTS = st.none() | st.text()
LINES = st.lists(st.tuples(st.none() | st.integers(), TEXTS), max_size=4)


def names(text: str) -> list[str]:
    tree = json.loads(text)
    return [*tree, *tree["plan"].keys()] if tree["plan"] else list(tree)


@given(TEXTS, st.none() | st.decimals(-1000, 1000, places=2), LINES, st.booleans())
def test_the_shape_does_not_depend_on_the_data(
    text: str | None, amount: Decimal | None, lines: list[tuple[object, ...]], has_plan: bool
) -> None:
    found = shaper(
        step(column("t"), column("d", Kind.DECIMAL, scale=2)),
        step(column("i", Kind.BIGINT), column("x"), name="lines", result=MANY),
        step(column("p"), name="plan", result=OPTIONAL),
    )
    parts = found.shape([[(text, amount)], lines, [("p",)] * has_plan], "ledgerpayment", MESSAGE)
    assert isinstance(parts, tuple)
    assert names(parts[0].decode()) == ["t", "d", "lines", "plan", *(["p"] * has_plan)]
