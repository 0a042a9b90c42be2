"""What an admin is told about a file that does not fit the schema: the place, the fault, the way out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.parsing import parse
from engine.validation import xsd

TYPES = "string, int, decimal, double, boolean, date, datetime, datetimeoffset, guid"
RESULTS = "one, optional, many"
PARTS = "category, name, description, disclosure, steps, body"
CODE = (
    "An event code: letters a to z, digits, underscores, hyphens and full stops, at most 128; "
    "no hyphen or stop at its start."
)
HEAD = "<aptic_service_definition><category>webhook</category><name>x</name>"
TAIL = "</aptic_service_definition>"


def _findings(source: str) -> list[tuple[str, str | None]]:
    """Message and hint of each violation; the place must be that of the mark, where the source has one."""
    column = source.find("§")
    parsed = parse(source.replace("§", "").encode(), "f.xml")
    assert parsed.diagnostics == ()
    found = xsd.check(parsed)
    assert all(finding.rule == "schema" for finding in found)
    if column >= 0:
        assert column + 1 in [finding.position.column for finding in found]
    return [(finding.message, finding.hint) for finding in found]


def _query(source: str) -> list[tuple[str, str | None]]:
    return _findings(f"{HEAD}<steps>{source}</steps>{TAIL}")


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("§<quary/><query/>", "<quary> is not known in <steps>.", "Did you mean <query>?"),
        ("<query/>§<item/>", "<item> is not known in <steps>.", "Known there: query."),
        ("<query/>§<argument source='$x' type='int'/>", "<argument> is not known in <steps>.",
         "It belongs directly in <query>."),
        ("<query>§<query/></query>", "<query> is not known in <query>.", "It belongs directly in <steps>."),
        ("<query/>§select 1", "Text stands directly in <steps>.", "Put SQL into a <query>."),
        ("<query reslt='§one'/>", "<query> does not know the attribute `reslt`.", "Did you mean result?"),
        ("<query Result='§one'/>", "<query> does not know the attribute `Result`.", "Did you mean result?"),
        ("<query xyzzy='§1'/>", "<query> does not know the attribute `xyzzy`.", "It knows name, result, output."),
        ("<query xml:lang='§en'/>", "<query> does not know the attribute `lang`.", "It knows name, result, output."),
        ("<query result='§option'/>", "The attribute `result` must not be `option`.",
         f"Did you mean optional? Possible: {RESULTS}."),
        ("<query result='§one '/>", "The attribute `result` must not be `one `.",
         f"Did you mean one? Possible: {RESULTS}."),
        ("<query result='§'/>", "The attribute `result` is empty.", f"Possible: {RESULTS}."),
        ("<query output='§no'/>", "The attribute `output` must not be `no`.", "Possible: true, false."),
        ("<query name='§my lines'/>", "The attribute `name` must not be `my lines`.",
         "The name of a query: letters a to z, digits and underscores, at most 128; no digit at its start."),
        ("<query>§<argument type='int'/></query>", "<argument> lacks the attribute `source`.", 'Add source="…".'),
        ("<query><argument source='§' type='int'/></query>", "The attribute `source` is empty.",
         "$secret, $data.… or $steps.NAME.COLUMN, without blanks."),
        ("<query><argument source='$x' type='§bigint'/></query>", "The attribute `type` must not be `bigint`.",
         f"Did you mean int? Possible: {TYPES}."),
        ("<query><argument source='$x' type='§nvarchar'/></query>", "The attribute `type` must not be `nvarchar`.",
         f"Did you mean string? Possible: {TYPES}."),
        ("<query><argument source='$x' type='§datetim'/></query>", "The attribute `type` must not be `datetim`.",
         f"Did you mean datetime? Possible: {TYPES}."),
        ("<query><argument source='$x' type='§xyzzy'/></query>", "The attribute `type` must not be `xyzzy`.",
         f"Possible: {TYPES}."),
        ("<query><argument source='$x' type='int'>§5</argument></query>",
         "Text stands in <argument>, which must be empty.", "End it with />: <argument … />."),
        ("<query><argument source='$x' type='int'>§<b/></argument></query>",
         "<b> stands in <argument>, which must be empty.", "End it with />: <argument … />."),
        ("<query>a<argument source='$x' type='int'/> §and b</query>", "Text stands after an <argument>.",
         "Write the whole SQL before the first <argument>, with a ? where each value goes."),
        ("<query xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='§true'/>",
         "The attribute `xsi:nil` is not supported.", "Remove it."),
    ],
)  # fmt: skip
def test_one_violation_in_a_query(source: str, message: str, hint: str) -> None:
    found = _query(source)
    assert (message, hint) in found
    assert len(found) == 1 or "<query> is not known in <query>." in message


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("§<aptic_service_definition/>", "<aptic_service_definition> lacks the element <category>.",
         f"Add one. The order is {PARTS}."),
        ("§<aptic-service-definition/>",
         "The root element is <aptic-service-definition>, not <aptic_service_definition>.",
         "A service definition has the root element <aptic_service_definition>."),
        ("§<html/>", "The root element is <html>, not <aptic_service_definition>.",
         "A service definition has the root element <aptic_service_definition>."),
        (f"{HEAD}<steps><query/></steps>§<steps><query/></steps>{TAIL}", "<steps> stands here once too often.",
         "Leave one of them."),
        (f"{HEAD}<body/>§<steps><query/></steps>{TAIL}", "<steps> stands after <body>.", f"The order is {PARTS}."),
        (f"{HEAD}§<steps/>{TAIL}", "<steps> lacks the element <query>.", "Add one."),
        (f"{HEAD}<steps><query/></steps><body>§<b>1</b></body>{TAIL}", "<b> stands in <body>, which holds text only.",
         "Put the text between <![CDATA[ and ]]>."),
        (f"{HEAD}§<query/><steps><query/></steps>{TAIL}", "<query> is not known in <aptic_service_definition>.",
         "It belongs directly in <steps>."),
        (f"{HEAD.replace('webhook', '§Webhook')}<steps><query/></steps>{TAIL}", "<category> must not be `Webhook`.",
         "Did you mean webhook? Possible: webhook."),
        (f"{HEAD.replace('>x<', '> §a b <')}<steps><query/></steps>{TAIL}", "<name> must not be ` a b `.",
         CODE),
        (f"{HEAD}<steps xmlns='urn:x'><query/></steps>{TAIL}",
         "<steps> of the namespace `urn:x` is not known in <aptic_service_definition>.",
         "Remove its prefix or xmlns: a service definition uses no namespace."),
    ],
)  # fmt: skip
def test_one_violation_around_the_queries(source: str, message: str, hint: str) -> None:
    assert (message, hint) in _findings(source)


def test_a_namespace_on_the_root_is_one_violation() -> None:
    source = f"{HEAD}<steps><query/></steps>{TAIL}".replace("definition>", "definition xmlns='urn:x'>", 1)
    ((message, _),) = _findings(source)
    assert "of the namespace `urn:x`" in message


def test_a_misspelt_element_is_one_violation_and_what_is_in_it_still_counts() -> None:
    assert len(_query("<quary name='a'><argumnt source='$x' type='int'/></quary>")) == 2
    assert len(_query("<quary name='1'><argumnt source='$x' type='itn'/></quary>")) == 4


def test_long_values_are_cut() -> None:
    ((message, _),) = _query(f"<query name='{'x' * 500}'/>")
    assert len(message) < 100


def test_one_validator_serves_many_threads() -> None:
    sound = parse(f"{HEAD}<steps><query>select 1 as a</query></steps>{TAIL}".encode(), "f.xml")
    faulty = parse(f"{HEAD}<steps><query nam='a'/></steps>{TAIL}".encode(), "f.xml")
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda number: len(xsd.check((sound, faulty)[number % 2])), range(400)))
    assert counts == [0, 1] * 200
