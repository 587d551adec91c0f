"""Uploads whose process is killed inside their transaction."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from iotconfig.domain.errors import SignatureUsed
from tests.support import struck_upload
from tests.support.asset_files import on_their_way, put, read
from tests.support.schema import rows
from tests.support.serving import environment
from tests.support.signing import signing_key, timestamp

QUEUED = "SELECT kind, key FROM notifications"


@pytest.mark.parametrize("moment", ["claimed", "saved"])
def test_a_killed_upload_can_be_repeated(
    database_url: str, assets: FileAssetStore, directory: Path, tmp_path: Path, moment: str
) -> None:
    """The signature is not used up and nothing is announced; the repeated upload is stored and announced once."""
    put(assets, b"old")
    settings = {
        "ASSETS_DIR": str(directory),
        "SIGNING_KEY_PATH": str(signing_key().write(tmp_path / "key.pem")),
    }
    time = timestamp()

    env = environment(database_url, **settings)
    signature = signing_key().sign(time)
    struck = subprocess.run(
        [sys.executable, "-m", "tests.support.struck_upload", moment, time, signature],
        env=env,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert -signal.SIGKILL == struck.returncode, struck.stderr.decode()
    assert (b"new" if moment == "saved" else b"old") == read(assets)[0]
    assert [] == rows(database_url, QUEUED)
    assert [] == rows(database_url, "SELECT key FROM claimed_keys")

    struck_upload.main("never", time, signature, env)
    with pytest.raises(SignatureUsed):
        struck_upload.main("never", time, signature, env)
    assert b"new" == read(assets)[0]
    assert [("asset", "firmware.bin")] == rows(database_url, QUEUED)
    ((key,),) = rows(database_url, "SELECT key FROM claimed_keys")
    assert re.fullmatch(r"asset [0-9a-f]{64}", str(key))
    assert 0 == on_their_way(directory)
