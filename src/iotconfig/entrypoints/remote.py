"""The use cases of commands on a service. Outside of `wiring`, which loads what a database needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iotconfig.adapters.remote.address import ServiceAddress

if TYPE_CHECKING:
    from iotconfig.adapters.remote.services import RemoteServices


@contextmanager
def open_remote_services(
    address: ServiceAddress, token: str, environ: Mapping[str, str]
) -> Iterator[RemoteServices]:
    """Open the use cases; connections to the service are closed at the end of the block.

    environ: has the proxies, in the variables that most programs read (`https_proxy`, `no_proxy`, …).
    """
    from iotconfig.adapters.remote.connection import ServiceConnection
    from iotconfig.adapters.remote.services import RemoteServices

    with ServiceConnection(address, token, _proxy_of(address, environ)) as service:
        yield RemoteServices(service)


def _proxy_of(address: ServiceAddress, environ: Mapping[str, str]) -> str:
    """The proxy for requests to the service; empty for none. What stays on this machine needs none."""
    if address.is_local or not any(name.lower().endswith("_proxy") for name in environ):
        return ""
    # It takes longer to import than the whole of a command without a proxy.
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(address.host):
        return ""
    found = getproxies()
    return found.get("https" if address.is_encrypted else "http") or found.get("all", "")
