"""What all pages share."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from picturing import difference
from PIL import Image

from pages.charts import HEIGHT, WIDTH, bars, lines
from pages.guard import canonical, host_of, is_known, is_own
from pages.rendering import duration, plain, size, static

STATIC = Path(__file__).parents[2] / "pages" / "static"
TIMES = [datetime(2026, 12, 1, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(60)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0042, "4.2 ms"),
        (1.5, "1.5 s"),
        (119, "119 s"),
        (180, "3 min"),
        (7200, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_sizes() -> None:
    assert [size(9_999), size(1_048_576)] == ["9999 bytes", "1,024 KiB"]


@given(st.text())
def test_plain_text_holds_nothing_that_a_screen_hides(text: str) -> None:
    shown = plain(text)
    assert not any(ord(each) < 32 and each not in "\n\t\r" for each in shown)
    assert not set(shown) & {"\u202e", "\u2066", "\u200f", "\x7f", "\x9b"}


@given(st.lists(st.integers(0, 10**9), min_size=60, max_size=60))
@example([29_627_813] + [0] * 59)  # almost as high as the drawing, with a bar of the least height upon it
def test_bars_stay_in_the_drawing_and_are_as_high_as_their_numbers(values: list[int]) -> None:
    chart = bars(TIMES, {"a": values, "b": [1] * 60}, {"a": "k2", "b": "k5"}, "%H:%M")
    assert chart.top >= max(values) + 1
    assert all(0 <= part.x <= part.x + part.width <= WIDTH + 0.01 for part in chart.parts)
    assert all(-0.01 <= part.y <= HEIGHT for part in chart.parts)
    assert len(chart.parts) == 60 + sum(value > 0 for value in values)


@given(st.lists(st.none() | st.floats(0.0001, 10**6), min_size=60, max_size=60))
def test_lines_break_where_a_time_has_no_value(values: list[float | None]) -> None:
    chart = lines(TIMES, {"p50": values}, {"p50": "p50"}, "%H:%M")
    pieces = [piece.split() for piece in chart.lines[0].pieces]
    assert all(len(piece) > 1 for piece in pieces), "a point by itself would not be drawn"
    points = [point for piece in pieces for point in dict.fromkeys(piece)]
    assert len(points) == sum(value is not None for value in values)
    assert all(-0.01 <= float(point.split(",")[1]) <= HEIGHT + 0.01 for point in points)


@pytest.mark.parametrize("name", ["../guard.py", "guard.py", "live.jsx", "", ".css", "/etc/passwd", "static"])
def test_only_what_is_static_is_given(name: str) -> None:
    assert static(name) is None


def test_styles_and_scripts_stay_small_and_ask_nobody_else() -> None:
    script, style = (STATIC / name for name in ("live.js", "style.css"))
    assert len(script.read_text("utf-8").splitlines()) <= 150
    assert len(style.read_text("utf-8").splitlines()) <= 300
    for file in (script, style):
        assert "//" not in file.read_text("utf-8").replace("// ", "")
    assert static("live.js") == (script.read_bytes(), "text/javascript; charset=utf-8")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://h:1", "host": "h:1"}, False),
        ({"origin": "http://h:1", "host": "h:1"}, True),
        ({"origin": "http://h:2", "host": "h:1"}, False),
        ({"origin": "ftp://h:1", "host": "h:1"}, False),
        ({"origin": "null", "host": "null"}, False),
        ({}, False),
    ],
)
def test_what_comes_from_our_own_page(headers: dict[str, str], own: bool) -> None:
    assert is_own(headers) is own


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("localhost:8081", True),
        ("a.localhost", True),
        ("127.9.9.9:1", True),
        ("[::1]:8081", True),
        ("[::ffff:127.0.0.1]", True),
        ("10.0.0.5:8081", True),
        ("10.0.0.6", False),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("Ops.Example.:1", True),
    ],
)
def test_names_that_lead_here(header: str, known: bool) -> None:
    host = host_of(header)
    assert host is not None
    assert is_known(host, "10.0.0.5", {canonical("ops.example")}) is known


def test_what_is_no_host() -> None:
    assert host_of("a:b:c") is None


def test_a_moved_line_is_another_picture_and_a_softer_one_is_not() -> None:
    def drawn(down: int, colour: str = "black") -> Image.Image:
        """A page with a line of text, made of strokes."""
        page = Image.new("RGB", (400, 200), "white")
        for left in range(20, 200, 4):
            page.paste(colour, (left, 60 + down, left + 2, 74 + down))
        return page

    kept = drawn(0).reduce(4)
    assert difference(drawn(0), kept) is None
    assert difference(drawn(0, "#202020"), kept) is None
    assert difference(drawn(3), kept) is not None
    assert difference(drawn(0, "#b3261e"), kept) is not None
    assert difference(drawn(0).crop((0, 0, 400, 180)), kept) is not None
