"""Patterns of a client's URLs; URLs themselves are tested through the API."""

import pytest

from webhooks.errors import SettingsError
from webhooks.registering import parse_url_pattern


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
