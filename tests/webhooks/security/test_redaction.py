import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.security.redaction import KEPT, redact

REPLACEMENT = b"[secret]"

SECRETS = ["mySecret", 'a"b\\c/d', "å" * 3, "🔑 and 🗝", 'a\\\\"b', "\n\t\x01", "a" * 40, "]", "[secret]"]


def every_escape(secret: str, *, upper: bool = False) -> str:
    units = secret.encode("utf-16-be").hex(" ", 2).split()
    return "".join(f"\\u{unit.upper() if upper else unit}" for unit in units)


def forms(secret: str) -> list[str]:
    plain, ascii_only = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    half = secret[: len(secret) // 2]
    return [
        secret,
        plain,
        ascii_only,
        plain.replace("/", "\\/"),
        every_escape(secret),
        every_escape(secret, upper=True),
        json.dumps(half)[1:-1] + every_escape(secret[len(half) :]),
        json.dumps(ascii_only)[1:-1],  # the request's JSON as text in the answer's JSON
        json.dumps(json.dumps(plain)[1:-1])[1:-1],
        json.dumps(every_escape(secret))[1:-1],
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_replaced_in_every_form(secret: str) -> None:
    for form in forms(secret):
        answer = f'{{"got": "{form}", "and": 1}}'.encode()
        assert redact(answer, secret) == b'{"got": "[secret]", "and": 1}', form


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_is_cut_anywhere_is_replaced(secret: str) -> None:
    for form in forms(secret):
        encoded = form.encode()
        for end in range(1, len(encoded)):
            assert redact(b"> " + encoded[:end], secret) in (b"> [secret]", b"> "), (form, end)


def test_what_is_whole_may_end_as_the_secret_begins() -> None:
    assert redact(b"ok", "key") == b"o[secret]"
    assert redact(b"ok", "key", is_whole=True) == b"ok"


@pytest.mark.parametrize("before", [KEPT - 20, KEPT - 9, KEPT - 8, KEPT - 1, KEPT, KEPT + 1])
def test_it_is_replaced_before_the_answer_is_cut(before: int) -> None:
    kept = redact(b"." * before + b"mySecret" + b"." * KEPT, "mySecret")
    assert kept == (b"." * before + REPLACEMENT + b"." * KEPT)[:KEPT]


@pytest.mark.parametrize("repeated", [1, 2, 10, 60])
def test_long_ones_are_replaced_wherever_reading_ended(repeated: int) -> None:
    secret = "long-secret-" * 100
    kept = redact((secret * repeated + secret[:-1]).encode(), secret)
    assert kept.replace(REPLACEMENT, b"") == b""
    assert redact(every_escape(secret * repeated).encode(), secret).replace(REPLACEMENT, b"") == b""


def test_a_backslash_before_it_hides_none() -> None:
    assert redact(b'C:\\nab"c C:\nab\\"c', 'nab"c') == b"C:[secret] C:[secret]"
    assert redact(b"C:\\name", "name") == b"C:[secret]"


def test_backslashes_at_its_ends_may_be_left_but_nothing_else() -> None:
    answer = rb"\\end\\ \end\ \\\\end\\\\ \u005cend\u005c"
    assert set(redact(answer, "\\end\\").replace(REPLACEMENT, b"")) <= set(b"\\u005c ")
    assert redact(rb'{"a": "\\"}', "\\") == b'{"a": "[secret][secret]"}'


def test_of_several_none_is_left() -> None:
    assert redact(b"abcdef abc xyz", "abc", None, "abcdef", "", "xyz") == b"[secret] [secret] [secret]"


def test_without_a_secret_nothing_is_replaced() -> None:
    assert redact(b"a null answer", None) == b"a null answer"
    assert redact(b"", "secret") == b""
    assert redact(bytes(range(256)), None) == bytes(range(256))


@given(st.text(min_size=1, max_size=8), st.binary(max_size=30), st.booleans())
def test_no_form_survives_beside_any_bytes(secret: str, before: bytes, is_escaped: bool) -> None:
    if any(0xD800 <= ord(character) < 0xE000 for character in secret):
        return
    form = every_escape(secret) if is_escaped else secret
    assert form.encode() not in redact(before + form.encode() + b"|", secret).replace(REPLACEMENT, b"")


@pytest.mark.parametrize("answer", [b"\\" * 65536, b"\\u0061" * 10922, b"a" * 65536, b'\\"' * 32768, b"\\\\u" * 21845])
@pytest.mark.parametrize("secret", ["\\" * 4000, "a" * 4000 + "b", '"' * 4000 + "b", '\\"' * 2000])
def test_a_hostile_answer_takes_no_long_time(answer: bytes, secret: str) -> None:
    started = time.process_time()
    redact(answer, secret)
    assert time.process_time() - started < 0.5
