import pytest

from engine.model import Severity

PLAIN = "select t.transid as transid from dat_trans t where t.paymentid = ?"
ORDERED = f"{PLAIN} order by t.transid"
BOUND = '<argument source="$data.data.paymentid" type="int"/>'
SECRET = '<argument source="$secret" type="string"/>'


def test_a_sound_template_is_handed_on(validator) -> None:
    lines = validator.query(ORDERED, BOUND, attributes=' name="lines" result="many"')
    quiet = validator.query(PLAIN, BOUND, attributes=' name="quiet" output="false"')
    body = '{"a": {{ a }}, "l": {{ lines }}, "q": {{ quiet.transid }}, "d": {{ default }}, "s": {{ secret }}}'
    checked = validator.check(validator.definition(validator.query("select 1 as a"), lines, quiet, body=body))
    assert checked.diagnostics == ()
    assert checked.template is not None
    assert len(checked.queries) == 3


def test_without_a_body_there_is_no_template(validator) -> None:
    assert validator.check(validator.definition(validator.query("select 1 as a"))).template is None


def test_faults_are_placed_in_the_body(validator) -> None:
    finding = validator.only(validator.query("select 1 as a"), body='\n{\n  "x": {{ b }}}')
    assert (finding.rule, finding.severity) == ("template-name", Severity.ERROR)
    assert (finding.line, finding.column) == (5, 11)
    assert validator.only(validator.query("select 1 as a"), body='\n{"x": {{ a + }}}').rule == "template-syntax"
    assert validator.only(validator.query("select 1 as a"), body='{"x": {{ a() }}}').rule == "template-syntax"
    assert validator.only(validator.query("select 1 as a"), body='{"x": "{{ a }}"}').rule == "template-quotes"


def test_columns_of_rows_are_known(validator) -> None:
    lines = validator.query(ORDERED, BOUND, attributes=' name="lines" result="many"')
    loop = "[{{% for line in lines %}}{{{{ line.{} }}}}{{% if not loop.last %}},{{% endif %}}{{% endfor %}}]"
    assert validator.findings(validator.definition(lines, body=loop.format("transid"))) == []
    finding = validator.only(lines, body=loop.format("transit"))
    assert (finding.rule, finding.hint) == ("template-name", "Did you mean transid?")


def test_reserved_names_are_refused_only_beside_a_template(validator) -> None:
    for name in ("event", "data", "default", "loop", "Event"):
        query = validator.query(f"select 1 as [{name}]")
        assert validator.findings(validator.definition(query)) == []
        finding = validator.only(query, body="1")
        assert (finding.rule, finding.line, finding.column) == ("template-name", 2, 24)
        named = validator.query("select 1 as a", attributes=f' name="{name}"')
        assert validator.only(named, body="1").column == 14
        inner = validator.query(f"select 1 as [{name}]", attributes=' name="a"')
        assert validator.only(inner, body="1").rule == "template-name"


def test_a_column_called_secret_must_be_the_hole(validator) -> None:
    hole = validator.query("select ? as [secret]", SECRET)
    assert validator.findings(validator.definition(hole, body='{"s": {{ secret }}}')) == []
    assert validator.only(validator.query("select 1 as [secret]"), body="1").rule == "template-name"


def test_names_are_not_guessed_where_columns_are_unknown(validator) -> None:
    for sql, rule in (
        ("select a, from t", "sql-syntax"),
        ("select * from t", "select-star"),
        ("select 1", "unnamed-column"),
    ):
        assert validator.only(validator.query(sql), body='{"x": {{ anything }}}').rule == rule


def test_an_empty_body_is_a_fault(validator) -> None:
    for body in ("", " \n"):
        assert validator.only(validator.query("select 1 as a"), body=body).rule == "template-syntax"


@pytest.mark.parametrize(
    ("expression", "at", "hint"),
    [
        ("data.data.paymentId", "paymentId", "Did you mean paymentid?"),
        ("data.data.zzz[0].x", "x", "Known are paymentid, ledgeraccountid, revision, debtcreditorid, partytypeid."),
        ("data['data'].paymntid | upper", "paymntid", "Did you mean paymentid?"),
        ("data.paymentid", "paymentid", "It is an argument of the event: data.data.paymentid."),
        ("data.secret", "secret", "The secret of the registration is {{ secret }}."),
        ("data.evnt", "evnt", "Did you mean event?"),
    ],
)
def test_an_argument_that_the_event_has_not(validator, expression: str, at: str, hint: str) -> None:
    body = f'{{"x": {{{{ {expression} }}}}}}'
    source = validator.definition(validator.query("select 1 as a"), body=body)
    (finding,) = validator.findings(source)
    assert (finding.rule, finding.severity, finding.hint) == ("unknown-argument", Severity.ERROR, hint)
    last = source.splitlines()[finding.line - 1]
    assert finding.column == last.rindex(at) + 1


def test_what_a_message_holds_may_be_used(validator) -> None:
    body = "[{{ data.data.paymentid }}, {{ data.data }}, {{ data }}, {{ data.id }}, {{ data.data.revision.x[0] }}]"
    assert validator.findings(validator.definition(validator.query("select 1 as a"), body=body)) == []


def test_arguments_are_looked_up_even_where_columns_are_unknown_but_not_where_the_event_is(validator) -> None:
    query, body = validator.query("select a, from t"), "{{ data.data.anything }}"
    assert validator.rules(validator.definition(query, body=body)) == ["sql-syntax", "unknown-argument"]
    source = validator.definition(validator.query("select 1 as a"), name="zzz", body=body)
    assert validator.rules(source, "zzz.xml") == ["unknown-event"]
