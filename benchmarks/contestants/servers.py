"""The contestants as processes, each for as long as a block runs.

Each in a session of its own, as the web process of `serve` is: the kernel shares out
processors by sessions, and one in wrk's would fare better when others use the machine.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from attrs import frozen
from tests.support.ports import free_port
from tests.support.processes import descendants
from tests.support.serving import environment
from tests.support.waiting import wait_until

from iotconfig.adapters.http.transfer_limits import shared_file

_NGINX = Template("""
daemon off;
pid $directory/pid;
error_log stderr error;
worker_processes $workers;
$user
events {}
http {
    access_log off;
    default_type application/json;
    client_body_temp_path $directory;
    proxy_temp_path $directory;
    fastcgi_temp_path $directory;
    uwsgi_temp_path $directory;
    scgi_temp_path $directory;
    server {
        listen 127.0.0.1:$port;
        root $directory;
        add_header Cache-Control no-cache;
    }
}
""")


@frozen
class Server:
    """The address of a contestant, and its first process."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """The processor time of all its processes so far."""
        return sum(map(cpu_seconds, [self.pid, *descendants(self.pid)]))


def cpu_seconds(pid: int) -> float:
    """The processor time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def workers() -> int:
    """The number of workers of `iotconfig serve` by default."""
    return os.cpu_count() or 1


@contextmanager
def on_our_server(name: str, database_url: str, **env: str) -> Iterator[Server]:
    """An application of this package on the server of `iotconfig serve`."""
    ready, report = os.pipe()
    lifeline, held = os.pipe()
    slots = shared_file()
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        address = "http://{}:{}".format(*listener.getsockname())
        given = {"--socket": listener.fileno(), "--lifeline": lifeline, "--ready": report, "--slots": slots}
        arguments = [text for option, number in given.items() for text in (option, str(number))]
        process = subprocess.Popen(
            [*_python("benchmarks.contestants.on_our_server"), *arguments, "--workers", str(workers())],
            env=environment(database_url, CONTESTANT=name, **env),
            pass_fds=given.values(),
            start_new_session=True,
        )
    os.close(report)
    os.close(lifeline)
    os.close(slots)
    try:
        assert os.read(ready, 1), f"the contestant {name} ended at its start"
        yield Server(address, process.pid)
    finally:
        os.close(ready)
        os.close(held)  # Its lifeline.
        process.wait()


@contextmanager
def on_waitress(database_url: str, threads: int) -> Iterator[Server]:
    """Flask with SQLAlchemy's ORM on waitress."""
    port = free_port()
    command = ["waitress", f"--listen=127.0.0.1:{port}", f"--threads={threads}", "--call"]
    command.append("benchmarks.contestants.afternoon:create_app")
    with _running(_python(*command), port, environment(database_url)) as server:
        yield server


@contextmanager
def on_granian(database_url: str, threads: int) -> Iterator[Server]:
    """Our application on Granian, which documents it as an alternative; without gevent, so on threads."""
    port = free_port()
    command = _python("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port))
    command += ["--workers", str(workers()), "--blocking-threads", str(threads), "--log-level", "error"]
    command += ["--factory", "iotconfig.entrypoints.wsgi:create_app"]
    with _running(command, port, environment(database_url)) as server:
        yield server


def nginx_binary() -> str | None:
    """The path of nginx, or None."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


@contextmanager
def on_nginx(documents: Mapping[str, str]) -> Iterator[Server]:
    """The documents, by MAC address, as files."""
    binary = nginx_binary()
    assert binary is not None
    port = free_port()
    with TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        files = directory / "api" / "configs"
        files.mkdir(parents=True)
        for mac, content in documents.items():
            (files / f"{mac}.json").write_text(content)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _NGINX.substitute(
                directory=name,
                port=port,
                workers=workers(),
                user="user nobody nogroup;" if os.geteuid() == 0 else "",
            )
        )
        with _running([binary, "-p", name, "-c", str(configuration)], port, os.environ) as server:
            yield server


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def _running(command: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: _listens(process, port), f"{command[0]} listens")
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, "the contestant ended at its start"
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
