"""Looking up a host's addresses, within a bound of time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from threading import Thread

from .deadline import TimeIsUp

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a name, the best first. Raises `OSError` where it has none."""


class HostNotFound(Exception):
    """The host has no address."""


def system_resolve(host: str) -> Sequence[str]:
    """What the system says: its hosts file, DNS, mDNS. It takes its time."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def look_up(resolve: Resolve, host: str, seconds: float) -> Sequence[str]:
    """The addresses of a host, which may be one itself.

    Raises `HostNotFound`, and `TimeIsUp` where none came in time: a resolver cannot
    be interrupted, so it is left to end by itself.
    """
    if _is_address(host):
        return [host]
    found: list[Sequence[str]] = []

    def ask() -> None:
        try:
            found.append(resolve(host))
        except (OSError, UnicodeError):
            found.append(())

    thread = Thread(target=ask, name="picture-lookup", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TimeIsUp
    if not found[0]:
        raise HostNotFound
    return found[0]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
