"""The document that the API gives of itself."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from engine.body import Body
from engine.catalogue import Catalogue
from engine.contract import default_contract
from engine.examples import load_examples
from webhooks.api.app import GUARDED, OPEN, describe
from webhooks.examples import shown_body
from webhooks.settings import AuthMethod

DEFINITIONS = Path(__file__).parents[3] / "definitions"
CATALOGUE = Catalogue.load()


@pytest.fixture(scope="module")
def content() -> bytes:
    return describe(CATALOGUE, load_examples(CATALOGUE, DEFINITIONS)).json


@pytest.fixture(scope="module")
def document(content: bytes) -> Any:
    return json.loads(content)


def test_it_has_every_call_and_no_other(document: Any) -> None:
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    routes = {(operation.method, path) for operation in (*OPEN, *GUARDED) for path in operation.paths}
    assert documented == routes


def test_operation_ids_are_unique_and_references_lead_somewhere(content: bytes, document: Any) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    ids += [item["post"]["operationId"] for item in document["webhooks"].values()]
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'"#/components/schemas/(\w+)"', content.decode()))
    assert references <= document["components"]["schemas"].keys()


def test_what_a_removal_takes_from_the_query_is_said(document: Any) -> None:
    operation = document["paths"]["/v1/webhooks"]["delete"]
    url, events = operation["parameters"]
    assert [(each["name"], each["in"], each.get("required", False)) for each in (url, events)] == [
        ("url", "query", False),
        ("events", "query", False),
    ]
    assert url["schema"] == document["components"]["schemas"]["RemovalRequest"]["properties"]["url"]
    assert events["schema"]["items"] == {"$ref": "#/components/schemas/EventCode"}
    assert operation["requestBody"]["required"] is True  # it cannot say that the URL must be in one of both


def test_links_lead_to_calls_that_take_what_they_give(document: Any) -> None:
    operations = {each["operationId"]: each for item in document["paths"].values() for each in item.values()}
    links = [
        link
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 5
    for link in links:
        target = operations[link["operationId"]]
        assert link.get("parameters", {}).keys() <= {each["name"] for each in target.get("parameters", [])}
        assert "requestBody" not in link or "requestBody" in target


def test_who_is_let_in_is_said(document: Any) -> None:
    for guarded in GUARDED:
        (path,) = guarded.paths
        operation = document["paths"][path][guarded.method.lower()]
        scopes = [scope for needed in operation["security"] for scope in needed.get("oauth2", [])]
        assert scopes == list(guarded.call.scopes)
        assert {"apiKey": []} in operation["security"]
        assert "401" in operation["responses"]
    for path in ("/openapi.json", "/docs"):
        assert document["paths"][path]["get"]["security"] == []


@pytest.mark.parametrize("method", AuthMethod)
def test_only_the_ways_to_authenticate_that_are_on_are_there(method: AuthMethod) -> None:
    text = describe(CATALOGUE, {}, auth=frozenset([method])).json.decode()
    assert ('"oauth2"' in text) is (method is AuthMethod.OAUTH2)
    assert ('"apiKey"' in text) is (method is AuthMethod.API_KEY)


def test_its_own_examples_fit_its_schemas(document: Any) -> None:
    shared = {"components": document["components"]}
    checked = 0
    for item in document["paths"].values():
        for operation in item.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for body in (*bodies, *operation["responses"].values()):
                for content in body.get("content", {}).values():
                    validator = validator_for({**content["schema"], **shared})
                    if "example" in content:
                        validator.validate(content["example"])
                        checked += 1
    assert checked > 20


def test_what_is_sent_is_there_to_the_byte(content: bytes, document: Any) -> None:
    assert document["webhooks"].keys() == CATALOGUE.events.keys()
    sent = document["webhooks"]["ledgerpayment"]["post"]["requestBody"]["content"]["application/json"]["example"]
    recorded = Body.load((DEFINITIONS / "ledgerpayment.example.json").read_bytes())
    assert json.loads(recorded.fill("mySecret")) == sent
    assert b'"paidamount": 123.00,' in content
    status = document["webhooks"]["statuschange"]["post"]["requestBody"]["content"]["application/json"]
    assert status["example"] == {"ledgeraccountid": "111927", "status": "PAID", "secret": "mySecret"}
    validator_for(status["schema"]).validate(status["example"])


def sent(promises: dict[str, bytes | None], examples: Any, event: str) -> Any:
    document = json.loads(describe(CATALOGUE, examples, promises).json)
    return document["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]


def test_what_the_definition_in_service_promises_is_there_to_the_byte() -> None:
    contract = b'{"type":"object","properties":{"a":{"type":"number","multipleOf":0.0100}}}'
    page = describe(CATALOGUE, {}, {"ledgerpayment": contract}).json
    assert b'"multipleOf": 0.0100' in page
    assert sent({"ledgerpayment": contract}, {}, "ledgerpayment")["schema"] == json.loads(contract)


def test_the_default_body_is_described_as_its_contract_is() -> None:
    contract = default_contract(CATALOGUE.events["statuschange"])
    found = sent({}, load_examples(CATALOGUE, DEFINITIONS), "statuschange")["schema"]
    assert {"title": contract.event, "description": contract.description, **found} == contract.schema


def test_whether_a_definition_waits_is_not_told() -> None:
    examples = load_examples(CATALOGUE, DEFINITIONS)
    serving_without_contract = sent({}, examples, "ledgerpayment")
    assert sent({"ledgerpayment": None}, examples, "ledgerpayment") == serving_without_contract
    assert serving_without_contract["schema"].keys() == {"description"}


def test_an_event_with_a_definition_never_shows_the_default_body() -> None:
    examples = load_examples(CATALOGUE, None)
    assert examples["statuschange"].definition is None
    assert sent({"statuschange": None}, examples, "statuschange").keys() == {"schema"}


def test_examples_are_the_recorded_bodies_or_the_default_ones(tmp_path: Path, caplog: Any) -> None:
    examples = load_examples(CATALOGUE, DEFINITIONS)
    shown = shown_body(examples["ledgerpayment"])
    assert bytes(shown or b"") == (
        b'{"invoiceguid":"80342534-2508-4CAB-A090-C25BF1DDF923","invoicenumber":"765","paidamount":123.00,"secret":null}'
    )
    default = load_examples(CATALOGUE, None)["ledgerpayment"]
    assert default.definition is None
    (tmp_path / "ledgerpayment.xml").write_text("<no/>")
    (tmp_path / "statuschange.example.json").write_text("[]")
    without = load_examples(CATALOGUE, tmp_path)
    assert without.keys() == CATALOGUE.events.keys() - {"ledgerpayment", "statuschange"}
    assert "statuschange" in caplog.text


def test_the_page_shows_every_call_and_loads_nothing(document: Any) -> None:
    page = describe(CATALOGUE, load_examples(CATALOGUE, DEFINITIONS)).html.decode()
    for path, item in document["paths"].items():
        for method in item:
            assert f"{method.upper()}</span> <code>{path}</code>" in page or "x-alias" in item[method]
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|/|data:,)[^"]*"', page)
    assert "&#34;paidamount&#34;: 123.00" in page
