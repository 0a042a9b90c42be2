"""What templates give."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.encoding import HOLE
from engine.errors import EncodingError, EngineError
from engine.model import Skip
from engine.template import FILTERS, RenderingError, parse_template
from engine.template.rendering import MARK, MAX_BYTES, MAX_HANDLED, MAX_ITERATIONS, MAX_VALUES

CANARY = "canary-c41d"
LINES = [{"id": 1, "note": None}, {"id": 2, "note": "x"}, {"id": 3, "note": ""}]
MEMBERS: dict[str, object] = {
    "number": "765",
    "amount": Decimal("123.00"),
    "rate": 0.5,
    "count": 7,
    "paid": True,
    "nothing": None,
    "quoted": 'a"b\\c\n',
    "padded": "  Åsa ",
    "lines": LINES,
    "none_found": [],
    "plan": {"amount": Decimal("5.50"), "key": HOLE},
    "no_plan": None,
}
ARGUMENTS: Mapping[str, object] = MappingProxyType(
    {
        "paymentid": "18142",
        "tags": ["a", "b"],
        "null": None,
        "nested": {"x": {"y": 1}},
        "day": date(2026, 11, 24),
        "guid": UUID("80342534-2508-4cab-a090-c25bf1ddf923"),
        "nan": float("nan"),
        "canary": CANARY,
        "bad": f"{CANARY}\ud800",
    }
)
TOO_MANY_WAYS = "{% if paid %}{% endif %}" * 20
"""Through so many branches nobody can tell what is no JSON before it is rendered."""

CONTEXT: dict[str, object] = {**MEMBERS, "default": MEMBERS, "event": "e", "data": {"event": "e", "data": ARGUMENTS}}


def render(text: str) -> str:
    """The rendered JSON with each hole as ¿."""
    parsed = parse_template(text)
    assert parsed.template is not None, parsed.faults
    found = parsed.template.render(CONTEXT)
    assert isinstance(found, tuple), found
    return b"\xc2\xbf".join(found).decode()


def failure(text: str) -> RenderingError:
    parsed = parse_template(text)
    assert parsed.template is not None, parsed.faults
    with pytest.raises(RenderingError) as caught:
        parsed.template.render(CONTEXT)
    assert CANARY not in f"{caught.value}{caught.value.__context__}"
    return caught.value


@pytest.mark.parametrize(
    ("expression", "json_text"),
    [
        ("number", '"765"'),
        ("amount", "123.00"),
        ("rate", "0.5"),
        ("paid", "true"),
        ("nothing", "null"),
        ("quoted", r'"a\"b\\c\n"'),
        ("lines", '[{"id":1,"note":null},{"id":2,"note":"x"},{"id":3,"note":""}]'),
        ("plan", '{"amount":5.50,"key":¿}'),
        ("plan.amount", "5.50"),
        ("plan['amount']", "5.50"),
        ("plan.key", "¿"),
        ("no_plan", "null"),
        ("no_plan.amount", "null"),
        ("default.no_plan.amount", "null"),
        ("lines[1].id", "2"),
        ("(lines | last).id", "3"),
        ("(none_found | first).id", "null"),
        ("default.count", "7"),
        ("event", '"e"'),
        ("data.event", '"e"'),
        ("data.data.paymentid", '"18142"'),
        ("data.data.tags", '["a","b"]'),
        ("data.data.tags[1]", '"b"'),
        ("data.data.nested.x", '{"y":1}'),
        ("data.data.null", "null"),
        ("data.data.day", '"2026-11-24"'),
        ("data.data.guid", '"80342534-2508-4CAB-A090-C25BF1DDF923"'),
        ("secret", "¿"),
        ("'text'", '"text"'),
        ("1.50", "1.50"),
        ("1e-8", "0.00000001"),
        ("0x10", "16"),
        ("1_000", "1000"),
        ("true", "true"),
        ("none", "null"),
        # joining
        ('"INV-" ~ number', '"INV-765"'),
        ("amount ~ ' ' ~ count ~ nothing ~ paid ~ rate", '"123.00 7true0.5"'),
        ("'a' + 'b'", '"ab"'),
        # numbers
        ("amount + 1", "124.00"),
        ("amount - 0.005", "122.995"),
        ("count + 1", "8"),
        ("count - 10", "-3"),
        ("rate + amount", "123.50"),
        ("-amount", "-123.00"),
        ("+amount", "123.00"),
        ("- -count", "7"),
        ("count / 2", "3.5"),
        ("1 / 3", "0.33333333333333333333333333333333333333"),
        ("count // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7.5 // 2", "-4"),
        ("amount + nothing", "null"),
        ("nothing / 2", "null"),
        ("nothing // 2", "null"),
        ("-nothing", "null"),
        # comparing
        ("amount == 123", "true"),
        ("amount != 123", "false"),
        ("amount > 122.99", "true"),
        ("1 < count <= 7", "true"),
        ("1 < count < 7", "false"),
        ("rate >= 0.5", "true"),
        ("number < '8'", "true"),
        ("number == 765", "false"),
        ("nothing < 1 or nothing >= 1", "false"),
        ("nothing == none", "true"),
        ("number in ('1', '765')", "true"),
        ("number not in ['1', '765']", "false"),
        ("'76' in number", "true"),
        ("'a' in data.data.tags", "true"),
        ("'a' in nothing", "false"),
        ("lines == lines", "false"),
        # choosing
        ("1 if paid else 2", "1"),
        ("1 if none_found else 2", "2"),
        ("nothing or number", '"765"'),
        ("nothing and number", "null"),
        ("not nothing", "true"),
        ("not amount", "false"),
        ("nothing is none", "true"),
        ("number is not none", "true"),
        ("data.data.x is defined", "false"),
        ("data.data.x.y is undefined", "true"),
        ("data.data.null is defined", "true"),
        ("data.data.null.x is defined", "false"),
    ],
)
def test_expressions(expression: str, json_text: str) -> None:
    assert render(f"{{{{ {expression} }}}}") == json_text


@pytest.mark.parametrize(
    ("expression", "json_text"),
    [
        ("data.data.x | default('d')", '"d"'),
        ("data.data.x | default", '""'),
        ("data.data.x.y | default(number)", '"765"'),
        ("data.data.null | default('d')", "null"),
        ("data.data.null | default('d', true)", '"d"'),
        ("number | default(data.data.x)", '"765"'),
        ("lines | first", '{"id":1,"note":null}'),
        ("none_found | first", "null"),
        ("data.data.tags | last", '"b"'),
        ("data.data.paymentid | int", "18142"),
        ("'+007' | int", "7"),
        ("amount | int", "123"),
        ("count | int", "7"),
        ("nothing | int", "null"),
        ("lines | length", "3"),
        ("padded | length", "6"),
        ("data.data.nested | length", "1"),
        ("nothing | length", "null"),
        ("padded | lower", '"  åsa "'),
        ("padded | trim | upper", '"ÅSA"'),
        ("nothing | upper", "null"),
        ("count | upper", '"7"'),
        ("2.345 | round(2)", "2.35"),
        ("-2.345 | round(2)", "-2.35"),
        ("(0 - 2.345) | round(2)", "-2.35"),
        ("rate | round", "1"),
        ("count | round(2)", "7.00"),
        ("1 / 3 | round", "0.33333333333333333333333333333333333333"),
        ("(1 / 3) | round(2)", "0.33"),
        ("nothing | round(2)", "null"),
        ("amount | string", '"123.00"'),
        ("paid | string", '"true"'),
        ("data.data.day | string", '"2026-11-24"'),
        ("nothing | string", "null"),
    ],
)
def test_filters(expression: str, json_text: str) -> None:
    assert render(f"{{{{ {expression} }}}}") == json_text


def test_every_filter_has_a_summary_and_stands_in_order() -> None:
    assert list(FILTERS) == sorted(FILTERS)
    assert all(known.summary.endswith(".") for known in FILTERS.values())


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("data.data.x", "`data.data.x` is not there"),
        ("data.data.x.y", "`data.data.x` is not there"),
        ("data.data.null.x", "`data.data.null.x` is not there"),
        ("data.data.tags[2]", "`data.data.tags[2]` is not there"),
        ("data.data['x']", "`data.data['x']` is not there"),
        ("number.x", "`number.x` is not there"),
        ("lines.x", "`lines.x` is not there"),
        ("data.data.x | upper", "`data.data.x` is not there"),
        ("data.data.x == 1", "`data.data.x` is not there"),
        ("data.data.x is none", "`data.data.x` is not there"),
        ("amount + 'x'", "`+`: text is no number"),
        ("paid + 1", "`+`: a truth value is no number"),
        ("lines - 1", "`-`: rows or an array is no number"),
        ("amount / 0", "`/`: division by zero"),
        ("amount // 0.0", "`//`: division by zero"),
        ("-number", "`-`: text is no number"),
        ("amount < 'x'", "a comparison: a number and text have no order"),
        ("lines < 1", "a comparison: rows or an array is no number"),
        ("1 in number", "a comparison: text cannot contain a number"),
        ("'x' in plan", "a comparison: a row or object cannot contain text"),
        ("plan ~ 'x'", "`~`: a row or object has no text"),
        ("plan.key ~ 'x'", "`~`: the secret has no text"),
        ("plan.key | upper", "`plan.key | upper`: the secret has no text"),
        ("number | first", "`number | first`: text has no items"),
        ("count | length", "`count | length`: a number has no length"),
        ("padded | int", "`padded | int`: the text is no whole number"),
        ("rate | int", "`rate | int`: the number is not whole"),
        ("amount | round(39)", "`amount | round`: digits after the point are counted from 0 to 38"),
        ("amount | round('x')", "`amount | round`: digits after the point are counted from 0 to 38"),
        ("number | round", "`number | round`: text is no number"),
        ("data.data.nan", "`data.data.nan`: the value, a Python float, is no finite float"),
        ("data.data.nan + 1", "`+`: NaN or an infinity is no number"),
        ("data.data.bad", "`data.data.bad`: a text holds an unpaired surrogate"),
        ("data.data.bad ~ 'x'", "an expression: a text holds an unpaired surrogate"),
    ],
)
def test_what_has_no_result_is_named_and_not_shown(expression: str, message: str) -> None:
    error = failure(f"[1, {{{{ {expression} }}}}]")
    assert error.message == message
    assert 0 < error.offset < len(expression) + 8


def test_blocks() -> None:
    rows = (
        "[{% for line in lines if line.note is not none %}{{ line.id }}{% if not loop.last %},{% endif %}{% endfor %}]"
    )
    assert render(rows) == "[2,3]"
    assert render("{% for line in none_found %}1{% else %}{{ number }}{% endfor %}") == '"765"'
    assert render("{% for line in no_plan %}1{% else %}0{% endfor %}") == "0"
    nested = (
        "[{% for a in lines %}{% for a in lines if loop.first %}"
        "{{ a.id }},{% endfor %}{{ a.id }},{{ loop.index }}{% if not loop.last %},{% endif %}{% endfor %}]"
    )
    assert render(nested) == "[1,2,3,1,1,2,2,3,3]"
    assert render("{% if nothing %}1{% elif paid %}2{% else %}3{% endif %}") == "2"
    assert render("{%- if nothing -%} 1 {%- else -%} 3 {%- endif -%}") == "3"
    assert render('{# no #}{% raw %}"{{ x }}"{% endraw %}') == '"{{ x }}"'


def test_a_loops_name_ends_with_it() -> None:
    parsed = parse_template("{% for row in lines %}{% endfor %}{{ row }}")
    assert parsed.template is not None
    with pytest.raises(RenderingError, match="`row` is not there"):
        parsed.template.render(CONTEXT)


def test_skip_ends_the_rendering() -> None:
    template = parse_template('{% if paid %}{% skip "paid already" %}{% endif %}{{ data.nosuch }}').template
    assert template is not None
    assert template.render(CONTEXT) == Skip("paid already")
    assert template.render({**CONTEXT, "paid": False, "data": {"nosuch": 1}}) == (b"1",)


@pytest.mark.parametrize(
    ("text", "json_text"),
    [
        (' { "b" : 1.50 ,\n\t"a":[ 1E5, -0, {} ] } ', '{"b":1.50,"a":[1E5,-0,{}]}'),
        ('"\\u0041\\/\\u000a\\ud83d\\ude00\x7f"', '"A/\\n\U0001f600\x7f"'),
        ("null", "null"),
        ("{ {{ number }}: 2}", '{"765":2}'),
    ],
)
def test_the_rendered_text_is_written_canonically(text: str, json_text: str) -> None:
    assert render(text) == json_text


@pytest.mark.parametrize(
    ("text", "message", "offset", "found"),
    [
        ("{{ number }},", "it is not one JSON value (Extra data)", 12, "`,` is not expected here"),
        ("{{ number }}\n{{ amount }}", "it is not one JSON value (Extra data)", 16, "A value is not expected here"),
        ('{"a": {{ number }}\n, "b" }', "it is not one JSON value (", 25, "`}` is not expected here"),
        ("[NaN]", "it holds NaN or Infinity", 0, "cannot be sent: it holds NaN"),
        ("[" * 101 + "]" * 101, "it is nested deeper than 100 levels", 0, "cannot be sent: it is nested"),
    ],
)
def test_text_that_can_never_be_json_is_a_fault_or_else_an_error(
    text: str, message: str, offset: int, found: str
) -> None:
    (fault,) = parse_template(text).faults
    assert fault.rule == "template-syntax"
    assert found in fault.message
    assert fault.offset == offset
    error = failure(TOO_MANY_WAYS + text)
    assert error.message.startswith(f"the rendered text cannot be sent: {message}")
    assert error.offset == offset + len(TOO_MANY_WAYS)
    assert error.__context__ is None


def test_a_member_given_twice_is_a_fault_at_the_second_or_else_an_error() -> None:
    text = '{"a": {{ number }}, "b": {"a": 1}, "a": 1}'
    (fault,) = parse_template(text).faults
    assert (fault.offset, fault.message) == (35, "The member `a` is given twice in one object.")
    assert [(place.offset, place.message) for place in fault.related] == [(1, "The first of them.")]
    assert "two members of one name" in failure(TOO_MANY_WAYS + text).message


def test_what_only_data_can_spoil_is_an_error() -> None:
    assert render("{ {{ number }}: 1, {{ event }}: 2}") == '{"765":1,"e":2}'
    assert "two members" in failure("{ {{ number }}: 1, {{ number }}: 2}").message
    assert "one JSON value" in failure("{ {{ amount }}: 1}").message
    assert "member's name" in failure("{ {{ secret }}{% if paid %}: 1{% endif %} }").message
    assert "surrogate" in failure(TOO_MANY_WAYS + '["\\ud800"]').message


def test_data_cannot_pass_for_the_secret() -> None:
    template = parse_template("[{{ number }}, {{ secret }}]").template
    assert template is not None
    for text in ("¿", "\x00", '"\x00"', "null", HOLE.__class__.__name__):
        parts = template.render({**CONTEXT, "number": text})
        assert isinstance(parts, tuple)
        assert json.loads(b'"s"'.join(parts)) == [text, "s"]
    assert len(MARK) == 32


def test_a_context_cannot_give_the_template_a_secret() -> None:
    template = parse_template("[{{ secret }}]").template
    assert template is not None
    assert template.render({"secret": CANARY}) == (b"[", b"]")


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": number} for number in range(count)]


def test_iterations_are_counted_over_all_loops() -> None:
    template = parse_template("[{% for a in x %}{% for b in y %}{% endfor %}{% endfor %}1]").template
    assert template is not None
    assert template.render({"x": rows(99), "y": rows(1000)}) == (b"[1]",)
    with pytest.raises(RenderingError, match=f"more than {MAX_ITERATIONS} rows in all") as caught:
        template.render({"x": rows(100), "y": rows(1000)})
    assert caught.value.offset == 20


def test_a_loops_condition_counts_each_row_once() -> None:
    template = parse_template("[{% for a in x if true %}{% endfor %}1]").template
    assert template is not None
    assert template.render({"x": rows(MAX_ITERATIONS)}) == (b"[1]",)
    with pytest.raises(RenderingError):
        template.render({"x": rows(MAX_ITERATIONS + 1)})


def test_what_loops_evaluate_is_bounded() -> None:
    template = parse_template("[{% for a in x %}" + "{% if a.id == 1 %}{% endif %}" * 100 + "{% endfor %}1]").template
    assert template is not None
    assert template.render({"x": rows(1000)}) == (b"[1]",)
    with pytest.raises(RenderingError, match="evaluate too much"):
        template.render({"x": rows(10_000)})


def test_the_length_of_the_text_is_bounded() -> None:
    template = parse_template("{{ x }}").template
    assert template is not None
    assert template.render({"x": "y" * (MAX_BYTES - 4)}) != ()
    assert template.render({"x": "\U0001f600" * (MAX_BYTES // 4 - 1)}) != ()
    for text in ("y" * MAX_BYTES, "\U0001f600" * (MAX_BYTES // 4)):
        with pytest.raises(RenderingError, match=f"longer than {MAX_BYTES} bytes"):
            template.render({"x": text})


def test_the_values_of_the_text_are_bounded() -> None:
    """As Python's objects they take up to sixty times as much as the text."""
    template = parse_template("[{% for a in x %}" + '{"a":0},' * 50 + "{% endfor %}1]").template
    assert template is not None
    assert template.render({"x": rows(MAX_VALUES // 100 - 1)}) != ()
    with pytest.raises(RenderingError, match=f"more than {MAX_VALUES} commas and opening brackets"):
        template.render({"x": rows(MAX_VALUES // 100 + 1)})


@pytest.mark.parametrize(
    "expression",
    [
        "n // m",
        "n + m",
        "n - d",
        "d / m",
        "n ~ ''",
        "n | round(2)",
        "d | string",
        "n < d",
        "n == d",
        "n in (m, d)",
        "-n",
    ],
)
def test_long_numbers_count_by_the_work_that_they_make(expression: str) -> None:
    """Each took most of a millisecond, and ten thousand of them were free: minutes for one body."""
    template = parse_template("{% for a in x %}{% if " + expression + " %}{% endif %}{% endfor %}1").template
    assert template is not None
    long = {"n": 10**3990 + 7, "m": 7, "d": Decimal(10**990) + Decimal("0.5")}
    assert template.render({"x": rows(9), **long}) == (b"1",)
    with pytest.raises(RenderingError, match=f"handles more than {MAX_HANDLED} characters"):
        template.render({"x": rows(10_000), **long})
    short = {"n": 10**38, "m": 7, "d": Decimal("1.5")}
    assert template.render({"x": rows(10_000), **short}) == (b"1",)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
    | st.text()
    | st.text(st.characters(categories=("Cs", "Cc", "Zs", "Po")))
)
GENERATED = st.fixed_dictionaries({"a": SCALARS, "b": SCALARS, "rows": st.lists(st.fixed_dictionaries({"c": SCALARS}))})
TEMPLATES = [
    '{"a": {{ a }}, "b": {{ b }}, "rows": {{ rows }}, "secret": {{ secret }}}',
    "[{% for row in rows %}{{ row.c }},{{ row.c | string }},{% endfor %}{{ rows | length }}]",
    '{"x": {{ a ~ b }}, "y": {{ a == b }}, "z": {{ "yes" if a else b }}}',
    "{{ data.a + data.b }}",
    "{{ data.a / data.b }}",
    "{{ data.a // data.b }}",
    "{{ data.a < data.b }}",
    "{{ data.a | upper | trim | lower | int }}",
    "{{ (data.a | round(3)) - b }}",
    "{{ data.a in data.b }}",
    "{{ data }}",
    "{ {{ a | string }}: 1, {{ b | string }}: 2}",
]


@pytest.mark.parametrize("text", TEMPLATES)
@given(members=GENERATED)
def test_any_data_gives_json_or_an_engine_error(text: str, members: dict[str, object]) -> None:
    template = parse_template(text).template
    assert template is not None
    try:
        parts = template.render({**members, "default": members, "event": "e", "data": members})
    except EngineError:
        return
    assert isinstance(parts, tuple)
    json.loads(b'"s"'.join(parts), parse_constant=pytest.fail)


@given(a=st.text(), b=st.text())
def test_structure_stays_whatever_the_data(a: str, b: str) -> None:
    template = parse_template('{"a": {{ a }}, "b": [{{ b }}, {{ a ~ b }}], "s": {{ secret }}}').template
    assert template is not None
    parts = template.render({"a": a, "b": b})
    assert isinstance(parts, tuple)
    assert json.loads(b"0".join(parts)) == {"a": a, "b": [b, a + b], "s": 0}


def test_dates_are_texts() -> None:
    template = parse_template("{{ data.at ~ '!' }}").template
    assert template is not None
    assert template.render({"data": {"at": datetime(2026, 11, 24, 1, 2, 3, 400000)}}) == (b'"2026-11-24T01:02:03.4!"',)


def test_rendering_errors_are_encoding_errors() -> None:
    assert issubclass(RenderingError, EncodingError)


@pytest.mark.parametrize(
    "text",
    [
        "[{% for l in lines %}{{ l.id }}{% endfor %}]",
        TOO_MANY_WAYS + "[{{ count }}{% if paid %}0{% endif %}]",
        TOO_MANY_WAYS + "[{% if paid %}-{% endif %}{{ count }}]",
    ],
)
def test_a_forgotten_comma_never_makes_another_number(text: str) -> None:
    parsed = parse_template(text)
    assert parsed.template is not None
    with pytest.raises(RenderingError, match="not one JSON value"):
        parsed.template.render(CONTEXT)


def test_a_number_of_thousands_of_digits_is_not_reckoned_with() -> None:
    parsed = parse_template("{{ data.data.huge // 3 }}")
    assert parsed.template is not None
    with pytest.raises(RenderingError, match="more than 4000 digits"):
        parsed.template.render({"data": {"data": {"huge": 10**40_000}}})
