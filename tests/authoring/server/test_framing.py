from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.server.framing import MAX_CONTENT, Framing


def framed(content: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 30), max_size=40))
def test_messages_are_the_same_however_the_stream_is_cut(contents: list[bytes], cuts: list[int]) -> None:
    stream, framing, found = b"".join(map(framed, contents)), Framing(), []
    for size in [*cuts, 10_000]:
        found += framing.feed(stream[:size])
        stream = stream[size:]
    assert found == contents


@pytest.mark.parametrize(
    "header",
    [
        b"Nothing: 1\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1x\r\n\r\n",
        b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
        b"X-Content-Length: 2\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_a_header_without_a_length_is_one_fault(header: bytes) -> None:
    assert Framing().feed(header + framed(b"{}")) == [None, b"{}"]


def test_a_header_may_have_more_lines_in_any_case() -> None:
    assert Framing().feed(b"Content-Type: a\r\ncontent-LENGTH :  2\r\n\r\n{}") == [b"{}"]


def test_content_that_is_too_long_is_passed_over_and_not_kept() -> None:
    framing, length = Framing(), MAX_CONTENT + 1
    assert framing.feed(b"Content-Length: %d\r\n\r\n" % length) == [None]
    block = b"x" * (1 << 20)
    while length > len(block):
        assert framing.feed(block) == []
        assert len(framing._buffer) == 0
        length -= len(block)
    assert framing.feed(b"x" * length + framed(b"{}")) == [b"{}"]


def test_a_header_without_end_is_not_kept() -> None:
    framing = Framing()
    found = [each for _ in range(100) for each in framing.feed(b"x" * 5000)]
    assert set(found) == {None}
    assert len(framing._buffer) < 10_000
    assert framing.feed(b"\r\n\r\n" + framed(b"1"))[-1] == b"1"
