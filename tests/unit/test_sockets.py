"""The listening socket of `serve`."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from iotconfig.entrypoints.sockets import listen


def test_the_kernel_decides_how_many_connections_wait() -> None:
    """The backlog is the kernel's maximum, since all devices may connect at once."""
    allowed = int(Path("/proc/sys/net/core/somaxconn").read_text())

    with listen("127.0.0.1", 0, "Choose another?") as listener:
        # Of a listening socket: struct tcp_info, tcpi_sacked.
        (longest,) = struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32), 28)

    assert min(allowed, 65535) == longest
