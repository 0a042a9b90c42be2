import copy
import json
import pickle
import traceback
from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.body import Body, DefinitionReference, default_body
from engine.encoding import HOLE, MAX_DEPTH, encode
from engine.errors import BindingError, ConfigurationError, EncodingError, SkippedBodyError
from engine.model import Event, EventArgument, Skip

CANARY = "canary-9b02"
REFERENCE = DefinitionReference("ledgerpayment", "definitions/ledgerpayment.xml", "ab" * 32)
GUIDE = {"invoiceguid": "80342534-2508-4CAB-A090-C25BF1DDF923", "paidamount": Decimal("123.00"), "secret": HOLE}


def event(*required: str, optional: tuple[str, ...] = ()) -> Event:
    arguments = [EventArgument(name, True, "", None) for name in required]
    return Event("statuschange", "", (*arguments, *(EventArgument(name, False, "", None) for name in optional)))


def custom(tree: object) -> Body:
    return Body.custom("ledgerpayment", REFERENCE, encode(tree))


STATUS = event("ledgeraccountid", "status")
PAID = {"ledgeraccountid": "111927", "status": "PAID"}


def test_a_custom_body_is_filled_at_its_hole() -> None:
    body = custom(GUIDE)
    start = b'{"invoiceguid":"80342534-2508-4CAB-A090-C25BF1DDF923","paidamount":123.00,"secret":'
    assert body.fill("mySecret") == start + b'"mySecret"}'
    assert body.fill("other") == start + b'"other"}'
    assert body.fill("") == start + b'""}'
    assert body.fill(None) == start + b"null}"


def test_every_hole_is_filled_and_a_body_without_one_ignores_the_secret() -> None:
    assert custom([HOLE, {"a": HOLE}]).fill("x") == b'["x",{"a":"x"}]'
    assert custom({"a": 1}).fill("x") == custom({"a": 1}).fill(None) == b'{"a":1}'
    assert custom(HOLE).fill("x") == b'"x"'


def test_the_guides_default_bodies() -> None:
    body = default_body(STATUS, PAID)
    assert body.fill("mySecret") == b'{"ledgeraccountid":"111927","status":"PAID","secret":"mySecret"}'
    assert body.fill(None) == b'{"ledgeraccountid":"111927","status":"PAID"}'
    assert body.definition is None
    assert body.event == "statuschange"


def test_a_default_body_has_the_catalogued_arguments_in_the_catalogues_order() -> None:
    found = default_body(event("b", "a", optional=("d", "c")), {"a": "1", "uncatalogued": None, "c": "3", "b": "2"})
    assert found.fill("s") == b'{"b":"2","a":"1","c":"3","secret":"s"}'
    empty = default_body(event(optional=("a",)), {"other": "1"})
    assert (empty.fill(None), empty.fill("s")) == (b"{}", b'{"secret":"s"}')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (18142, "18142"),
        (-0.5, "-0.5"),
        (1e22, "1e22"),
        (Decimal("123.00"), "123.00"),
        (Decimal("1E-8"), "0.00000001"),
        ("", ""),
        ("  as is ", "  as is "),
    ],
)
def test_values_of_a_default_body_are_strings(value: object, text: str) -> None:
    assert json.loads(default_body(event("a"), {"a": value}).fill(None)) == {"a": text}


@pytest.mark.parametrize("value", [None, [], {"a": 1}, float("nan"), Decimal("Infinity"), Decimal("1E+9999"), b"x"])
def test_null_and_nested_arguments_are_refused_by_name(value: object) -> None:
    with pytest.raises(BindingError, match="argument second ") as caught:
        default_body(event("first", "second"), {"first": CANARY, "second": value})
    assert CANARY not in str(caught.value)


def test_all_the_faults_of_a_message_are_told_together() -> None:
    with pytest.raises(BindingError) as caught:
        default_body(event("a", "b", "c"), {"a": None, "b": "fine"})
    assert caught.value.faults == (
        "argument a is null, which a default body cannot hold",
        "argument c is absent from the message",
    )
    assert not caught.value.retryable


def test_a_surrogate_in_an_argument_is_named_and_not_shown() -> None:
    with pytest.raises(EncodingError, match="argument b ") as caught:
        default_body(event("a", "b"), {"a": "x", "b": f"{CANARY}\ud800"})
    assert caught.value.__context__ is None
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ('a"b\\c', rb'"a\"b\\c"'),
        ("tab\tnul\x00", rb'"tab\tnul\u0000"'),
        ("Å\U0001f600\u2028", '"Å\U0001f600\u2028"'.encode()),
        ("null", b'"null"'),
    ],
)
def test_a_secret_is_escaped(secret: str, text: bytes) -> None:
    assert custom([HOLE]).fill(secret) == b"[" + text + b"]"
    assert default_body(event(), {}).fill(secret) == b'{"secret":' + text + b"}"


class SubclassedText(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not this"


def test_a_subclass_of_str_counts_by_its_characters() -> None:
    assert custom([HOLE]).fill(SubclassedText("s")) == b'["s"]'
    assert default_body(event("a"), {"a": SubclassedText("v")}).fill(None) == b'{"a":"v"}'


@pytest.mark.parametrize(
    ("secret", "error"), [(f"{CANARY}\ud800", EncodingError), (CANARY.encode(), TypeError), ([CANARY], TypeError)]
)
def test_a_refused_secret_shows_nowhere(secret: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        custom(GUIDE).fill(secret)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    own = [
        line for frame in frames.stack if "test_body" not in frame.filename for line in (frame.locals or {}).values()
    ]
    assert CANARY not in str(own) + repr(caught.value) + repr(caught.value.__context__)


def test_a_skipped_body_cannot_be_filled() -> None:
    body = Body.custom("ledgerpayment", REFERENCE, Skip("the amount is zero"))
    assert body.skip_reason == "the amount is zero"
    for secret in ("x", None):
        with pytest.raises(SkippedBodyError, match="the amount is zero"):
            body.fill(secret)


def test_repr_shows_neither_content_nor_secret() -> None:
    body = custom({"a": CANARY, "secret": HOLE})
    body.fill("sesame")
    assert repr(body) == "Body(event='ledgerpayment', definition='ledgerpayment', skipped=False)"
    assert "definition=None" in repr(default_body(STATUS, PAID))
    assert f"{body}" == repr(body)


def test_bodies_are_values() -> None:
    body = custom(GUIDE)
    assert body == custom(GUIDE) != custom([])
    assert len({body, custom(GUIDE)}) == 1
    assert pickle.loads(pickle.dumps(body)) == copy.deepcopy(body) == body  # noqa: S301  # our own pickle
    with pytest.raises(AttributeError):
        body.event = "other"  # type: ignore[misc]  # frozen


def test_a_dump_is_readable() -> None:
    assert custom(GUIDE).dump().replace(REFERENCE.content_hash, "HASH") == (
        """\
{
  "event": "ledgerpayment",
  "definition": {
    "name": "ledgerpayment",
    "file": "definitions/ledgerpayment.xml",
    "content_hash": "HASH"
  },
  "skip_reason": null,
  "holes": [
    "/secret"
  ],
  "body": {
    "invoiceguid": "80342534-2508-4CAB-A090-C25BF1DDF923",
    "paidamount": 123.00,
    "secret": null
  }
}"""
    )


BODIES = [
    custom(GUIDE),
    custom({"a/b": {"~": [1, HOLE, None]}, "": HOLE, "10": [HOLE]}),
    custom({"null": None, "text": 'a\n"\u2028\U0001f600', "n": Decimal("1E-8"), "f": 1e22}),
    custom(HOLE),
    custom(None),
    custom("text"),
    default_body(STATUS, PAID),
    default_body(event(), {}),
    Body.custom("ledgerpayment", REFERENCE, Skip("nothing to tell")),
]


def filled(body: Body) -> object:
    return body.skip_reason or (body.fill(None), body.fill('s"'))


@pytest.mark.parametrize("body", BODIES)
def test_a_dump_loads_to_the_same_body(body: Body) -> None:
    text = body.dump()
    assert Body.load(text) == body
    assert Body.load(b"\xef\xbb\xbf" + text.encode()) == body
    assert filled(Body.load(text)) == filled(body)


@pytest.mark.parametrize("body", BODIES)
def test_a_dump_survives_a_formatter(body: Body) -> None:
    formatted = msgspec.json.format(body.dump().encode(), indent=7)
    assert filled(Body.load(formatted)) == filled(body)
    assert filled(Body.load(msgspec.json.format(formatted, indent=0))) == filled(body)


def kept(**changes: object) -> dict[str, object]:
    return json.loads(custom(GUIDE).dump()) | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"event": 1},
        {"event": None},
        {"event": "\ud800"},
        {"skip_reason": "\ud800", "holes": [], "body": None},
        {"definition": {"name": "\ud800", "file": "y", "content_hash": "z"}},
        {"definition": "ledgerpayment"},
        {"definition": {"name": "x"}},
        {"definition": {"name": "x", "file": "y", "content_hash": None}},
        {"definition": {"name": "x", "file": "y", "content_hash": "z", "more": 1}},
        {"definition": None},
        {"definition": None, "holes": []},
        {"definition": None, "holes": [], "body": []},
        {"skip_reason": 5},
        {"skip_reason": "why"},
        {"skip_reason": "why", "holes": [], "body": None, "definition": None},
        {"holes": "/secret"},
        {"holes": None},
        {"holes": [1]},
        {"holes": ["secret"]},
        {"holes": ["/other"]},
        {"holes": ["/secret", "/secret"]},
        {"holes": ["/paidamount"]},
        {"holes": ["/secret/0"]},
        {"holes": [""]},
        {"holes": ["/0"], "body": {"1": None}},
        {"holes": ["/1"], "body": [None]},
        {"holes": ["/-1"], "body": [None]},
        {"holes": ["/-"], "body": [None]},
        {"holes": ["/\u0660"], "body": [None]},
        {"body": "\ud800", "holes": []},
        {"more": 1},
    ],
)
def test_what_dump_did_not_write_is_refused(changes: Mapping[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="no dumped body"):
        Body.load(json.dumps(kept(**changes)))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "{", b"\xff", '{"event":"a","event":"b"}', "[" * 10**5])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match="no dumped body"):
        Body.load(text)


LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-1000, 1000, places=3) | st.just(HOLE)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(TREES, st.text())
def test_any_body_survives_dump_and_load_and_holds_its_secret(tree: object, secret: str) -> None:
    body = custom(tree)
    assert Body.load(body.dump()) == body
    assert Body.load(body.dump()).fill(secret) == body.fill(secret)
    json.loads(body.fill(secret))


@pytest.mark.parametrize("kept", [None, {}, 1, [], bytearray(b"{}")])
def test_what_is_no_text_is_no_dump(kept: object) -> None:
    with pytest.raises(ConfigurationError, match="neither str nor bytes"):
        Body.load(kept)  # type: ignore[arg-type]


def test_a_body_of_the_greatest_depth_can_be_kept() -> None:
    deep = Body("e", DefinitionReference("e", "e.xml", "0"), (b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,))
    assert Body.load(deep.dump()).fill(None) == deep.fill(None)
