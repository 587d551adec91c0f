"""The source of a request: the address that failures are counted for."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.networks import Address, Network

_IPV6_SITE: Final = 64
"""Bits of an IPv6 address that identify a customer; the customer chooses the others."""


def source_of(req: falcon.Request, proxies: Sequence[Network]) -> str:
    """The address of the client: the peer's or, behind trusted proxies, the address that the outermost of them saw.

    `X-Forwarded-For` counts only as far as trusted proxies wrote it: from its end.
    """
    remote, address = _client(req, proxies)
    return remote if address is None else _name(address)


def address_of(req: falcon.Request, proxies: Sequence[Network]) -> str:
    """The whole address of the client, found as `source_of` does; empty where there is none."""
    if not proxies:
        return req.remote_addr or ""
    remote, address = _client(req, proxies)
    return remote if address is None else str(address)


def _client(req: falcon.Request, proxies: Sequence[Network]) -> tuple[str, Address | None]:
    """The text of the peer's address, and the address of the client; None for what is no address."""
    remote = req.remote_addr or ""
    address = _address(remote)
    hops = [hop.strip() for hop in (req.get_header("X-Forwarded-For") or "").split(",") if hop.strip()]
    while address is not None and hops and any(address in network for network in proxies):
        address = _address(hops.pop())
    return remote, address


@frozen
class Source:
    """The origin of a connection."""

    address: Address
    name: str
    """The IPv4 address, or the /64 network of the IPv6 address."""


@lru_cache(10_000)
def source_at(text: str) -> Source | None:
    """The source with this address; None if the text is not an address."""
    address = _address(text)
    return None if address is None else Source(address, _name(address))


def _name(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False))
    return str(address)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
