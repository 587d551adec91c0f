"""Secrets that every user of the machine can read are named at the start; their modes are not changed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from iotconfig.entrypoints.exposure import warn_of_exposed_files
from iotconfig.entrypoints.settings import Settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The settings of a database, a password and two keys, each in a file for its owner and a group."""
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


def warnings_of(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.WARNING):
        warn_of_exposed_files(Settings.from_environ(environ), environ)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("name", ["configs.db", "configs.db-wal", "password", "private.pem"])
def test_a_world_readable_secret_is_named(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """One line has the command that corrects it; the mode is unchanged."""
    (tmp_path / name).chmod(0o644)
    (line,) = warnings_of(environ, caplog)

    assert line.endswith(f"run  chmod o-rwx {tmp_path / name}")
    assert 0o644 == (tmp_path / name).stat().st_mode & 0o777


def test_a_group_may_read_and_a_public_key_is_no_secret(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Files that a group can read, and public keys, cause no warning."""
    (tmp_path / "public.pem").chmod(0o644)

    assert [] == warnings_of({**environ, "SIGNING_KEY_PATH": str(tmp_path / "public.pem")}, caplog)


def test_a_world_writable_directory_is_named(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Directories of secrets and of assets are named, unless they are sticky, as /tmp is."""
    assets = tmp_path / "assets"
    assets.mkdir()
    assets.chmod(0o1777)
    environ["ASSETS_DIR"] = str(assets)
    tmp_path.chmod(0o757)
    try:
        (line,) = warnings_of(environ, caplog)
        caplog.clear()
        assets.chmod(0o757)
        (both,) = warnings_of(environ, caplog)
    finally:
        tmp_path.chmod(0o700)

    assert line.endswith(f"run  chmod o-w {tmp_path}")
    assert both.endswith(f"run  chmod o-w {tmp_path} {assets}")
