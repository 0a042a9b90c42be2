"""A template's names against what the steps give."""

import pytest

from engine.template import Member, check_names, parse_template, reserved_name

MEMBERS = (
    Member("number"),
    Member("Invoice Date"),
    Member("secret", is_hole=True),
    Member("apikey", is_hole=True),
    Member("plan", (Member("amount"), Member("key", is_hole=True))),
    Member("lines", (Member("id"), Member("amount")), is_many=True),
    Member("hidden", in_default=False),
    Member("rates", (Member("rate"),), is_many=True, in_default=False),
)


def found(text: str) -> list[tuple[str, int, str, str | None]]:
    parsed = parse_template(text)
    assert parsed.faults == ()
    return [(fault.rule, fault.offset, fault.message, fault.hint) for fault in check_names(parsed, MEMBERS)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ number }}",
        '{{ default["Invoice Date"] }}',
        "{{ default }}",
        "{{ default.number }}",
        "{{ default.lines }}",
        "{{ hidden }}",
        "{{ rates }}",
        "{{ plan }}",
        "{{ plan.amount }}",
        '{{ plan["amount"] }}',
        "{{ default.plan.amount }}",
        "{{ lines[0] }}",
        "{{ lines[0].id }}",
        "{{ (lines | last).id }}",
        "{{ lines | length }}",
        "[{% for line in lines %}{{ line.id }},{{ line }}{% endfor %}]",
        "{% for line in default.lines %}{{ line.amount }}{% endfor %}",
        "{% for a in lines %}{% for b in rates if b.rate == a.id %}{{ loop.index }}{% endfor %}{% endfor %}",
        "{{ event }}",
        "{{ data }}",
        "{{ data.data.anything.at[3].all }}",
        "{{ secret }}",
        "{{ apikey }}",
        "{{ plan.key }}",
        "{{ default.secret }}",
    ],
)
def test_what_the_steps_give_may_be_used(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("{{ numbre }}", "No query gives `numbre`.", "Did you mean number?"),
        ("{{ Number }}", "No query gives `Number`.", "Did you mean number?"),
        ("{{ xyzzy }}", "No query gives `xyzzy`.", None),
        ("{{ range }}", "No query gives `range`.", None),
        ("{{ dta.data.paymentid }}", "No query gives `dta`.", "Did you mean data?"),
        ("{{ default.nubmer }}", "No query gives `nubmer`.", "Did you mean number?"),
        ("{{ default.hidden }}", "No query gives `hidden`.", None),
        ("{{ plan.amountt }}", "`plan` has no column `amountt`.", "Did you mean amount?"),
        ("{{ plan.amount.x }}", "`plan.amount` is one value: there is no `x` in it.", None),
        ("{{ plan[0] }}", "`plan` holds one row: there is no row 0 in it.", None),
        ("{{ number.x }}", "`number` is one value: there is no `x` in it.", None),
        ("{{ number[1] }}", "`number` is one value: there is no row 1 in it.", None),
        ("{{ event.x }}", "`event` is one value: there is no `x` in it.", None),
        ("{{ default[0] }}", "`default` is an object: it has no items.", None),
        ("{{ default | first }}", "`default` is an object: it has no items.", None),
        ("{{ lines.id }}", "`lines` holds rows: there is no `id` in it.", "Write {% for row in lines %}."),
        ("{{ lines[0].idd }}", "A row of `lines` has no column `idd`.", "Did you mean id?"),
        ("{{ lines[0][0] }}", "A row of `lines` holds one row: there is no row 0 in it.", None),
        (
            "{% for a in plan %}{% endfor %}",
            "`plan` holds no rows to loop over.",
            'Only a query with result="many" does.',
        ),
        ("{% for a in number %}{% endfor %}", "`number` holds no rows to loop over.", None),
        ("{% for a in default %}{% endfor %}", "`default` holds no rows to loop over.", None),
        ("{% for a in liness %}{% endfor %}", "No query gives `liness`.", "Did you mean lines?"),
        ("{% for number in lines %}{% endfor %}", "`number` is already a column or query.", "Name the row otherwise."),
        ("{% for a in lines %}{{ a.amont }}{% endfor %}", "A row of `lines` has no column `amont`.", None),
        ("{{ plan.xyzzy }}", "`plan` has no column `xyzzy`.", "Known are amount, key."),
        ("{% for a in lines %}{% endfor %}{{ a }}", "No query gives `a`.", None),
        (
            "{% for a in lines %}{% for b in a.id %}{% endfor %}{% endfor %}",
            "`lines[0].id` holds no rows to loop over.",
            None,
        ),
    ],
)
def test_a_name_that_no_step_gives(text: str, message: str, hint: str | None) -> None:
    ((rule, _, found_message, found_hint),) = found(text)
    assert (rule, found_message) == ("template-name", message)
    assert hint is None or found_hint == hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ apikey | upper }}",
        "{{ 'Bearer ' ~ apikey }}",
        "{% if apikey %}{% endif %}",
        "{{ plan.key == 'x' }}",
        "{{ apikey if number else none }}",
        "{{ default.secret | string }}",
        "{ {{ apikey }}: 1}",
    ],
)
def test_a_hole_stands_only_alone(text: str) -> None:
    ((rule, *_),) = found(text)
    assert rule == "template-syntax"


def test_faults_come_in_the_order_of_the_text() -> None:
    text = "[{{ x1 }}{% for number in y1 %},{{ z1 }}{% endfor %}]"
    assert [offset for _, offset, *_ in found(text)] == [4, text.index("number"), text.index("y1"), text.index("z1")]


@pytest.mark.parametrize("name", ["event", "data", "default", "loop", "Event", "LOOP", "secret", "Secret"])
def test_names_that_no_column_may_have(name: str) -> None:
    assert name in (reserved_name(name, is_hole=False) or "")


def test_the_secrets_hole_may_be_called_secret() -> None:
    assert reserved_name("secret", is_hole=True) is None
    assert reserved_name("event", is_hole=True) is not None
    assert reserved_name("number", is_hole=False) is None
