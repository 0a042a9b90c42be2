"""What a template may say, and where a fault is placed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.template import LoopVariable, Reference, TemplateFault, Use, parse_template


def faults(text: str) -> list[tuple[str, int]]:
    return [(fault.rule, fault.offset) for fault in parse_template(text).faults]


def only_fault(text: str) -> TemplateFault:
    (fault,) = parse_template(text).faults
    return fault


@pytest.mark.parametrize(
    "text",
    [
        "{{ number }}",
        "{{ default }}",
        '{"a": {{ a }}, "b": {{ b.c }}, "d": {{ data.data.paymentid }}}',
        '{{ default["Invoice Number"] }}',
        "{{ lines[0].amount }}",
        "{{ data.data.items[2] }}",
        "{{ (lines | first).amount }}",
        "[{% for line in lines %}{{ line.a }}{% if not loop.last %},{% endif %}{% else %}0{% endfor %}]",
        "[{% for line in default.lines if line.a > 1 and loop_ != 2 %}{{ loop.first }},{{ loop.index }}{% endfor %}]",
        "{% if a %}1{% elif b == 'x' or not c %}2{% else %}3{% endif %}",
        "{{ a if b else none }}",
        '{{ "INV-" ~ number ~ 1 }}',
        "{{ -a + 1 - 2.5 / 3 // 4 }}",
        "{{ 1 < a <= 3 and b in ('x', 'y') and c not in ['z'] }}",
        "{{ a is defined and b is not none and c is undefined }}",
        "{{ a | default('x') | upper | trim }}",
        "{{ a | round(2) | string }}",
        '{% skip "nothing to tell" %}',
        "{# a remark #}{{ number }}",
        '{% raw %}"{{ as it stands }}"{% endraw %}',
        '{"text": "{% if a %}x{% else %}y{% endif %}"}',
        '{"key": {{ secret }}}',
        "",
        " \n",
    ],
)
def test_what_an_author_needs_is_allowed(text: str) -> None:
    parsed = parse_template(text)
    assert parsed.faults == ()
    assert parsed.template is not None


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("{{ a * 2 }}", 3),
        ("{{ a ** 2 }}", 3),
        ("{{ a % 2 }}", 3),
        ("12345 {{ a() }}", 10),
        ('{{ {"a": 1} }}', 3),
        ("{{ [a] }}", 3),
        ("{{ (a, b) }}", 5),
        ("{{ a[1:2] }}", 4),
        ("{{ a[b] }}", 4),
        ("{{ a | nosuch }}", 7),
        ("{{ a | default(value=1) }}", 7),
        ("{{ a | upper(1) }}", 7),
        ("{{ a is odd }}", 5),
        ("{{ a if b }}", 3),
        ("{{ (a ~ b).c }}", 10),
        ("{{ 'x'.c }}", 6),
        ("text\n  {% set x = 1 %}", 10),
        ("{% macro m() %}{% endmacro %}", 3),
        ("{% include 'x' %}", 3),
        ("{% block b %}{% endblock %}", 3),
        ("{% filter upper %}{% endfilter %}", 3),
        ("{% with x = 1 %}{% endwith %}", 3),
        ("{% for a in b recursive %}{% endfor %}", 3),
        ("{% for a, b in c %}{% endfor %}", 3),
        ("{% for a in data.data.list %}{% endfor %}", 3),
        ("{% for a in event %}{% endfor %}", 3),
        ("{% for a in [1] %}{% endfor %}", 3),
        ("{% skip '' %}", 3),
        ("{% skip 'two\\nlines' %}", 3),
        (f"{{% skip '{'x' * 201}' %}}", 3),
        ("{{ secret | upper }}", 3),
        ("{{ secret ~ 'x' }}", 3),
        ("{% if secret %}{% endif %}", 6),
        ("{{ '\\ud800' }}", 3),
        ("{{ '\\d' }}", 3),
        ("{{ '\\400' }}", 3),
        ("{{ 1e5000 }}", 3),
    ],
)
def test_what_could_be_large_long_or_reach_out_is_refused_in_its_place(text: str, offset: int) -> None:
    parsed = parse_template(text)
    assert [(fault.rule, fault.offset) for fault in parsed.faults] == [("template-syntax", offset)]
    assert parsed.template is None


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("{{ a", 3),
        ("12 {{ a b }}", 8),
        ("{{ }}", 3),
        ("{% if a %}", 3),
        ("{% nosuch %}", 3),
        ("{{ a ` }}", 5),
        ("{{ 'open }}", 3),
        ("{# open", 0),
        ("{{ a\r\n b }}", 7),
        ("line\r\n{{ a |\r\n }}", 15),
        ("  {%- if a -%}  x  {%- endif -%}  {{ b c }}", 39),
        ("{% skip %}", 8),
        ("{% skip reason %}", 8),
    ],
)
def test_a_syntax_error_is_placed(text: str, offset: int) -> None:
    assert faults(text) == [("template-syntax", offset)]


def test_all_the_faults_are_told_in_the_order_of_the_text() -> None:
    assert faults('{{ a * 1 }}"{{ b }}"{% set x = 1 %}{{ f() }}') == [
        ("template-syntax", 3),
        ("template-quotes", 15),
        ("template-syntax", 23),
        ("template-syntax", 39),
    ]


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ('{"a": "{{ x }}"}', [10]),
        ('{"a": "INV-{{ x }}", "b": {{ y }}}', [14]),
        ('{"a": "\\"{{ x }}"}', [12]),
        ('{"a": "\\{{ x }}"}', [11]),
        ('{"a": "\\\\", "b": {{ x }}}', []),
        ('{"a": "{% if a %}{{ x }}{% endif %}"}', [20]),
        ('{"a": {% if a %}"{% endif %}{{ x }}', [31]),
        ('{"a": {% if a %}"x"{% else %}"y"{% endif %}, "b": {{ x }}}', []),
        ('{% for a in b %}"{% endfor %}{{ x }}', [32]),
        ('{% for a in b %}{{ a.x }}"{% endfor %}', [19]),
        ('[{% for a in b %}"x",{{ a.x }}{% endfor %}]', []),
        ('{% for a in b %}x{% else %}"{% endfor %}{{ x }}', [43]),
        ('{# " #}{{ x }}', []),
        ("{{ 'x' }}", []),
        ('"{{ secret }}"', [4]),
        ('{% raw %}"{% endraw %}{{ x.y }}', [25]),
    ],
)
def test_quotes_around_an_expression_are_found(text: str, offsets: list[int]) -> None:
    assert faults(text) == [("template-quotes", offset) for offset in offsets]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ('{"a": {{ x }} "b": 1}', 14),
        ('{"a": {{ x }},\n}', 13),
        ("'{{ x }}'", 0),
        ("1{{ x }}", 4),
        ("{{ x }}{{ y }}", 10),
        ('{"a": 1, "a": {{ x }}}', 9),
    ],
)
def test_text_around_the_expressions_that_can_never_be_json(text: str, offset: int) -> None:
    assert faults(text) == [("template-syntax", offset)]


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("{% if a %}{“b”: 2}{% else %}{'c': 3}{% endif %}", [11]),
        ('{"a": {% if a %}{ x }{% elif b %}2{% else %}True{% endif %}}', [16, 44]),
        ('{"a": 1 {% if a %}"b": 2{% endif %}}', [18]),
        ('{"a": 1{% if a %}, "a": 2{% endif %}}', [19]),
        ('{"a": 1, {% if a %}"b": 2,{% else %}"c": 3{% endif %}}', [25]),
        ('{"a": 1,{% if a %}{% if b %}"b": 2,{% endif %}{% endif %}}', [7]),
        ('[{% for r in b %}{"x": {{ r.x }}},{% endfor %}]', [33]),
        ('[{% for r in b %}{"x": 1, "x": 2}{% if not loop.last %},{% endif %}{% endfor %}]', [26]),
        ("[{% for r in b %}{% for q in c %}{ x }{% if not loop.last %},{% endif %}{% endfor %}{% endfor %}]", [33]),
        ("[{% for r in b %}1{% else %}x{% endfor %}]", [28]),
        ('{"a": 1{% if a %}2{% endif %}, "b" 3}', [35]),
    ],
)
def test_a_branch_that_is_no_json_in_any_way_through_it(text: str, offsets: list[int]) -> None:
    assert faults(text) == [("template-syntax", offset) for offset in offsets]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1{% if a %}, "b": 2{% endif %}{% if not a %}, "b": 3{% endif %}}',
        '{ {% if a %}"b": 2{% endif %}{% if a and b %}, {% endif %}{% if b %}"c": 3{% endif %} }',
        "[{% for r in b %}{% if loop.first %}{{ r }}{% else %},{{ r }}{% endif %}{% endfor %}]",
        "[{% for r in b %}{% if loop.index == 1 %}{{ r }}{% else %},{{ r }}{% endif %}{% endfor %}]",
        "{% for r in b %}{% if loop.first %}[1,{% elif loop.last %}2]{% else %}3,{% endif %}{% endfor %}",
        "{% for r in b %}{% if r.n == 1 %}[1,{% elif r.n == 3 %}2]{% else %}3,{% endif %}{% endfor %}",
        "{ {% for r in b %}{{ r.k }}: 1{% if not loop.last %},{% endif %}{% endfor %} }",
        "[{% for r in b if r.x %}[{% for q in c %}1{% if not loop.last %},{% endif %}{% endfor %}]"  # noqa: ISC004
        "{% if not loop.last %},{% endif %}{% endfor %}]",
        '{% if a %}{% skip "no" %}{% endif %}{"a": {% if b %}1{% else %}2{% endif %}}',
        '{% if a %}"a" {% skip "no" %}{% endif %}1',
        '{% if a %}{"a": 1}{% endif %}',
        "[{% for r in b %}1{% if not loop.last %},{% endif %}{% else %}{% endfor %}]",
        "[" + "{% if a %}{% endif %}" * 15 + "{% if a %}x{% endif %}]",
    ],
)
def test_no_fault_where_there_is_a_way_that_is_json_or_too_many_to_know(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize("comma", ["[{% for r in b %}1,{% endfor %}]", '{"a": 1 {% if a %}"b": 2{% endif %}}'])
def test_a_comma_of_a_branch_is_not_mended_since_others_may_need_it(comma: str) -> None:
    assert only_fault(comma).edit is None
    assert "{% if not loop.last %}" in (only_fault(comma).hint or "")


def test_other_characters_of_a_branch_are_mended() -> None:
    assert only_fault("{% if a %}{“b”: 2}{% endif %}").edit is not None


def test_the_secret_is_no_members_name() -> None:
    assert faults("{ {{ secret }} : 1}") == [("template-syntax", 5)]


def test_a_fault_says_what_to_do() -> None:
    assert "join text with ~" in (only_fault('"{{ x }}"').hint or "")
    assert only_fault("{{ x | nosuch }}").hint == (
        "There are default, first, int, last, length, lower, round, string, trim, upper."
    )
    assert "SQL" in (only_fault("{{ x * 2 }}").hint or "")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "Bearer {{ secret }}"}',
        '{"a": "{{ secret }}"}',
        '{"a": "{{ secret | upper }}"}',
        '{"a": {{ "Bearer " ~ secret }}}',
        "{ {{ secret }}: 1}",
    ],
)
def test_no_text_is_joined_to_the_secret(text: str) -> None:
    hints = {fault.hint for fault in parse_template(text).faults}
    assert hints == {'Write it as a whole value, {"secret": {{ secret }}}: no text can be joined to it.'}


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("{{ loop.first }}", 7),
        ("{{ loop }}", 3),
        ("{% for a in b %}{{ loop.length }}{% endfor %}", 23),
        ("{% for a in b %}x{% else %}{{ loop.index }}{% endfor %}", 34),
        ("{% for event in b %}x{% endfor %}", 7),
        ("{% for secret in b %}x{% endfor %}", 7),
    ],
)
def test_names_with_a_meaning_of_their_own(text: str, offset: int) -> None:
    assert ("template-name", offset) in faults(text)


def test_references_know_their_path_use_and_place() -> None:
    text = (
        "{{ number }}{{ plan.amount ~ data.data.id }}{{ default.plan }}{% if flag %}{% endif %}"
        "{% for line in lines %}{{ line.id }}{% for part in line.parts %}{{ part }}{% endfor %}{% endfor %}"
        "{{ lines[3].id }}{{ lines | last }}"
    )
    parsed = parse_template(text)
    found = {(reference.path, reference.use): reference.offset for reference in parsed.references}
    assert found == {
        (("number",), Use.WRITTEN): text.index("number"),
        (("plan", "amount"), Use.READ): text.index("amount"),
        (("data", "data", "id"), Use.READ): text.index("id }}"),
        (("default", "plan"), Use.WRITTEN): text.index("plan }}"),
        (("flag",), Use.READ): text.index("flag"),
        (("lines",), Use.ITERATED): text.index("lines"),
        (("lines", 0, "id"), Use.WRITTEN): text.index("id }}{% for"),
        (("lines", 0, "parts"), Use.ITERATED): text.index("parts"),
        (("lines", 0, "parts", 0), Use.WRITTEN): text.index("part }}"),
        (("lines", 3, "id"), Use.WRITTEN): text.rindex("id }}"),
        (("lines", 0), Use.WRITTEN): text.index("last"),
    }
    assert parsed.variables == (
        LoopVariable("line", text.index("line ")),
        LoopVariable("part", text.index("part ")),
    )


def test_a_variable_means_its_rows_only_inside_its_loop() -> None:
    parsed = parse_template("{% for a in lines %}{% else %}{{ a }}{% endfor %}{{ a }}")
    assert [reference.path for reference in parsed.references] == [("lines",), ("a",), ("a",)]


def test_the_members_of_a_refused_loops_variable_are_no_further_faults() -> None:
    text = "{% for a in data.list %}{{ a.b.c }}{{ a }}{% endfor %}"
    assert faults(text) == [("template-syntax", 3)]
    assert Reference(("a",), 38, Use.WRITTEN) not in parse_template(text).references


TOKENS = ("{{", "}}", "{%", "%}", "{#", "#}", ".", "(", ")", "[", "]", '"', "'", "\\", "|", "~", "-", "1", "0x", "1e9")
WORDS = ("a", "if", "for", "in", "endif", "else", "endfor", "loop", "secret", "skip", "not", "is", " ", "\n", "\r\n")
SNIPPETS = st.sampled_from([*TOKENS, *WORDS])


@given(st.lists(SNIPPETS | st.text(max_size=3), max_size=30).map("".join))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    parsed = parse_template(text)
    assert (parsed.template is None) == bool(parsed.faults)
    assert all(0 <= fault.offset <= len(text) for fault in parsed.faults)


def test_a_text_that_utf8_cannot_write_is_a_fault() -> None:
    (fault,) = parse_template('{"a":"\\ud800","b":{{ a }}}').faults
    assert (fault.rule, "surrogate" in fault.message) == ("template-syntax", True)
