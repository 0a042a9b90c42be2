from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from authoring.server.documents import Document

TEXT = "aå😀b\r\n\u2028x\x0b\r\n\nz\ry"  # of these, only CR LF, LF and CR end a line


def units(text: str, encoding: str) -> int:
    return {"utf-8": len(text.encode()), "utf-16": len(text.encode("utf-16-le")) // 2, "utf-32": len(text)}[encoding]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_each_place_is_found_again(encoding: str) -> None:
    document, offset = Document("file:///a", 1, TEXT, encoding), 0
    lines = ["aå😀b", "\u2028x\x0b", "", "z", "y"]
    assert document.lines == lines
    for number, line in enumerate(lines):
        for index in range(len(line) + 1):
            position = Position(number, units(line[:index], encoding))
            assert document.position(offset + index) == position
            assert document.offset(position) == offset + index
            assert document.place(offset + index) == (number + 1, index + 1)
            assert document.offset_of(number + 1, index + 1) == offset + index
        offset += len(line) + (2 if TEXT[offset + len(line) :].startswith("\r\n") else 1)


@given(st.text("a\r\n😀é", max_size=20), st.integers(0, 9), st.integers(0, 99), st.sampled_from(["utf-8", "utf-16"]))
def test_places_outside_are_the_nearest_inside(text: str, line: int, character: int, encoding: str) -> None:
    document = Document("file:///a", 1, text, encoding)
    offset = document.offset(Position(line, character))
    assert 0 <= offset <= len(text)
    assert document.offset(document.position(offset)) == offset
    assert 0 <= document.offset_of(line, character) <= len(text)


def test_inside_of_a_character_is_its_beginning() -> None:
    assert Document("file:///a", 1, "a😀b", "utf-16").offset(Position(0, 2)) == 1
    assert Document("file:///a", 1, "a😀b", "utf-8").offset(Position(0, 4)) == 1


def test_the_engine_does_not_count_a_byte_order_mark() -> None:
    document = Document("file:///a", 1, "\ufeff<a>\n<b>", "utf-16")
    assert document.offset_of(1, 1) == 1
    assert document.offset_of(2, 1) == 5
    assert document.place(1) == (1, 1)
