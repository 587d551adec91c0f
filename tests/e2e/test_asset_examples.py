"""The examples on the page about assets, with the real openssl and curl."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.depot import Depot
from tests.support.serving import COMMAND
from tests.support.tokens import api_token, bearer

PAGE = Path(__file__).parents[2] / "docs" / "assets.md"
BASE = "http://127.0.0.1:8080"


@pytest.mark.parametrize("auth", ["on", "off"])
def test_the_examples_work(start_depot: Callable[..., Depot], tmp_path: Path, auth: str) -> None:
    """Keys and a token are created, and both forms of a signature are accepted, with and without authentication."""
    keys, token, plain, strong = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    content = os.urandom(200_000)
    (tmp_path / "firmware.bin").write_bytes(content)
    _run(keys, tmp_path)
    depot = start_depot(
        workers=1, SIGNING_KEY_PATH=str(tmp_path / "signing-key.pub.pem"), IOTCONFIG_AUTH=auth
    )
    made = _run(
        f'{token}printf %s "$TOKEN"',
        tmp_path,
        DATABASE_URL=depot.serve.database_url,
        PATH=f"{COMMAND.parent}:{os.environ['PATH']}",
    )
    given = made if auth == "on" else ""
    admin = bearer(api_token(depot.serve.database_url, Role.ADMIN))
    path = "/api/assets/firmware.bin"

    for example in (plain, strong):
        assert BASE in example
        answer = _run(example.replace(BASE, depot.client.base_url), tmp_path, TOKEN=given)
        assert f'"sha256": "{hashlib.sha256(content).hexdigest()}"' in answer
        assert content == depot.client.get(path).body
        assert 204 == depot.client.request("DELETE", path, headers=admin).status


def test_curl_resumes_a_download(depot: Depot, tmp_path: Path) -> None:
    """`curl --continue-at -` ends with the same bytes."""
    content = os.urandom(200_000)
    path = depot.uploaded("resumed.bin", content)
    (tmp_path / "resumed.bin").write_bytes(content[:70_000])
    _run(f"curl --fail --silent --continue-at - --output resumed.bin {depot.client.base_url}{path}", tmp_path)

    assert content == (tmp_path / "resumed.bin").read_bytes()


def test_curl_expects_100_continue(depot: Depot, tmp_path: Path) -> None:
    """It waits for it before a large file, and gets the answer, be it a refusal or not."""
    (tmp_path / "large.bin").write_bytes(os.urandom(5_000_000))
    fields = {
        part.name: part.content.decode()
        for part in depot.fields("large.bin", b"", order=("timestamp", "signature"))
    }
    upload = (
        "curl --silent --output /dev/null --write-out %{{http_code}} --header 'Expect: 100-continue' "
        "--form-string 'timestamp={timestamp}' --form-string 'signature={signature}' --form file=@large.bin "
        f"{depot.client.base_url}/api/assets"
    )

    assert "201" == _run(upload.format(**fields), tmp_path)
    assert "409" == _run(upload.format(**fields), tmp_path)
    assert "403" == _run(upload.format(**{**fields, "timestamp": "2020-01-01T00:00:00Z"}), tmp_path)


def _run(script: str, directory: Path, **env: str) -> str:
    """Run lines of a shell, which must succeed; returns their output."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env={**inherited, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr + done.stdout
    return done.stdout
