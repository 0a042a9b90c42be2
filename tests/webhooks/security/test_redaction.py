import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.security.redaction import KEPT_BYTES, redact

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


def test_what_is_as_long_as_what_is_looked_at_is_whole() -> None:
    secret = "s" * 819  # ten of them are replaced by so little that the end is kept
    answer = b"s" * 8190 + b"|b"
    assert len(answer) == 8 * KEPT_BYTES
    assert redact(answer, secret, "|bc", is_whole=True) == REPLACEMENT * 10 + b"|b"
    assert redact(answer + b"d", secret, "|bc", is_whole=True) == REPLACEMENT * 11


@pytest.mark.parametrize(
    "before", [KEPT_BYTES - 20, KEPT_BYTES - 9, KEPT_BYTES - 8, KEPT_BYTES - 1, KEPT_BYTES, KEPT_BYTES + 1]
)
def test_it_is_replaced_before_the_answer_is_cut(before: int) -> None:
    kept = redact(b"." * before + b"mySecret" + b"." * KEPT_BYTES, "mySecret")
    assert kept == (b"." * before + REPLACEMENT + b"." * KEPT_BYTES)[:KEPT_BYTES]


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


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "backslashes": lambda size: b"\\" * size + b"a",
    "a high surrogate and backslashes": lambda size: b"\\ud83d" + b"\\" * size + b"a",
    "runs of backslashes": lambda size: (b"\\" * 63 + b"q") * (size // 64),
    "bytes that are no UTF-8": lambda size: b"\xff" * size + b"a",
    "beginnings of escapes": lambda size: b"\\u00" * (size // 4),
    "high surrogates": lambda size: b"\\ud83d" * (size // 6),
    "escaped letters": lambda size: b"\\u0061" * (size // 6),
    "quotes": lambda size: b'\\"' * (size // 2),
    "the secret's beginning": lambda size: b"a" * size,
    "the secret's beginning again and again": lambda size: b"ab" * (size // 2),
}


def processor_time(answer: bytes, secret: str) -> float:
    times = []
    for _ in range(5):
        started = time.process_time()
        redact(answer, secret)
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize(
    "secret", ["s", "\\" * 4000, "a" * 4000 + "b", "ab" * 2000 + "c", '"' * 4000 + "b", '\\"' * 2000]
)
@pytest.mark.parametrize("shape", HOSTILE)
def test_four_times_the_answer_takes_no_sixteen_times_the_work(shape: str, secret: str) -> None:
    small, large = (processor_time(HOSTILE[shape](size), secret) for size in (2000, 8000))
    assert large < 9 * small + 0.01  # what is quadratic takes 0.2 to 1.2 seconds here


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_more_than_some_kilobytes_are_looked_at(shape: str) -> None:
    assert processor_time(HOSTILE[shape](1_000_000), "s") < 0.2


@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=8))
def test_the_end_of_an_answer_that_begins_the_secret_is_found(answer: str, secret: str) -> None:
    shown = redact(answer.encode(), secret).decode()
    rest = shown.replace("[secret]", "|")
    assert not any(rest.endswith(secret[:length]) for length in range(1, len(secret) + 1))
