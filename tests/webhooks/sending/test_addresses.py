import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest

from webhooks.errors import SettingsError
from webhooks.sending import addresses
from webhooks.sending.addresses import judge_address

TABLE = tomllib.loads((Path(addresses.__file__).parent / "special_ranges.toml").read_text())

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:800::200e",
    "2001:4860:4860::8888",
    "2001:200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    verdict = judge_address(address, ())
    assert verdict.refusal is None
    assert not verdict.is_restricted


@pytest.mark.parametrize("text", TABLE["networks"])
def test_each_range_from_its_first_to_its_last(text: str) -> None:
    network = ip_network(text)
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert "is not public" in (judge_address(str(address), ()).refusal or "")
        if network.version == 4:
            assert judge_address(f"::ffff:{address}", ()).refusal
            assert judge_address(f"64:ff9b::{address}", ()).refusal


def test_everything_outside_the_global_unicast_space() -> None:
    for top in range(0x0000, 0x10000, 0x100):
        is_refused = judge_address(f"{top:x}:1234::1", ()).refusal is not None
        assert is_refused == (not 0x2000 <= top <= 0x3FFF), hex(top)


@pytest.mark.parametrize(
    ("address", "networks", "is_allowed", "is_restricted"),
    [
        ("10.1.2.3", ("10.0.0.0/8",), True, True),
        ("10.1.2.3", ("10.1.2.4/32",), False, False),
        ("10.1.2.3", ("192.168.0.0/16", "10.1.2.0/24"), True, True),
        ("8.8.8.8", ("8.8.8.0/24",), True, False),  # it is public anyway
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True, True),
        ("64:ff9b::10.1.2.3", ("10.0.0.0/8",), True, True),
        ("::1", ("127.0.0.0/8",), False, False),
        ("::1", ("::1/128",), True, True),
        ("fd00::1%eth0", ("fd00::/8",), True, True),
        ("2002:a01:203::1", ("10.0.0.0/8",), False, False),
        ("2002:a01:203::1", ("2002::/16",), False, False),
        ("2002:a01:203::1", ("2002::/16", "10.0.0.0/8"), True, True),
        ("2002:808:808::1", ("2002::/16",), True, True),
        ("2001:0:808:808::f5fe:fdfc", ("2001::/32",), False, False),  # carries 10.1.2.3, its bits turned
        ("2001:0:808:808::f7f7:f7f7", ("2001::/32",), True, True),
        ("64:ff9b:1::10.1.2.3", ("64:ff9b:1::/48",), False, False),
        ("64:ff9b:1::10.1.2.3", ("64:ff9b:1::/48", "10.0.0.0/8"), True, True),
        ("0.1.2.3", ("0.0.0.0/0",), True, True),
    ],
)
def test_opened(address: str, networks: tuple[str, ...], is_allowed: bool, is_restricted: bool) -> None:
    verdict = judge_address(address, networks)
    assert (verdict.refusal is None, verdict.is_restricted) == (is_allowed, is_restricted)


def test_no_address_and_no_network() -> None:
    assert judge_address("localhost", ()).refusal == "localhost is no address"
    with pytest.raises(SettingsError, match="no network"):
        judge_address("10.0.0.1", ("10.0.0.1/8",))
