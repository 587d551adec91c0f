"""Rules for the addresses that requests may go to.

The tables below are IANA's registries of special-purpose addresses. They are spelt out because
the definition of a global address in `ipaddress` differs between versions of Python.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Network,
    ip_address,
)
from typing import Final, Protocol

from attrs import frozen

from iotconfig.adapters.networks import Address, Network

_REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata, too
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's metadata, at an address that looks public
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata, too
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved; broadcast
        ),
    )
)

_PUBLIC_V6: Final = IPv6Network("2000::/3")
"""The routed space. Loopback, private, link-local, multicast and most embeddings of IPv4 are outside."""

_REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)

_EMBEDDINGS: Final = tuple(
    map(
        IPv6Network,
        (
            "::/96",  # IPv4-compatible
            "::ffff:0:0/96",  # IPv4-mapped
            "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",  # local-use NAT64
        ),
    )
)
_LAST_32_BITS: Final = 0xFFFF_FFFF
_LOOPBACK_V6: Final = 1


class AddressRule(Protocol):
    """Decides about each address of a host, whatever the host's name is."""

    def allows(self, address: str) -> bool:
        """Whether a connection to this address may be opened."""
        ...


@frozen
class AnyAddress:
    """`AddressRule` for hosts that the operator configured: all addresses."""

    def allows(self, address: str) -> bool:
        return True


@frozen
class AddressPolicy:
    """`AddressRule` for hosts that a caller names: public addresses, and listed networks."""

    networks: tuple[Network, ...] = ()
    """Networks that are allowed although they are not public, such as the operator's home network."""

    def allows(self, address: str) -> bool:
        """Whether the address is public or listed.

        An IPv6 address that embeds an IPv4 address is allowed only if both are:
        otherwise a gateway would forward the connection to a refused address.
        """
        found = ip_address(address)
        inner = _embedded(found)
        if inner is not None and not self._allows(inner):
            return False
        return self._allows(found)

    def _allows(self, address: Address) -> bool:
        return _is_public(address) or any(
            network.version == address.version and address in network for network in self.networks
        )


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _REFUSED_V6)


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would forward packets to; None where the address embeds none."""
    if isinstance(address, IPv4Address) or int(address) <= _LOOPBACK_V6:
        return None
    if any(address in network for network in _EMBEDDINGS):
        return IPv4Address(int(address) & _LAST_32_BITS)
    return address.teredo[1] if address.teredo else address.sixtofour
