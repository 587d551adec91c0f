"""What is published: a wheel, built from the source archive, that works far away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
CONSTRAINTS = CHECKOUT / "constraints.txt"


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """What a command prints, with no setting of ours in its environment."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IOTCONFIG_", "DATABASE_URL", "PYTHON"))
    }
    ended = subprocess.run(
        command, cwd=cwd, env={**inherited, **env}, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, and the wheel that was built from it: as for a release."""
    directory = tmp_path_factory.mktemp("dist")
    offline = ["--no-isolation"] if find_spec("hatchling") else []
    run(sys.executable, "-m", "build", *offline, "--outdir", directory, CHECKOUT, cwd=directory)
    return directory


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    (built,) = dist.glob("*.whl")
    return built


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    """Every module, migration and sample device is inside, the type marker too, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {
        str(path.relative_to(CHECKOUT / "src"))
        for path in (CHECKOUT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path)
    }
    migrations = {
        f"iotconfig/{path.relative_to(CHECKOUT)}"
        for path in (CHECKOUT / "migrations").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert package | migrations == names
    assert "iotconfig/py.typed" in names
    assert 5 == sum("/sample_devices/" in name for name in names)


def test_the_source_archive_holds_its_tests(dist: Path) -> None:
    """Packagers get the migrations, the tests, the licence and the changelog."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "LICENSE", "CHANGELOG.md", "README.md", "migrations/env.py", "tests/conftest.py", "pyproject.toml",
    } <= inside  # fmt: skip


def test_an_installed_wheel_serves_a_database(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment and directory: upgrade, sample devices, list; nothing from the checkout."""
    venv.create(tmp_path / "venv", with_pip=False)
    binaries, work = tmp_path / "venv" / "bin", tmp_path / "work"
    work.mkdir()
    pinned: list[str | Path] = ["--constraint", CONSTRAINTS] if CONSTRAINTS.exists() else []
    quiet = ("--quiet", "--disable-pip-version-check", "--no-compile")
    into = ("-m", "pip", "--python", binaries / "python")
    run(sys.executable, *into, "install", *quiet, *pinned, wheel, cwd=work)

    assert "Applied migration 0001" in run(binaries / "iotconfig", "upgrade-db", cwd=work)
    assert 5 == run(binaries / "iotconfig", "load-test-data", cwd=work).count("added")
    assert "5 configs in sqlite:///iotconfig.db" in run(binaries / "iotconfig", "config", "list", cwd=work)
    where = run(binaries / "python", "-c", "import iotconfig; print(iotconfig.__file__)", cwd=work)
    assert Path(where.strip()).is_relative_to(tmp_path)
    assert ["iotconfig.db"] == sorted(path.name for path in work.iterdir())
