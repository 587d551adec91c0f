"""Name resolution in bounded time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from threading import Thread

from .errors import DeadlineExceeded, HostNotFound

Resolve = Callable[[str], Sequence[str]]
"""Returns the addresses of a name, the preferred one first. Raises `OSError` where it has none."""


def system_resolve(host: str) -> Sequence[str]:
    """Resolve a name by the system's sources: hosts file, DNS, mDNS. Blocks for as long as they take."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def resolve_within(seconds: float, resolve: Resolve, host: str) -> Sequence[str]:
    """Return the addresses of a host; of an address, itself.

    A resolver cannot be interrupted, so it runs in a thread that is abandoned when the time is up.
    Raises `HostNotFound` and `DeadlineExceeded`.
    """
    if _is_address(host):
        return [host]
    found: list[Sequence[str]] = []

    def ask() -> None:
        try:
            found.append(resolve(host))
        except (OSError, UnicodeError):
            found.append(())

    thread = Thread(target=ask, name="outbound-resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise DeadlineExceeded
    if not found[0]:
        raise HostNotFound
    return found[0]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
