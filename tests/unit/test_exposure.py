"""Secrets that every user of the machine may read are named at a start, and left as they are."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from iotconfig.entrypoints.exposure import warn_of_exposed_files
from iotconfig.entrypoints.settings import Settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A database, a password and two keys, each in a file for its owner and a group."""
    for name, text in (
        ("configs.db", ""),
        ("configs.db-wal", ""),
        ("password", "s3cret"),
        ("private.pem", "-----BEGIN PRIVATE KEY-----"),
        ("public.pem", "-----BEGIN PUBLIC KEY-----"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o640)
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'configs.db'}",
        "MQTT_PASSWORD_FILE": str(tmp_path / "password"),
        "SIGNING_KEY_PATH": str(tmp_path / "private.pem"),
    }


def told(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.WARNING):
        warn_of_exposed_files(Settings.from_environ(environ), environ)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("name", ["configs.db", "configs.db-wal", "password", "private.pem"])
def test_what_everybody_may_read_is_named_with_the_command(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """In one line; the mode stays."""
    (tmp_path / name).chmod(0o644)
    (line,) = told(environ, caplog)

    assert line.endswith(f"run  chmod o-rwx {tmp_path / name}")
    assert 0o644 == (tmp_path / name).stat().st_mode & 0o777


def test_a_group_may_read_and_a_public_key_is_no_secret(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Set-ups with a group for backups are left in peace."""
    (tmp_path / "public.pem").chmod(0o644)

    assert [] == told({**environ, "SIGNING_KEY_PATH": str(tmp_path / "public.pem")}, caplog)


def test_a_directory_in_which_everybody_may_replace_files_is_named(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """That of secrets, and that of assets; not one like /tmp, where a file is its owner's."""
    assets = tmp_path / "assets"
    assets.mkdir()
    assets.chmod(0o1777)
    environ["ASSETS_DIR"] = str(assets)
    tmp_path.chmod(0o757)
    try:
        (line,) = told(environ, caplog)
        caplog.clear()
        assets.chmod(0o757)
        (both,) = told(environ, caplog)
    finally:
        tmp_path.chmod(0o700)

    assert line.endswith(f"run  chmod o-w {tmp_path}")
    assert both.endswith(f"run  chmod o-w {tmp_path} {assets}")
