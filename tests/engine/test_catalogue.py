import json
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.errors import ConfigurationError

SCHEMA = {
    "title": "refund",
    "type": "object",
    "description": "Money goes back.",
    "properties": {
        "refundid": {"type": "string", "description": "The refund.", "examples": ["7", "8"]},
        "accountid": {"type": "string"},
    },
    "required": ["refundid"],
}


def write(folder: Path, schema: object, name: str = "refund") -> Path:
    (folder / f"{name}.schema.json").write_text(json.dumps(schema))
    return folder


def test_the_documented_events_have_their_arguments_in_the_guides_order() -> None:
    events = Catalogue.load().events
    assert [a.name for a in events["ledgerpayment"].arguments] == [
        "paymentid",
        "ledgeraccountid",
        "revision",
        "debtcreditorid",
        "partytypeid",
    ]
    assert [a.name for a in events["statuschange"].arguments] == ["ledgeraccountid", "status"]


def test_adding_an_event_is_adding_a_file(tmp_path: Path) -> None:
    write(tmp_path, SCHEMA)
    (tmp_path / "README.md").write_text("no event")
    catalogue = Catalogue.load(tmp_path)
    event = catalogue.events["refund"]
    assert event.description == "Money goes back."
    assert [(a.name, a.required, a.description, a.example) for a in event.arguments] == [
        ("refundid", True, "The refund.", "7"),
        ("accountid", False, "", None),
    ]
    assert "ledgerpayment" in catalogue.events


def test_the_sites_own_file_wins(tmp_path: Path) -> None:
    own = {"title": "statuschange", "type": "object", "properties": {"status": {"type": "string"}}}
    assert len(Catalogue.load(write(tmp_path, own, "statuschange")).events["statuschange"].arguments) == 1


@pytest.mark.parametrize(
    ("schema", "name", "words"),
    [
        (SCHEMA, "other", "must have the title `other`"),
        (SCHEMA | {"title": "a b"}, "a b", "not named after an event code"),
        ([], "refund", "is not a JSON Schema"),
        (
            SCHEMA | {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
            "refund",
            'gives the argument `b` the type "integer", but arguments are strings',
        ),
        (SCHEMA | {"properties": {"a": {}}}, "refund", "gives the argument `a` no type, but arguments are strings"),
        (SCHEMA | {"properties": {"a": {"type": ["string", "null"]}}}, "refund", r'type \["string","null"\], but'),
        (SCHEMA | {"properties": {"a": {"type": "string", "examples": [7]}}}, "refund", "the argument `a` wrongly"),
        (SCHEMA | {"properties": {"a": True}}, "refund", "the argument `a` wrongly"),
        (SCHEMA | {"properties": []}, "refund", "is not a JSON Schema"),
        (SCHEMA | {"properties": {"a": {"type": "string"}}, "required": ["b"]}, "refund", "does not declare: b"),
        (SCHEMA | {"properties": {"secret": {"type": "string"}}, "required": []}, "refund", "secret"),
        (SCHEMA | {"properties": {"Secret": {"type": "string"}}, "required": []}, "refund", "secret"),
    ],
)
def test_a_faulty_file_is_named(tmp_path: Path, schema: object, name: str, words: str) -> None:
    write(tmp_path, schema, name)
    with pytest.raises(ConfigurationError, match=words) as caught:
        Catalogue.load(tmp_path)
    assert caught.value.file == str(tmp_path / f"{name}.schema.json")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b'{"title": "refund",\n"type": "object"\n"properties": {}}', 3, "is not JSON in line 3: expected ',' or '}'"),
        (b'{"title": "refund",\n"properties": {},\n}', 3, "is not JSON in line 3: trailing comma"),
        (b'{"title": "refund",\n', 2, "is not JSON in line 2: it ends"),
        (b"", 1, "is not JSON in line 1: it ends"),
        ('{"title": "refund",\n"description": "å"}'.encode("latin-1"), 2, "is not UTF-8 in line 2"),
    ],
)
def test_what_is_no_json_has_a_line(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    (tmp_path / "refund.schema.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        Catalogue.load(tmp_path)
    assert caught.value.line == line


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    (tmp_path / "refund.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8-sig")
    assert "refund" in Catalogue.load(tmp_path).events


def test_a_folder_without_events_is_named(tmp_path: Path) -> None:
    (tmp_path / "refund.json").write_text(json.dumps(SCHEMA))
    with pytest.raises(ConfigurationError, match=r"holds no event: .* ends in \.schema\.json") as caught:
        Catalogue.load(tmp_path)
    assert caught.value.file == str(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Catalogue.load(tmp_path / "none")


def test_an_argument_that_is_declared_twice_is_refused(tmp_path: Path) -> None:
    text = json.dumps(SCHEMA).replace('"accountid"', '"refundid"')
    (tmp_path / "refund.schema.json").write_text(text)
    with pytest.raises(ConfigurationError, match="two members `refundid`"):
        Catalogue.load(tmp_path)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"title": 1, "x": ' + "[" * 100_000, '{"x": ' + "9" * 5000 + "}"])
def test_what_python_refuses_to_read_is_a_faulty_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "refund.schema.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"refund\.schema\.json"):
        Catalogue.load(tmp_path)
