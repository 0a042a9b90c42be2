"""Who a request is from."""

import pytest

from webhooks.errors import SettingsError
from webhooks.proxies import Proxies, parse_network

PROXIES = Proxies(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2, fd00::1", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:192.0.2.1", "198.51.100.1", "::ffff:192.0.2.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "unknown", "unknown"),
        ("10.0.0.1", "198.51.100.1:54321", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:54321", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2:80, [fd00::1]:80", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_nearest_that_is_no_trusted_proxy(peer: str, forwarded: str | None, found: str) -> None:
    assert PROXIES.client_address(peer, forwarded) == found


def test_a_network_is_in_cidr_notation() -> None:
    with pytest.raises(SettingsError, match="CIDR"):
        Proxies(["proxy.example"])
    with pytest.raises(SettingsError, match="names an interface"):
        parse_network("::1%lo/128")
    assert str(parse_network("::ffff:10.0.0.0/104")) == "10.0.0.0/8"
    assert str(parse_network("::/0")) == "::/0"
