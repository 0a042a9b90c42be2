"""The catalogue, the definitions and the cases belong together; the cases expect what plain Python reckons."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine.resources import schema_folder

ROOT = Path(__file__).parents[2]

# As the guide prints it.
LEDGERPAYMENT = """\
<?xml version="1.0" encoding="ISO-8859-1" standalone="no" ?>
<aptic_service_definition
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="http://schema.aptic.net/aptic-service-definition.xsd">
  <category>webhook</category>
  <name>ledgerpayment</name>
  <steps>
    <query>
      <![CDATA[
      select
        la.uniqueid as invoiceguid, dh.debtref as invoicenumber,
        sum(-t.transamount) as paidamount, ? as [secret]
      from dat_ledgeraccount la
      inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
      inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ?
      where la.ledgeraccountid = ?
      group by la.uniqueid, dh.debtref
      ]]>
      <argument source="$secret" type="string"/>
      <argument source="$data.data.paymentid" type="int"/>
      <argument source="$data.data.ledgeraccountid" type="int"/>
    </query>
  </steps>
</aptic_service_definition>
"""


def _sibling(name: str) -> Any:
    """A module beside this file: tests are no package, so their folder is put on the path for as long as this takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        return importlib.import_module(name)


reckoning = _sibling("fixture_reckoning")
ROWS = reckoning.Ledger.load()
CASES = list(reckoning.cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_case_expects_what_is_reckoned(case: Path) -> None:
    name, content = reckoning.expected(ROWS, case)
    assert {file.name for file in case.iterdir()} == {"event.json", name}
    assert (case / name).read_bytes() == content


def test_some_cases_end_in_an_error() -> None:
    files = (ROOT / "fixtures").glob("*/*/error.txt")
    assert {f"{file.parent.parent.name}/{file.parent.name}": file.read_text().strip() for file in files} == {
        "ledgerpayment/not-committed-yet": "EmptyResultError",
        "ledgerpayment/number-with-a-blank": "BindingError",
        "partpayment/number-with-a-comma": "BindingError",
        "remindersent/ids-of-two-accounts": "EmptyResultError",
    }


def test_the_guide_prints_these_two() -> None:
    custom, default = (ROOT / "fixtures" / case / "guide/body.json" for case in ("ledgerpayment", "statuschange"))
    assert custom.read_bytes() == (
        b'{"invoiceguid":"80342534-2508-4CAB-A090-C25BF1DDF923","invoicenumber":"765","paidamount":123.00,"secret":"mySecret"}'
    )
    assert default.read_bytes() == b'{"ledgeraccountid":"111927","status":"PAID","secret":"mySecret"}'


def _catalogue() -> dict[str, dict[str, Any]]:
    files = [file for file in (schema_folder() / "events").iterdir() if file.name.endswith(".schema.json")]
    return {file.name.removesuffix(".schema.json"): json.loads(file.read_bytes()) for file in files}


def test_every_event_has_cases_and_all_but_one_a_definition() -> None:
    count = Counter(case.parent.name for case in CASES)
    assert set(count) == set(_catalogue())
    assert min(count.values()) >= 2
    definitions = {file.stem for file in (ROOT / "definitions").glob("*.xml")}
    assert definitions == set(_catalogue()) - {"statuschange"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_message_of_a_case_keeps_to_the_catalogue(case: Path) -> None:
    message = json.loads((case / "event.json").read_bytes())
    assert message["event"] == case.parent.name
    assert set(_catalogue()[case.parent.name]["required"]) <= set(message["data"])


@pytest.mark.parametrize(("code", "schema"), _catalogue().items())
def test_an_event_is_described_with_examples(code: str, schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == code == code.lower()
    assert schema["description"]
    for name, argument in schema["properties"].items():
        assert name == name.lower()
        assert argument["type"] == "string"
        assert argument["description"]
        assert all(isinstance(example, str) for example in argument["examples"])
    (example,) = schema["examples"]
    assert list(example) == list(schema["properties"])
    assert set(schema["required"]) <= set(example)


def test_definitions_come_in_several_encodings() -> None:
    declared = {file.stem: file.read_bytes()[:200].replace(b"\0", b"") for file in (ROOT / "definitions").glob("*.xml")}
    names = {re.search(rb'encoding="(.*?)"', head)[1].decode() for head in declared.values()}  # type: ignore[index]
    assert names == {"UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"}


def test_the_guides_definition_is_kept_to_the_byte() -> None:
    assert (ROOT / "definitions/ledgerpayment.xml").read_bytes() == LEDGERPAYMENT.encode("ascii")


@pytest.mark.parametrize("file", sorted((ROOT / "definitions").glob("*.xml")), ids=lambda file: file.stem)
def test_a_definition_is_named_after_its_event_and_described(file: Path) -> None:
    root = ElementTree.fromstring(file.read_bytes())  # noqa: S314 - our own file
    assert root.findtext("category") == "webhook"
    assert root.findtext("name") == file.stem
    assert file.stem == "ledgerpayment" or root.findtext("description")
