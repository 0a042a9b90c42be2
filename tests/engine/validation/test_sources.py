import pytest

from engine.model import Severity

FOUND = "select la.accountid, ? as token from dat_ledgeraccount la where la.ledgeraccountid = ?"
PLAIN = "select la.accountid from dat_ledgeraccount la where la.ledgeraccountid = ?"
USE = "select t.transid from dat_trans t where t.transid = ?"
ACCOUNT = '<argument source="$data.data.ledgeraccountid" type="int"/>'


def _column(source: str) -> int:
    """The column of the source's value in the second query's or the only line's argument."""
    return source.index("source=") + len('source="') + 1


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("data.data.paymentid", "Did you mean $data.data.paymentid?"),
        ("data.paymentid", "Did you mean $data.data.paymentid?"),
        ("$Data.data.paymentid", "Did you mean $data.data.paymentid?"),
        ("$data.data.paymentid ", "Did you mean $data.data.paymentid?"),
        ("@data.data.paymentid", "Did you mean $data.data.paymentid?"),
        ("${data.data.paymentid}", "Did you mean $data.data.paymentid?"),
        ("{{ data.data.paymentid }}", "Did you mean $data.data.paymentid?"),
        ("$step.found.accountid", "Did you mean $steps.found.accountid?"),
        ("$dat.event", "Did you mean $data.event?"),
        ("$data", "Name what is meant in the message, such as $data.data.paymentid."),
        ("$data.", "Name what is meant in the message, such as $data.data.paymentid."),
        ("$data.data.x[", "Write $data.data.NAME, $secret or $steps.NAME.COLUMN."),
        ("paymentid", "Write $data.data.NAME, $secret or $steps.NAME.COLUMN."),
        ("?", "Write $data.data.NAME, $secret or $steps.NAME.COLUMN."),
    ],
)
def test_a_source_that_is_not_understood(validator, source: str, hint: str) -> None:
    finding = validator.only(query := validator.query(USE, validator.argument(source)))
    assert (finding.rule, finding.severity) == ("argument-source", Severity.ERROR)
    assert (finding.line, finding.column) == (2, _column(query))
    assert finding.message == f"The source `{source}` is not understood."
    assert finding.hint == hint


@pytest.mark.parametrize("source", ["$SECRET", "secret", "$secret "])
def test_a_secret_that_is_not_understood(validator, source: str) -> None:
    query = validator.query("select ? as [secret]", validator.argument(source, "string"))
    assert validator.only(query).hint == "Did you mean $secret?"


def test_a_missing_source_is_the_schemas_business_alone(validator) -> None:
    source = validator.definition(validator.query(USE, '<argument source="" type="int"/>'))
    assert validator.rules(source) == ["schema"]
    assert validator.rules(source.replace(' source=""', "")) == ["schema"]


@pytest.mark.parametrize("type_", ["int", "guid", "datetime"])
def test_the_secret_is_a_string(validator, type_: str) -> None:
    finding = validator.only(query := validator.query("select ? as [secret]", validator.argument("$secret", type_)))
    assert (finding.rule, finding.column) == ("argument-source", _column(query))
    assert type_ in finding.message


def test_an_unknown_type_is_the_schemas_business_alone(validator) -> None:
    secret = validator.query("select ? as [secret]", validator.argument("$secret", "text", ' default="1"'))
    assert validator.rules(validator.definition(secret)) == ["schema"]
    default = validator.argument("$data.data.paymentid", "integer", ' default="x"')
    assert validator.rules(validator.definition(validator.query(USE, default))) == ["schema"]


@pytest.mark.parametrize("source", ["$data.event", "$data.id", "$data.time", "$data.sequence", "$data.data.paymentid"])
def test_members_of_the_message(validator, source: str) -> None:
    query = validator.query(USE, validator.argument(source, "string"))
    assert validator.findings(validator.definition(query)) == []


@pytest.mark.parametrize(
    ("source", "skipped", "hint"),
    [
        ("$data.data.paymentId", "$data.data.", "Did you mean paymentid?"),
        ("$data.data.ledgeracountid", "$data.data.", "Did you mean ledgeraccountid?"),
        ("$data.data.ledgeracountid[0].x", "$data.data.", "Did you mean ledgeraccountid?"),
        (
            "$data.data.zzz",
            "$data.data.",
            "Known are paymentid, ledgeraccountid, revision, debtcreditorid, partytypeid.",
        ),
        ("$data.paymentid", "$data.", "It is an argument of the event: $data.data.paymentid."),
        ("$data.secret", "$data.", "The secret of the registration is $secret."),
        ("$data.evnt", "$data.", "Did you mean event?"),
        ("$data.Data.paymentid", "$data.", "Did you mean data?"),
        ("$data.zzz", "$data.", "Known are data, event, id, time, sequence."),
    ],
)
def test_an_argument_that_the_event_has_not(validator, source: str, skipped: str, hint: str) -> None:
    finding = validator.only(query := validator.query(USE, validator.argument(source)))
    assert finding.rule == "unknown-argument"
    assert finding.column == _column(query) + len(skipped)
    assert finding.hint == hint


def test_an_unknown_event_has_unknown_arguments(validator) -> None:
    source = validator.definition(validator.query(USE, validator.argument("$data.data.anything")), name="zzz")
    assert validator.rules(source, "zzz.xml") == ["unknown-event"]


@pytest.mark.parametrize("source", ["$data.data", "$data.data[0]", "$data.data[0].x"])
def test_all_arguments_at_once_are_no_value(validator, source: str) -> None:
    finding = validator.only(validator.query(USE, validator.argument(source)))
    assert finding.rule == "argument-source"
    assert finding.hint == "Name one of them, such as $data.data.paymentid."


def _steps(validator, source: str, *, first: str = ' name="found"', more: str = "") -> list[str]:
    return [
        validator.query(PLAIN, ACCOUNT, attributes=first),
        validator.query(USE, validator.argument(source, "int", more)),
    ]


@pytest.mark.parametrize("source", ["$steps.found.accountid", "$steps.FOUND.AccountID"])
@pytest.mark.parametrize("first", [' name="found"', ' name="found" output="false"'])
def test_a_column_of_an_earlier_query(validator, source: str, first: str) -> None:
    assert validator.findings(validator.definition(*_steps(validator, source, first=first))) == []


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("$steps.fund.accountid", "No query is called `fund`", "Did you mean found?"),
        ("$steps.found.acountid", "has no column `acountid`", "Did you mean accountid?"),
        ("$steps.found.zzz", "has no column `zzz`", "Known are accountid."),
    ],
)
def test_a_step_or_column_that_is_not_there(validator, source: str, message: str, hint: str) -> None:
    queries = _steps(validator, source)
    finding = validator.only(*queries)
    assert (finding.rule, finding.line, finding.column) == ("argument-source", 3, _column(queries[1]))
    assert message in finding.message
    assert finding.hint == hint


def test_a_step_without_any_named_one_before(validator) -> None:
    finding = validator.only(*_steps(validator, "$steps.found.accountid", first=""))
    assert finding.hint == 'Give the earlier query a name: <query name="…">.'


def test_a_later_step_and_the_step_itself(validator) -> None:
    later = list(reversed(_steps(validator, "$steps.found.accountid")))
    assert "a later query" in validator.only(*later).message
    own = validator.query(PLAIN, validator.argument("$steps.found.accountid"), attributes=' name="found"')
    assert "this query itself" in validator.only(own).message


def test_a_step_of_many_rows(validator) -> None:
    first = validator.query(f"{PLAIN} order by la.accountid", ACCOUNT, attributes=' name="found" result="many"')
    finding = validator.only(first, _steps(validator, "$steps.found.accountid")[1])
    assert finding.rule == "argument-source"
    assert "many rows" in finding.message


def test_a_step_that_may_find_nothing_wants_nullable(validator) -> None:
    optional = ' name="found" result="optional"'
    finding = validator.only(*_steps(validator, "$steps.found.accountid", first=optional))
    assert (finding.rule, finding.severity) == ("argument-source", Severity.WARNING)
    nullable = _steps(validator, "$steps.found.accountid", first=optional, more=' nullable="true"')
    assert validator.findings(validator.definition(*nullable)) == []


def test_the_secret_is_not_read_through_a_step(validator) -> None:
    first = validator.query(FOUND, validator.argument("$secret", "string"), ACCOUNT, attributes=' name="found"')
    finding = validator.only(first, validator.query(USE, validator.argument("$steps.found.Token", "string")))
    assert (finding.rule, finding.severity, finding.line) == ("secret-in-sql", Severity.ERROR, 3)


def test_columns_of_sql_that_does_not_parse_are_not_guessed(validator) -> None:
    broken = validator.query("select accountid, from t", attributes=' name="found"')
    source = validator.definition(broken, _steps(validator, "$steps.found.whatever")[1])
    assert validator.rules(source) == ["sql-syntax"]
    star = validator.query("select * from t", attributes=' name="found"')
    source = validator.definition(star, _steps(validator, "$steps.found.whatever")[1])
    assert validator.rules(source) == ["select-star"]


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("int", "x"), ("int", ""), ("int", " 1"), ("int", "1.0"), ("decimal", "1,5"), ("double", "nan"),
        ("boolean", "yes"), ("date", "2026-02-30"), ("datetime", "2026-11-24T10:20:30Z"), ("guid", "1234"),
        ("datetimeoffset", "2026-11-24T10:20:30"),
    ],
)  # fmt: skip
def test_a_default_that_does_not_convert(validator, type_: str, default: str) -> None:
    query = validator.query(USE, validator.argument("$data.data.paymentid", type_, f' default="{default}"'))
    finding = validator.only(query)
    assert finding.rule == "argument-default"
    assert finding.column == query.index("default=") + len('default="') + 1
    assert finding.message.startswith("The default ")


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("int", "-1"),
        ("string", ""),
        ("string", " x "),
        ("decimal", "1.50"),
        ("boolean", "false"),
        ("date", "2026-11-24"),
    ],
)
def test_a_default_that_converts(validator, type_: str, default: str) -> None:
    query = validator.query(USE, validator.argument("$data.data.paymentid", type_, f' default="{default}"'))
    assert validator.findings(validator.definition(query)) == []


def test_what_is_never_absent_takes_no_default(validator) -> None:
    secret = validator.query("select ? as [secret]", validator.argument("$secret", "string", ' default="x"'))
    assert validator.only(secret).rule == "argument-default"
    step = _steps(validator, "$steps.found.accountid", more=' default="1"')
    assert validator.only(*step).rule == "argument-default"
