import pytest

from engine.model import Severity
from engine.parsing import parse
from engine.validation.naming import check_folder

SQL = "select t.transid as transid from dat_trans t where t.paymentid = ?"
ORDERED = f"{SQL} order by t.transid"
BOUND = '<argument source="$data.data.paymentid" type="int"/>'


def test_an_unknown_event_is_named_with_what_was_meant(validator) -> None:
    source = validator.definition(validator.query(SQL, BOUND), name="ledgerpaymnt")
    (finding,) = validator.findings(source, "ledgerpaymnt.xml")
    assert (finding.rule, finding.line, finding.column) == ("unknown-event", 1, source.index("ledgerpaymnt") + 1)
    assert finding.hint == "Did you mean ledgerpayment? Events of your own: --events DIR or events=."


def test_an_event_like_none_lists_the_known_ones(validator) -> None:
    (finding,) = validator.findings(validator.definition(validator.query("select 1 as a"), name="zzz"), "zzz.xml")
    assert finding.rule == "unknown-event"
    assert finding.hint is not None
    assert "statuschange" in finding.hint
    assert finding.hint.endswith("Events of your own: --events DIR or events=.")


def test_a_file_is_not_to_be_called_after_an_unknown_event(validator) -> None:
    source = validator.definition(validator.query(SQL, BOUND), name="ledgerpaymnt")
    assert validator.rules(source, "ledgerpayment.xml") == ["unknown-event"]


def test_case_counts_in_event_codes(validator) -> None:
    source = validator.definition(validator.query(SQL, BOUND), name="LedgerPayment")
    (finding,) = validator.findings(source, "LedgerPayment.xml")
    assert finding.rule == "unknown-event"
    assert finding.hint is not None
    assert finding.hint.startswith("Did you mean ledgerpayment?")


@pytest.mark.parametrize("name", ["<name/>", "<name> </name>", ""])
def test_a_missing_name_is_the_schemas_business_alone(validator, name: str) -> None:
    source = validator.definition(validator.query("select 1 as a")).replace("<name>ledgerpayment</name>", name)
    assert validator.rules(source) == ["schema"]


def test_another_category_is_the_schemas_business_alone(validator) -> None:
    source = validator.definition(validator.query("select 1 as a"), name="mycallback").replace("webhook", "callback")
    assert validator.rules(source, "mycallback.xml") == ["schema"]


@pytest.mark.parametrize("file", ["payment.xml", "ledgerpayment.old.xml", "LedgerPayment.xml", "x/ledger.xml"])
def test_a_file_of_another_name_is_a_warning(validator, file: str) -> None:
    (finding,) = validator.findings(validator.definition(validator.query("select 1 as a")), file)
    assert (finding.rule, finding.severity) == ("file-name", Severity.WARNING)
    assert finding.hint == "Call it ledgerpayment.xml."


@pytest.mark.parametrize("file", ["ledgerpayment.xml", "a/b.c/ledgerpayment.xml", "ledgerpayment.XML"])
def test_a_file_of_the_events_name_is_fine(validator, file: str) -> None:
    assert validator.findings(validator.definition(validator.query("select 1 as a")), file) == []


def test_many_rows_need_a_name(validator) -> None:
    finding = validator.only(validator.query(ORDERED, BOUND, attributes=' result="many"'))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("schema", Severity.ERROR, 2, 1)
    assert "name" in finding.message


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (["select 1 as a, 2 as A"], "`A` is also the name of the column `a` of line 2"),
        (["select 1 as a", "select 2 as [A]"], "`A` is also the name of the column `a` of line 2"),
        (["select 1 as a, 2 as b", "select 2 as b, 3 as c"], "`b` is also"),
        (["select 1 as Å, 2 as å"], "`å` is also"),
    ],
)
def test_two_members_of_one_name(validator, queries: list[str], message: str) -> None:
    finding = validator.only(*map(validator.query, queries))
    assert finding.rule == "duplicate-column"
    assert message in finding.message
    assert finding.hint == "Give one of them another alias."


def test_three_members_of_one_name_are_two_findings(validator) -> None:
    source = validator.definition(validator.query("select 1 as a, 2 as a, 3 as a"))
    assert validator.rules(source) == ["duplicate-column"] * 2


def test_a_query_and_a_column_of_one_name(validator) -> None:
    finding = validator.only(
        validator.query("select 1 as lines"), validator.query(ORDERED, BOUND, attributes=' name="Lines" result="many"')
    )
    assert (finding.rule, finding.line, finding.column) == ("duplicate-column", 3, 14)


def test_two_queries_of_one_name_even_when_one_is_not_sent(validator) -> None:
    finding = validator.only(
        validator.query("select 1 as a", attributes=' name="x"'),
        validator.query("select 1 as a", attributes=' name="X" output="false"'),
    )
    assert (finding.rule, finding.line, finding.column) == ("duplicate-column", 3, 14)


def test_two_columns_of_one_name_in_a_named_query(validator) -> None:
    finding = validator.only(validator.query("select 1 as a, 2 as A", attributes=' name="x"'))
    assert finding.rule == "duplicate-column"


def test_columns_of_different_objects_may_share_a_name(validator) -> None:
    source = validator.definition(
        validator.query("select 1 as a", attributes=' name="x"'),
        validator.query("select 1 as a", attributes=' name="y" output="false"'),
        validator.query("select 1 as a"),
    )
    assert validator.findings(source) == []


def test_what_is_not_sent_may_share_a_name_unless_a_template_sees_both(validator) -> None:
    queries = (
        validator.query("select 1 as a"),
        validator.query("select 1 as b", attributes=' name="A" output="false"'),
    )
    assert validator.findings(validator.definition(*queries)) == []
    assert validator.only(*queries, body='{"a": {{ a }}}').rule == "duplicate-column"


def test_columns_are_compared_as_the_author_spells_them(validator) -> None:
    finding = validator.only(validator.query("select t.accountid, u.accountid from t join u on u.id = t.id"))
    assert (finding.rule, finding.line, finding.column) == ("duplicate-column", 2, 37)


def _files(validator, *names: tuple[str, str]):
    return [_parsed(validator.definition(validator.query("select 1 as a"), name=name), file) for file, name in names]


def _parsed(source: str, file: str):
    definition = parse(source.encode(), file).definition
    assert definition is not None
    return definition


def test_each_file_names_the_places_of_the_others(validator) -> None:
    files = _files(validator, ("a.xml", "statuschange"), ("b.xml", "ledgerpayment"), ("c.xml", "statuschange"))
    first, second = check_folder(files)
    assert (first.rule, first.severity, first.file, first.line) == ("duplicate-definition", Severity.ERROR, "a.xml", 1)
    assert "c.xml:1" in first.message
    assert second.file == "c.xml"
    assert "a.xml:1" in second.message


def test_three_of_a_kind(validator) -> None:
    found = check_folder(_files(validator, ("a.xml", "x"), ("b.xml", "x"), ("c.xml", "x")))
    assert [finding.file for finding in found] == ["a.xml", "b.xml", "c.xml"]
    assert "a.xml:1, c.xml:1" in found[1].message


def test_of_many_copies_a_few_are_named(validator) -> None:
    found = check_folder(_files(validator, *((f"{number}.xml", "x") for number in range(9))))
    assert len(found) == 9
    assert found[0].message.endswith("1.xml:1, 2.xml:1, 3.xml:1, 4.xml:1, 5.xml:1 and 3 more.")


def test_different_names_and_categories_are_fine(validator) -> None:
    files = _files(validator, ("a.xml", "x"), ("b.xml", "y"), ("c.xml", "X"))
    other = validator.definition(validator.query("select 1 as a"), name="x").replace("webhook", "callback")
    nameless = validator.definition(validator.query("select 1 as a"), name="")
    files += [_parsed(source, f"{number}.xml") for number, source in enumerate([other, nameless, nameless])]
    assert check_folder(files) == ()
