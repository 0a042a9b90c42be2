"""Patterns of a client's URLs; URLs themselves are tested through the API."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.errors import SettingsError
from webhooks.registering import MAX_URL_LENGTH, parse_url_pattern


@pytest.mark.parametrize(
    ("pattern", "url", "fits"),
    [
        ("https://a.example/hooks/*", "https://a.example/hooks/1?x", True),
        ("https://a.example/hooks/*", "https://a.example/other", False),
        ("https://a.example/hooks/*", "https://a.example/Hooks/1", False),
        ("https://a.example/hook", "https://a.example/hooks", False),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://a.example/any?thing", True),
        ("https://a.example", "https://a.example.evil.example/", False),
        ("https://a.example", "https://a.example:8443/", False),
        ("https://*.a.example/*", "https://x.y.a.example/", True),
        ("https://*.a.example/*", "https://evil.example/.a.example/", False),
        ("https://*.a.example/*", "https://evil.example?.a.example/", False),
        ("https://a.example:*/x", "https://a.example:8443/x", True),
        ("*://a.example/x", "http://a.example/x", True),
        ("https://a.example/(a+)+$", "https://a.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", False),
    ],
)
def test_a_star_ends_with_the_host(pattern: str, url: str, fits: bool) -> None:
    assert (parse_url_pattern(pattern).fullmatch(url) is not None) is fits


@pytest.mark.parametrize("text", ["", "*", "a.example/*", "https:/a.example"])
def test_a_pattern_has_a_scheme(text: str) -> None:
    with pytest.raises(SettingsError, match="no pattern of URLs such as"):
        parse_url_pattern(text)


@pytest.mark.parametrize(
    ("pattern", "url", "fits"),
    [
        ("https://*.example.com/*", "https://a.example.com.example.com/x", True),
        ("https://*a*b.example/", "https://aab.ab.example/", True),
        ("https://x.example/*a*b", "https://x.example/aabab", True),
        ("https://x.example/*a*b", "https://x.example/baba", False),
        ("https://x.example/**", "https://x.example/", True),
        ("https://x.example/a*a", "https://x.example/a", False),
    ],
)
def test_several_stars_find_what_there_is(pattern: str, url: str, fits: bool) -> None:
    assert (parse_url_pattern(pattern).fullmatch(url) is not None) is fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_stars_mean_what_a_plain_regular_expression_means(path: str, given_path: str) -> None:
    plain = "https://x.example/" + path.replace("*", ".*")
    url = f"https://x.example/{given_path}"
    fits = parse_url_pattern(f"https://x.example/{path}").fullmatch(url) is not None
    assert fits is (re.fullmatch(plain, url) is not None)


def test_no_url_makes_a_pattern_of_many_stars_slow() -> None:
    pattern = parse_url_pattern("https://*/*/*/*/*/*/hooks")
    url = "https://x.example".ljust(MAX_URL_LENGTH, "/")
    started = time.process_time()
    assert pattern.fullmatch(url) is None
    assert time.process_time() - started < 1.0  # trying each star with each length takes hours
