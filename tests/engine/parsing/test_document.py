import hashlib

import pytest

from engine.model import (
    ArgumentType,
    DataSource,
    Definition,
    Position,
    ResultKind,
    SecretSource,
    Source,
    StepSource,
)
from engine.parsing import parse
from engine.parsing.document import parse_source

GUIDE = b"""<?xml version="1.0" encoding="ISO-8859-1" standalone="no" ?>
<aptic_service_definition
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="http://schema.aptic.net/aptic-service-definition.xsd">
  <category>webhook</category>
  <name>ledgerpayment</name>
  <steps>
    <query>
      <![CDATA[
      select la.uniqueid as invoiceguid, ? as [secret]
      from dat_ledgeraccount la
      where la.ledgeraccountid = ?
      ]]>
      <argument source="$secret" type="string"/>
      <argument source="$data.data.ledgeraccountid" type="int"/>
    </query>
  </steps>
</aptic_service_definition>
"""


def _definition(content: str | bytes) -> Definition:
    parsed = parse(content.encode() if isinstance(content, str) else content, "f.xml")
    assert parsed.definition is not None, parsed.diagnostics
    return parsed.definition


def _query(inside: str, attributes: str = "") -> str:
    return (
        "<aptic_service_definition><category>webhook</category><name>x</name><steps>"
        f"<query{attributes}>{inside}</query></steps></aptic_service_definition>"
    )


def test_the_guides_definition() -> None:
    definition = _definition(GUIDE)
    assert (definition.category, definition.name, definition.file) == ("webhook", "ledgerpayment", "f.xml")
    assert (definition.description, definition.body) == (None, None)
    assert definition.content_hash == hashlib.sha256(GUIDE).hexdigest()
    assert definition.name_position == Position(6, 9)
    (step,) = definition.steps
    assert (step.name, step.result, step.output, step.name_position) == (None, ResultKind.ONE, True, None)
    assert step.position == Position(8, 5)
    assert step.sql.value.strip().startswith("select la.uniqueid as invoiceguid")
    assert step.sql.value.endswith("= ?\n      \n      ")
    secret, account = step.arguments
    assert (secret.source, secret.type, secret.nullable) == (SecretSource(), ArgumentType.STRING, False)
    assert (account.source, account.type) == (DataSource(("data", "ledgeraccountid")), ArgumentType.INT)
    assert account.source_text == "$data.data.ledgeraccountid"
    assert account.position == Position(15, 7)
    assert account.source_position == Position(15, 25)
    assert (account.default, account.default_position) == (None, None)


def test_everything_that_is_optional() -> None:
    definition = _definition(
        "<aptic_service_definition><category> webhook\n</category><name>\tx </name>"
        "<description> For\npeople </description>"
        "<steps><query name='lines' result='many' output='false'>select 1 as a"
        "<argument source='$steps.a.b' type='guid' nullable='true' default=' 7 '/></query></steps>"
        "<body><![CDATA[ {{ lines }} ]]></body></aptic_service_definition>"
    )
    assert (definition.category, definition.name, definition.description) == ("webhook", "x", " For\npeople ")
    (step,) = definition.steps
    assert (step.name, step.result, step.output) == ("lines", ResultKind.MANY, False)
    (argument,) = step.arguments
    assert (argument.source, argument.type, argument.nullable) == (StepSource("a", "b"), ArgumentType.GUID, True)
    assert argument.default == " 7 "
    assert definition.body is not None
    assert definition.body.value == " {{ lines }} "


def test_comments_instructions_and_sections_neither_cut_nor_change_the_sql() -> None:
    whole = "select a -- ?\n from t where b < 'x & y'"
    for written in (
        "<![CDATA[select a -- ?\n from t where b < 'x & y']]>",
        "select a -- ?\n from t where b &lt; 'x &amp; y'",
        "<![CDATA[sel]]><![CDATA[ect a -- ?\n from t where b < 'x & y']]>",
        "select<!-- , secret --> a -- ?\n from<?pi x?> t where <!-- ? -->b &lt; 'x<!-- --> &#38; y'",
        "<!-- select 2 -->select a -- ?\n from t where b <![CDATA[< 'x & ]]><!-- \n -->y'<?end?>",
    ):
        assert _definition(_query(written)).steps[0].sql.value == whole


def test_the_sql_ends_before_the_first_argument() -> None:
    sql = _definition(_query("select ? as a\n  <argument source='$secret' type='string'/>\n  \n")).steps[0].sql
    assert sql.value == "select ? as a\n  "
    assert _definition(_query("<argument source='$secret' type='string'/>\n")).steps[0].sql.value == ""


def test_text_after_an_argument_is_sql_only_where_none_stands_before() -> None:
    argument = "<argument source='$secret' type='string'/>"
    assert _definition(_query(f"select ? as a {argument} and more")).steps[0].sql.value == "select ? as a "
    assert _definition(_query(f"\n{argument}select ? as a")).steps[0].sql.value == "\nselect ? as a"


def test_an_empty_query_has_a_place() -> None:
    sql = _definition(_query("")).steps[0].sql
    assert (sql.value, sql.position(0)) == ("", Position(1, 76))


def test_misspelt_names_are_read_as_meant() -> None:
    definition = _definition(
        "<aptic_service_defintion><catagory>webhook</catagory><Name>x</Name><step>"
        "<quary nmae='a' reslut='optinal'>select ? as a<argumnt soruce='$secret' tpye='string' nulable='true'/></quary>"
        "</step><boddy>1</boddy></aptic_service_defintion>"
    )
    assert (definition.category, definition.name) == ("webhook", "x")
    (step,) = definition.steps
    assert (step.name, step.result) == ("a", ResultKind.OPTIONAL)
    assert step.arguments[0].source == SecretSource()
    assert step.arguments[0].nullable
    assert definition.body is not None


def test_what_is_missing_or_impossible_gets_the_harmless_value() -> None:
    definition = _definition("<aptic_service_definition/>")
    assert (definition.category, definition.name, definition.steps, definition.body) == ("", "", (), None)
    assert definition.name_position == Position(1, 1)
    (step,) = _definition(_query("<argument type='integer' default='x'/><argument source='s'/>", " result='7'")).steps
    assert step.result is ResultKind.ONE
    first, second = step.arguments
    assert (first.source, first.source_text, first.type, first.default) == (None, "", ArgumentType.STRING, None)
    assert (second.source, second.source_text, second.type) == (None, "s", ArgumentType.STRING)


def test_names_in_a_namespace_are_read_by_their_local_part() -> None:
    definition = _definition(_query("select 1 as a").replace("definition>", "definition xmlns='urn:x'>", 1))
    assert (definition.name, len(definition.steps)) == ("x", 1)


def test_another_root_element_gives_no_definition_and_leaves_the_word_to_the_schema() -> None:
    parsed = parse(b"<html/>", "f.xml")
    assert parsed.definition is None
    assert parsed.diagnostics == ()
    assert parsed.root is not None
    assert parsed.document is not None


SOURCES: dict[str, Source] = {
    "$secret": SecretSource(),
    "$data.event": DataSource(("event",)),
    "$data.data.paymentid": DataSource(("data", "paymentid")),
    "$data.data.lines[0].amount": DataSource(("data", "lines", 0, "amount")),
    "$data.data.a[12][3].b-c": DataSource(("data", "a", 12, 3, "b-c")),
    "$data.data.åäö": DataSource(("data", "åäö")),
    "$data.data.7": DataSource(("data", "7")),
    "$data.Data": DataSource(("Data",)),
    "$steps.invoice.debtref": StepSource("invoice", "debtref"),
    "$steps.Invoice_2.DebtRef": StepSource("Invoice_2", "DebtRef"),
    "$steps.invoice.paid amount": StepSource("invoice", "paid amount"),
}


@pytest.mark.parametrize("text", SOURCES)
def test_a_source_that_is_understood(text: str) -> None:
    assert parse_source(text) == SOURCES[text]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "secret", "$Secret", "$secret ", " $secret", "$secret.x", "$SECRET", "$data", "$data.", "$data[0]",
        "$data.data..x", "$data.data.x.", "$data.data.x[", "$data.data.x[]", "$data.data.x[-1]", "$data.data.x[01]",
        "$data.data.x[1", "$data.data.x[a]", "$data.data.x[1]y", "$data.[0]", "$data.data.x y", "$data.data.x\n",
        "$data.data.x[9999999999]", "$data.data.x[٣]", "$DATA.data.x", "data.data.x", "$data.data.x;", "$step.a.b",
        "$steps", "$steps.a", "$steps.a.", "$steps..b", "$steps.1a.b", "$steps.a.b.c", "$steps.a. b", "$steps.a.b ",
        "$steps.a.b\n", "$steps.å.b", "${secret}", "{{ secret }}", "@paymentid", "?", "$data.data.x\0",
    ],
)  # fmt: skip
def test_what_is_no_source(text: str) -> None:
    assert parse_source(text) is None
