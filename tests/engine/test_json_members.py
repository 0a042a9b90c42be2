import json

import pytest

from engine.catalogue import Catalogue
from engine.encoding.reading import InvalidJSONError, strict_decoder
from engine.errors import ConfigurationError
from engine.json_members import repeated_names
from webhooks.errors import RefusedError
from webhooks.json_text import read

TWICE = '{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}'


def test_the_names_that_stand_there_more_than_once() -> None:
    members = [("b", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 5)]
    assert repeated_names(members, dict(members)) == ("b", "a")
    assert repeated_names(members[:2], dict(members[:2])) == ()


def test_every_reader_of_json_refuses_them(tmp_path: object) -> None:
    """A decoder would keep the last one: which of them counts must not depend on who reads."""
    assert json.loads(TWICE)["b"]["c"] == 3
    with pytest.raises(InvalidJSONError, match="two members"):
        strict_decoder(parse_float=str)(TWICE)
    with pytest.raises(RefusedError) as caught:
        read(TWICE.encode())
    assert [fault.pointer for fault in caught.value.faults] == ["/b/c"]
    schema = '{"title": "twice", "title": "twice", "type": "object", "properties": {}}'
    (tmp_path / "twice.schema.json").write_text(schema, encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match="two members `title`"):
        Catalogue.load(tmp_path)  # type: ignore[arg-type]
