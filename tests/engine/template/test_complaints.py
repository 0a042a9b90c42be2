"""What an author is told where Jinja's parser stops."""

import pytest

from engine.template import TemplateFault, parse_template
from engine.template.complaints import explain


def fault(text: str) -> TemplateFault:
    (found,) = parse_template(text).faults
    assert found.rule == "template-syntax"
    return found


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("[{% for a in b %}{{ a.x }}]", "for a", "This `for` is not closed.", "Close it with {% endfor %}."),
        ("{% if a %}1{% elif b %}2{% else %}3", "if a", "This `if` is not closed.", "Close it with {% endif %}."),
        ("{% if a %}{% if b %}{% endif %}", "if a", "This `if` is not closed.", "Close it with {% endif %}."),
        ("{%- if a %}{% if b -%}", "if b", "This `if` is not closed.", "Close it with {% endif %}."),
        ("{% for a in b %}{% if a %}1{% endfor %}", "endfor", "where the `if` before it is still open", "{% endif %}"),
        ("{% if a %}1{% endfor %}", "endfor", "where the `if` before it is still open", "{% endif %} first"),
        ("{% endif %}{% if a %}{% endif %}", "endif", "This `endif` closes nothing.", "Remove it."),
        ("{% if a %}{% endif %}{% else %}", "else", "This `else` belongs to no `if`.", "{% if … %} before it"),
        ("{% elif a %}", "elif", "This `elif` belongs to no `if`.", "{% if … %} before it"),
        ("{% if a %}{% else %}{% elif b %}{% endif %}", "elif", "comes after the `else` of its `if`", "before"),
        ("{% for a in b %}{% elif c %}{% endfor %}", "elif", "belongs to no `if`, but stands in a `for`", "Remove"),
        ("{% fr a in b %}", "fr", "There is no tag `fr` here.", "Did you mean for?"),
        ("{% end if %}", "end", "There is no tag `end` here.", "Did you mean endif?"),
        ("{% loop a %}", "loop", "There is no tag `loop` here.", "There are if, for, skip and raw."),
        ("{% set a %}x", "x", "There is no tag `set` here.", "There are if, for, skip and raw."),
        ("{% %}", "%}", "A tag needs a name.", "There are if, for, skip and raw."),
        ("{{ a", "a", "`}}` is missing before the end of the template.", None),
        ("{{ }}", "}}", "An expression is missing before `}}`.", "Write one"),
        ("{{ a + }}", "}}", "An expression is missing before `}}`.", "remove what needs it"),
        ("{% if %}{% endif %}", "%}", "An expression is missing before `%}`.", "Write one"),
        ("{{ a b }}", "b", "`b` is not expected here.", "or end with }}."),
        ("{{ a 'b' }}", "'b'", "A text in quotes is not expected here.", "Join values by ~."),
        ("{% if a = 1 %}{% endif %}", "=", "`=` is not expected here.", "Compare with ==."),
        ("{% if a then %}{% endif %}", "then", "`then` is not expected here.", "the tag ends with %}"),
        ("{% if a %}{% else if b %}{% endif %}", "if b", "`if` is not expected here.", "Write {% elif … %}."),
        ("{% for a b %}{% endfor %}", "b", "`in` is missing before `b`.", None),
        ("{{ a | }}", "}}", "A name is missing before `}}`.", None),
        ("{% skip why %}", "why", "A text in quotes is missing before `why`.", None),
        ("{{ a. }}", "}}", "A name is missing after the point.", "row.amount"),
        ("{{ (a }}", "}}", "`)` is missing before `}`.", "Add the )."),
        ("{{ a) }}", ")", "`)` is not expected here.", "Remove it"),
        ("{{ a } ", "} ", "`}` is not expected here.", "An expression ends with }}."),
        ("{{ 'a }}", "'a", "The text that begins here has no end.", "Add the closing '."),
        ("{{ a ? b }}", "?", "The character `?` has no meaning in an expression.", "Remove it."),
        ("x{# a", "{#", "This comment is not closed.", "Close it with #}."),
        ("{% raw %}a", "a", "This `raw` is not closed.", "Close it with {% endraw %}."),
        ("{% for 1 in b %}{% endfor %}", "1", "`for` needs one name for the row.", "Write {% for row in rows %}."),
        ("{{ '\\q' }}", "'", "This is no template: an unknown escape sequence in a text", None),
        ("{% filter upper %}{% endfilter %}", "filter", "There is no tag `filter` here.", "| upper"),
        ("{% autoescape true %}{% endautoescape %}", "auto", "There is no tag `autoescape` here.", "as JSON"),
    ],
)
def test_the_place_the_cause_and_the_way_out(text: str, place: str, message: str, hint: str | None) -> None:
    found = fault(text)
    assert text[found.offset :].startswith(place)
    assert message in found.message
    assert found.message.endswith(".")
    assert "Jinja" not in found.message
    if hint is None:
        assert found.hint is None
    else:
        assert found.hint is not None
        assert hint in found.hint


def test_what_jinja_says_otherwise_becomes_a_sentence() -> None:
    assert explain("expected call.", 7, ()) == TemplateFault(
        "template-syntax", 7, "This is no template: expected call."
    )


@pytest.mark.parametrize(
    ("text", "mended", "message"),
    [
        ('{"a": { x }}', '{"a": {{ x }}}', "`{ x }` has one brace where an expression has two."),
        ('{"a": {x.y}}', '{"a": {{ x.y }}}', "`{x.y}` has one brace where an expression has two."),
        ("{“a”: {{ x }}}", '{"a": {{ x }}}', "`“` (U+201C) is no quote of JSON."),
        ("{'a': {{ x }}}", '{"a": {{ x }}}', "`'` is no quote of JSON."),
        ('{"a": {{ x }},\n }', '{"a": {{ x }}\n }', "A comma stands before the closing `}`."),
        ('{"a": [1, 2,]}', '{"a": [1, 2]}', "A comma stands before the closing `]`."),
        ('{"a": {{ x }} "b": 2}', '{"a": {{ x }} ,"b": 2}', "A comma is missing before this."),
        ('{"a": [{}\n{}]}', '{"a": [{}\n,{}]}', "A comma is missing before this."),
        ("{a: {{ x }}}", '{"a": {{ x }}}', "The name `a` stands without quotes."),
        ('{"a": True}', '{"a": true}', "`True` is no value of JSON."),
        ('{"a": "{{ x }}"}', '{"a": {{ x }}}', "An expression stands inside quotes, and would bring its own."),
        (
            "{% if x %}1{% elseif y %}2{% endif %}",
            "{% if x %}1{% elif y %}2{% endif %}",
            "There is no tag `elseif` here.",
        ),
    ],
)
def test_what_is_surely_meant_mends_a_template(text: str, mended: str, message: str) -> None:
    (fault,) = parse_template(text).faults
    assert fault.message == message
    edit = fault.edit
    assert edit is not None
    assert text.startswith(edit.old, edit.offset)
    assert text[: edit.offset] + edit.new + text[edit.offset + len(edit.old) :] == mended
    assert not parse_template(mended).faults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a" {{ x }}}', "A value is not expected here."),
        ('{"a" "b"}', '`"` is not expected here: this is no JSON, whatever the expressions give.'),
        ('{"a": 1', "The text ends before its JSON does."),
        ('{"a": 01}', "`1` is not expected here: this is no JSON, whatever the expressions give."),
        ('{"a": x}', "`x` is no value of JSON."),
        ("{“a: {{ x }}}", "`“` (U+201C) is no quote of JSON."),
        ('{"a": "{{ x }} kr"}', "An expression stands inside quotes, and would bring its own."),
        ('{"a": {% if x %}"{% endif %}"{{ x }}"}', "An expression stands inside quotes, and would bring its own."),
        ("{{ “x” }}", "`“` (U+201C) is no quote: a text stands between straight ones."),
    ],
)
def test_what_is_not_certain_is_only_told(text: str, message: str) -> None:
    fault = parse_template(text).faults[0]
    assert (fault.message, fault.edit) == (message, None)
