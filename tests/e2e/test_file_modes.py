"""All written files are private, for any umask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.depot import Depot
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until


@pytest.fixture
def _no_mask() -> Iterator[None]:
    mask = os.umask(0)
    yield
    os.umask(mask)


@pytest.mark.usefixtures("_no_mask")
def test_all_files_are_private(start_serve: Callable[..., Serve], tmp_path: Path, broker: Mosquitto) -> None:
    """Database, log, index, lock, assets with their digests, exports as file and as directory."""
    home = tmp_path / "home"
    home.mkdir(0o700)
    url = f"sqlite:///{home / 'configs.db'}"
    assets = home / "deep" / "assets"
    depot = Depot.start(start_serve, url, home, MQTT_URL=broker.url, ASSETS_DIR=str(assets))
    depot.client.send_json("PUT", "/api/configs/by-mac/020000000001", {"content": {"psk": "s3cret"}})
    assert 201 == depot.upload("firmware.bin", b"x").status
    wait_until(lambda: "relay: active" in depot.serve.output(), "a relay is active")
    for target in ("fleet.ndjson", "fleet"):
        ended = run_command("export", str(home / target), env=environment(url))
        assert 0 == ended.returncode, ended.stderr

    made = {str(path.relative_to(home)): path.lstat().st_mode & 0o777 for path in home.rglob("*")}

    assert {
        "configs.db", "configs.db-wal", "configs.db-shm", "configs.db-relay.lock",
        "deep", "deep/assets", "deep/assets/firmware.bin", "deep/assets/.digests/firmware.bin",
        "fleet", "fleet/020000000001.json", "fleet.ndjson",
    } <= made.keys()  # fmt: skip
    assert {} == {name: oct(mode) for name, mode in made.items() if mode & 0o077}
    assert "chmod" not in depot.serve.output()
