"""What a refused request leaves behind, where no garbage collector comes."""

import gc
import tracemalloc
from typing import Any

import pytest

from webhooks.api.connection import READ_BYTES
from webhooks.api.request_parser import HEAD_BYTES, RequestParser, UnclearError

COUNT = 200


class Listener:
    def __init__(self) -> None:
        self.heads: list[dict[str, Any]] = []

    def on_head(self, scope: dict[str, Any]) -> None:
        self.heads.append(scope)

    def on_body(self, part: bytes) -> None: ...

    def on_end(self, *, is_last: bool) -> None: ...


def refused() -> RequestParser:
    """A parser that was fed a head without an end, as a connection reads it."""
    parser = RequestParser(Listener())
    parser.feed(b"POST /v1/events HTTP/1.1\r\nHost: a\r\nX: ".ljust(READ_BYTES, b"y"))
    parser.feed(b"y" * READ_BYTES)
    with pytest.raises(UnclearError):
        parser.feed(b"y" * READ_BYTES)
    return parser


def test_a_head_without_an_end_is_not_kept_once_it_is_refused() -> None:
    refused()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        kept = [refused() for _ in range(COUNT)]
        assert tracemalloc.get_traced_memory()[0] < len(kept) * HEAD_BYTES / 8
    finally:
        tracemalloc.stop()
        gc.enable()


def test_a_head_of_the_longest_size_is_taken_in_any_reads() -> None:
    start = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    head = start + b"y" * (HEAD_BYTES - len("/") - len("Hosta") - len("X")) + b"\r\n\r\n"
    for step in (len(head), READ_BYTES, 4096, 1021):
        listener = Listener()
        parser = RequestParser(listener)
        for at in range(0, len(head), step):
            parser.feed(head[at : at + step])
        assert len(listener.heads) == 1
