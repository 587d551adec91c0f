"""`iotconfig` as a program that costs no interpreter: a small client, and a server that forks with everything imported.

`python -m tests.support.command_server DIRECTORY` writes the client to `DIRECTORY/iotconfig`. A page of the
documentation runs some twenty commands; importing what each needs takes longer than what it does.
"""

from __future__ import annotations

import io
import json
import os
import pkgutil
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Final

from iotconfig.adapters import cli, sql
from iotconfig.entrypoints import cli as entry

_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    socket.send_fds(server, [asked], [0, 1, 2])
    server.shutdown(socket.SHUT_WR)
    status = server.recv(1)
sys.exit(status[0] if status else "the command ended without a status")
"""

_MOST: Final = 1 << 20
"""Bytes of a command's arguments and environment."""


def _import_all() -> None:
    for package in (cli, sql):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # What a patched process needs has no place in one that is not.
            if "gevent" not in module.name:
                import_module(module.name)


def _run(connection: socket.socket) -> None:
    """Run one command in this process, and exit."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, descriptors, _, _ = socket.recv_fds(connection, _MOST, 3)
    while more := connection.recv(_MOST):
        asked += more
    arguments, environ, directory = json.loads(asked)
    for standard, given in enumerate(descriptors):
        os.dup2(given, standard)
        os.close(given)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(standard, mode), encoding="utf-8", line_buffering=standard == 2)
        for standard, mode in enumerate(("rb", "wb", "wb"))
    )
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environ)
    try:
        entry.main(arguments, os.environ)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([status]))


def serve(directory: Path) -> None:
    """Write the client, and run the commands that it sends, until this process is ended."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    path = directory / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        client = directory / "iotconfig.new"
        client.write_text(_CLIENT.format(python=sys.executable, path=str(path)))
        client.chmod(0o755)
        client.rename(directory / "iotconfig")
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                try:
                    _run(connection)
                except BaseException:  # noqa: BLE001 - the process ends here
                    traceback.print_exc()
                finally:
                    os._exit(0)
            connection.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
