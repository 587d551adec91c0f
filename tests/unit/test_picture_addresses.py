"""The addresses that pictures may be fetched from."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from iotconfig.adapters.outbound import AddressPolicy

PUBLIC = AddressPolicy()

REFUSED = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "0.255.255.255", "::"],  # noqa: S104
    "loopback": ["127.0.0.1", "127.0.0.0", "127.255.255.255", "127.1.2.3", "::1"],
    "private": [
        "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
        "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fd12:3456::1", "fec0::1", "feff::1",
    ],
    "link-local": ["169.254.0.0", "169.254.255.255", "fe80::1", "febf::1", "fe80::1%eth0", "fe80::1%2"],
    "metadata": [
        "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe",
    ],
    "carrier-grade NAT": ["100.64.0.0", "100.127.255.255"],
    "protocols, documentation, benchmarks": [
        "192.0.0.0", "192.0.0.8", "192.0.0.255", "192.0.2.1", "198.51.100.255", "203.0.113.0", "192.88.99.1",
        "198.18.0.0", "198.19.255.255", "2001:db8::1", "2001:db8:ffff::1", "3fff::1", "3fff:fff::1", "2001:2::1",
        "2001:10::1", "2001:20::1", "2001:1::1", "2001:1ff:ffff::1",
    ],
    "multicast": ["224.0.0.0", "224.0.0.251", "239.255.255.255", "ff00::", "ff02::1", "ff0e::1", "ffff::1"],
    "reserved": [
        "240.0.0.0", "255.255.255.254", "255.255.255.255", "100::1", "100:0:0:1::1", "1::1", "200::1", "400::1",
        "1fff::1", "4000::1", "5f00::1", "8000::1", "a000::1", "c000::1", "e000::1", "f000::1", "f800::1", "fe00::1",
    ],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:0"],
    "IPv4-compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::2"],
    "IPv4-translated": ["::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"],
    "NAT64": [
        "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::8.8.8.8",
    ],
    "6to4": ["2002::", "2002:7f00:1::1", "2002:808:808::1", "2002:a9fe:a9fe::1", "2002:c0a8:101::"],
    "Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:808:808::f7f7:f7f7"],
}  # fmt: skip

ALLOWED = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
    "192.88.98.255", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.114.0",
    "223.255.255.255", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1",
    "2606:4700:4700::1111", "2a00:1450::1", "3ffe:ffff::1", "3fff:1000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", [address for group in REFUSED.values() for address in group])
def test_other_than_public_addresses_are_refused(address: str) -> None:
    """Loopback, private, link-local, metadata, multicast, reserved, and IPv6 forms that contain any IPv4 address."""
    assert PUBLIC.allows(address) is False


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_are_allowed(address: str) -> None:
    """Addresses next to the refused ranges are allowed."""
    assert PUBLIC.allows(address) is True


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("192.168.1.0/24", ["192.168.1.0", "192.168.1.255"], ["192.168.0.255", "192.168.2.0", "10.0.0.1"]),
        ("10.1.2.3", ["10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
        ("127.0.0.0/8", ["127.0.0.1"], ["::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"]),
        ("fd12::/16", ["fd12::1"], ["fd13::1", "fc00::1"]),
        ("::1", ["::1"], ["::", "::2", "127.0.0.1", "::ffff:127.0.0.1"]),
        ("fe80::/10", ["fe80::1", "fe80::1%eth0"], ["fec0::1", "169.254.0.1"]),
        ("64:ff9b::/96", ["64:ff9b::8.8.8.8"], ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8"]),
        ("64:ff9b:1::/96", ["64:ff9b:1::8.8.8.8"], ["64:ff9b:1::10.0.0.1", "64:ff9b:1::1:8.8.8.8"]),
        ("2002::/16", ["2002:808:808::1"], ["2002:7f00:1::1", "2002:a00:1::1"]),
        ("2001::/32", ["2001:0:808:808::f7f7:f7f7"], ["2001:0:808:808::80ff:fffe"]),
        ("::ffff:0:0/96", ["::ffff:8.8.8.8"], ["::ffff:127.0.0.1", "::ffff:169.254.169.254"]),
        ("::/0", ["::1", "fe80::1", "::ffff:8.8.8.8"], ["127.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::1"]),
    ],
)  # fmt: skip
def test_listed_networks_are_allowed(network: str, inside: list[str], outside: list[str]) -> None:
    """Only the listed network is allowed; a listed gateway does not allow the addresses behind it."""
    policy = AddressPolicy((ip_network(network),))

    assert [True] * len(inside) == [policy.allows(address) for address in inside]
    assert [False] * len(outside) == [policy.allows(address) for address in outside]


def test_a_listed_gateway_leads_to_listed_networks() -> None:
    """Behind NAT64, a private address is allowed if both networks are listed."""
    policy = AddressPolicy((ip_network("64:ff9b::/96"), ip_network("10.0.0.0/8")))

    assert policy.allows("64:ff9b::10.0.0.1")
    assert not policy.allows("64:ff9b::192.168.0.1")


def test_a_list_changes_no_other_address() -> None:
    """Public addresses stay allowed, and the others refused."""
    policy = AddressPolicy((ip_network("192.168.1.0/24"),))

    assert [True] * len(ALLOWED) == [policy.allows(address) for address in ALLOWED]
    assert not policy.allows("169.254.169.254")
