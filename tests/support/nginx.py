"""nginx with the shipped configuration, with the test's ports and certificate."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from .http import Client
from .ports import free_port
from .processes import kill_tree
from .waiting import wait_until

_DEPLOY = Path(__file__).parents[2] / "deploy"

_SURROUNDINGS = """\
{user}
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    # As many have it for everything they serve.
    gzip on;
    gzip_types *;
    gzip_min_length 0;
    gzip_proxied any;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""

NAME = "iot.example.org"
"""The host that the shipped configuration serves."""


class RunningNginx:
    """One nginx with one site."""

    def __init__(self, directory: Path, site: str, port: int) -> None:
        self._directory, self._port = directory, port
        user = "user root;" if os.geteuid() == 0 else ""
        (directory / "site.conf").write_text(site)
        (directory / "nginx.conf").write_text(_SURROUNDINGS.format(directory=directory, user=user))
        self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL)
        wait_until(self._listens, "nginx listens")

    def check(self) -> subprocess.CompletedProcess[str]:
        """Return nginx's verdict on the configuration."""
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)

    def close(self) -> None:
        kill_tree(self._process.pid)
        self._process.wait(timeout=20)

    def _command(self) -> list[str | Path]:
        found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        assert found is not None, "nginx is not installed: run 'make broker', or install the package nginx"
        return [
            found,
            "-p",
            self._directory,
            "-e",
            self._directory / "error.log",
            "-c",
            self._directory / "nginx.conf",
        ]

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self._directory / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


class PageNginx(RunningNginx):
    """nginx with the configuration on a page of the documentation."""

    def __init__(self, directory: Path, shown: str, upstream: str) -> None:
        port = free_port()
        self.client = Client(f"http://127.0.0.1:{port}")
        site = shown
        for there, here in (
            ("listen 80;", f"listen 127.0.0.1:{port};"),
            ("http://127.0.0.1:8080", upstream),
            ("/var/www/client", str(directory)),
        ):
            assert there in site
            site = site.replace(there, here)
        super().__init__(directory, site, port)


class Nginx(RunningNginx):
    """The shipped configuration in front of one service."""

    def __init__(self, directory: Path, upstream: str) -> None:
        self.plain_port, self.tls_port = free_port(), free_port()
        self._authority = trustme.CA()
        self._write_certificate(directory)
        site = (_DEPLOY / "nginx.conf").read_text()
        for shipped, here in (
            (r"^ *listen \[::\].*\n", ""),
            (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            (r"listen 443 ssl;", f"listen 127.0.0.1:{self.tls_port} ssl;"),
            (r"server 127\.0\.0\.1:8080;", f"server {urlsplit(upstream).netloc};"),
            (r"/etc/ssl/iotconfig/", f"{directory}/"),
            (r"/etc/nginx/iotconfig-proxy\.conf", str(_DEPLOY / "iotconfig-proxy.conf")),
        ):
            site, count = re.subn(shipped, here, site, flags=re.MULTILINE)
            assert count, f"the shipped configuration has no {shipped}"
        super().__init__(directory, site, self.tls_port)

    def tls(self) -> ssl.SSLContext:
        """A TLS context that trusts only the test's certificate."""
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=self._authority.cert_pem.bytes().decode())
        return context

    def _write_certificate(self, directory: Path) -> None:
        certificate = self._authority.issue_cert(NAME)
        (directory / "fullchain.pem").write_bytes(b"".join(p.bytes() for p in certificate.cert_chain_pems))
        (directory / "privkey.pem").write_bytes(certificate.private_key_pem.bytes())
