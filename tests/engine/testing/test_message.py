from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from engine.testing.message import read_message

CANARY = "canary-5f1d"


def test_the_secret_is_taken_out() -> None:
    message = read_message(b'{"event":"e","secret":"mySecret","data":{"secret":"kept"}}', "event.json")
    assert message.secret == "mySecret"
    assert message.data == {"event": "e", "data": {"secret": "kept"}}
    assert "mySecret" not in repr(message)


@pytest.mark.parametrize("content", [b'{"event":"e"}', b'{"event":"e","secret":null}', b'\xef\xbb\xbf{"event":"e"}'])
def test_a_message_may_have_no_secret(content: bytes) -> None:
    message = read_message(content, "event.json")
    assert message.secret is None
    assert message.data == {"event": "e"}


def test_numbers_keep_their_digits() -> None:
    data = read_message(b'{"a":1.50,"b":18142,"c":0.1,"d":true}', "-").data
    assert data == {"a": Decimal("1.50"), "b": 18142, "c": Decimal("0.1"), "d": True}
    assert str(data["a"]) == "1.50"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON: line 1, column 1"),
        (b'{"a":\n 1', "is not JSON: line 2, column 3"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"a":"\xe5"}', "is not UTF-8: byte 6"),
        (b'{"a":1,"a":2}', "two members of one name"),
        (b'{"a":NaN}', "NaN or Infinity"),
        (b'{"a":-Infinity}', "NaN or Infinity"),
        (b'{"secret":1}', "neither a string nor null"),
        (b'{"a":' + b"9" * 5000 + b"}", "too long"),
        (b'{"a":1e' + b"9" * 30 + b"}", "too long"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_says_what_is_wrong_and_in_which_file(content: bytes, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_message(content, "f/event.json")
    assert words in caught.value.message
    assert caught.value.message.startswith("f/event.json")
    assert caught.value.file == "f/event.json"


@pytest.mark.parametrize("tail", [b"", b',"a":1,"a":1}', b',"n":NaN}', b',"x":\xff}', b"]"])
def test_errors_hold_nothing_of_the_content(tail: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_message(b'{"secret":"%s"' % CANARY.encode() + tail, "event.json")
    error: BaseException | None = caught.value
    assert CANARY not in str(error)
    assert error is not None
    assert error.__context__ is None


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,ab1e-.\\u', max_size=40).map(str.encode))
def test_any_bytes_give_a_message_or_a_configuration_error(content: bytes) -> None:
    try:
        message = read_message(content, "event.json")
    except ConfigurationError:
        return
    assert "secret" not in message.data
