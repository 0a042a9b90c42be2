"""What a translation would only say again, or guess wrong, is left out; what it finds beside that is reported."""

from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Diagnostic, Dialect
from engine.sql.ddl import read_schema
from engine.sql.target import Target

SCHEMA = (Path(__file__).parents[3] / "fixtures" / "ledger" / "schema.sql").read_text(encoding="utf-8")
TARGET = Target(Dialect.DUCKDB, read_schema(SCHEMA).schema)
WHERE = "select t.transid as a from dat_trans t where t.paymentid = ?"
PAYMENT = '<argument source="$data.data.paymentid" type="int"/>'
SECRET = '<argument source="$secret" type="string"/>'


@pytest.fixture
def translated(validator, tmp_path: Path):
    def load(*queries: str, body: str | None = None, more: str = "") -> tuple[Diagnostic, ...]:
        path = tmp_path / "ledgerpayment.xml"
        end = "</aptic_service_definition>"
        path.write_text(validator.definition(*queries, body=body).replace(end, more + end))
        (file,) = load_files([path], Catalogue.load(), TARGET)
        return file.diagnostics

    return load


@pytest.mark.parametrize(
    ("sql", "arguments", "rule"),
    [
        (f"{WHERE} and t.accountid = ?", [PAYMENT], "argument-count"),
        ("select t.transid as a from dat_trans t", [PAYMENT], "argument-count"),
        (WHERE, [PAYMENT.replace('"int"', '"integr"')], "schema"),
        (WHERE, [PAYMENT.replace(' type="int"', "")], "schema"),
        ("select o.name as a from sys.objects o", [], "read-only"),
        ("select t.transid as a from aptic.dbo.dat_trans t", [], "read-only"),
        ("select isnul(t.transamount, 0) as a from dat_trans t", [], "read-only"),
        ("select dbo.nothing(t.transid) as a from dat_trans t", [], "unknown-function"),
        (WHERE, [SECRET], "secret-in-sql"),
    ],
)
def test_an_error_is_reported_once(validator, translated, sql: str, arguments: list[str], rule: str) -> None:
    (finding,) = translated(validator.query(sql, *arguments))
    assert finding.rule == rule


def test_the_other_queries_are_translated(validator, translated) -> None:
    faulty = validator.query(WHERE, PAYMENT.replace('"int"', '"integr"'))
    unknown = validator.query("select t.nothing as b from dat_trans t where t.paymentid = ?", PAYMENT)
    for queries in ((faulty, unknown), (unknown, faulty)):
        found = translated(*queries)
        assert sorted(finding.rule for finding in found) == ["schema", "unknown-column"]


def test_what_is_wrong_outside_of_the_arguments_hides_nothing(validator, translated) -> None:
    unknown = "select t.nothing as b from dat_trans t where t.paymentid = ?"
    found = translated(validator.query(unknown, PAYMENT, attributes=' resullt="one"'))
    assert [finding.rule for finding in found] == ["schema", "unknown-column"]
    found = translated(validator.query(unknown, PAYMENT), more="<bdy>1</bdy>")
    assert [finding.rule for finding in found] == ["unknown-column", "schema"]
    found = translated(validator.query("select t.nothing as b, 1 + 1 from dat_trans t"))
    assert [finding.rule for finding in found] == ["unknown-column", "unnamed-column"]


def test_a_query_is_there_for_each_step(validator) -> None:
    sound, faulty = validator.query(WHERE, PAYMENT), validator.query(WHERE)
    checked = validator.check(validator.definition(sound, faulty, sound.replace("as a", "as b")))
    assert [query is not None for query in checked.queries] == [True, True, True]
    assert checked.typed == (True, False, True)


def test_names_and_portability_are_looked_at_beside_other_errors(validator, translated) -> None:
    sql = "select t.nothing as a, format(t.transamount, 'P') as b from dat_trans t where t.paymentid = ?"
    found = translated(validator.query(sql))
    assert [finding.rule for finding in found] == ["unknown-column", "argument-count"]
    found = translated(validator.query(f"{sql} and isnul(t.transid, 0) = 1", PAYMENT))
    assert [finding.rule for finding in found] == ["unknown-column", "portability", "read-only"]
