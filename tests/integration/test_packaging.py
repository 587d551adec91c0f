"""The published files: a wheel that is built from the source archive and works without the checkout."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen
from uv import find_uv_bin

from tests.support.browser import Browser
from tests.support.identity_provider import Provider
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.picture_server import PictureServer, answer
from tests.support.pictures import ask, png
from tests.support.ports import free_port
from tests.support.serving import Serve, environment
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

CHECKOUT = Path(__file__).parents[2]
MAC = "02:00:00:00:00:01"
_WEB_APP = "iotconfig/adapters/http/web/static"


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The output of a command without settings in its environment, except the given ones."""
    if env is None:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("IOTCONFIG_", "DATABASE_URL", "PYTHON"))
        }
    ended = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, and the wheel that is built from it."""
    directory = tmp_path_factory.mktemp("dist")
    offline = ["--no-isolation"] if find_spec("hatchling") else []
    run(sys.executable, "-m", "build", *offline, "--outdir", directory, CHECKOUT, cwd=directory)
    return directory


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    (built,) = dist.glob("*.whl")
    return built


def test_the_wheel_has_all_files(wheel: Path) -> None:
    """It has every module, migration and sample device and the type marker, and nothing else."""
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
    assert {f"{_WEB_APP}/index.html.gz", f"{_WEB_APP}/THIRD-PARTY.txt.gz"} <= names
    assert 5 == sum("/sample_devices/" in name for name in names)


def test_the_web_app_is_small(wheel: Path) -> None:
    """At most 1 MB of the wheel; 60 KB are loaded at first, and 220 KB with the editor, compressed."""
    with zipfile.ZipFile(wheel) as archive:
        files = {each.filename: each for each in archive.infolist() if each.filename.startswith(_WEB_APP)}
        sizes = {name.removeprefix(f"{_WEB_APP}/"): each.file_size for name, each in files.items()}
        text = {
            name: gzip.decompress(archive.read(f"{_WEB_APP}/{name}")).decode()
            for name in sizes
            if name.endswith(".gz")
        }
    index = {f"{name}.gz" for name in re.findall(r'="/static/([^"]+)"', text["index.html.gz"])}
    first = _loaded_with(index | _files_of("fleet-screen", sizes), text)
    edited = _loaded_with(
        first | _files_of("device-screen", sizes) | _files_of("structured-editor", sizes), text
    )

    assert len(index) >= 4
    assert sum(sizes[name] for name in first) <= 60_000
    assert 120_000 <= sum(sizes[name] for name in edited) <= 220_000
    assert sum(each.compress_size for each in files.values()) <= 1_000_000


def _files_of(part: str, names: Iterable[str]) -> set[str]:
    """The file of a part that is loaded on demand."""
    found = {name for name in names if name.startswith(f"{part}-")}
    assert 1 == len(found)
    return found


def _loaded_with(names: set[str], text: Mapping[str, str]) -> set[str]:
    """These files, and all that they import at once."""
    found: set[str] = set()
    while names := names - found:
        found |= names
        names = {
            f"{name}.gz"
            for each in names
            for name in re.findall(r'(?:from|import)\s*"\./([^"]+)"', text[each])
        }
    return found


def test_the_source_archive_has_its_tests(dist: Path) -> None:
    """It has the migrations, the tests, the licence and the changelog."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "LICENSE", "CHANGELOG.md", "README.md", "migrations/env.py", "tests/conftest.py", "pyproject.toml",
        "hatch_build.py", "web/package-lock.json", f"src/{_WEB_APP}/index.html.gz",
    } <= inside  # fmt: skip


INSTALLATIONS: dict[str, list[str | Path]] = {
    "newest": [],
    # The declared libraries; their own dependencies are the newest.
    "lowest": ["--resolution", "lowest-direct", "-r", CHECKOUT / "pyproject.toml", "--extra", "fast"],
}


@frozen
class Installation:
    """An environment with the wheel and its dependencies."""

    python: Path

    @property
    def command(self) -> tuple[Path, str, str]:
        return self.python, "-m", "iotconfig"


@pytest.fixture(scope="module", params=list(INSTALLATIONS))
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path
) -> Installation:
    """The wheel in a new environment, at one end of its declared versions."""
    place = tmp_path_factory.mktemp(request.param)
    uv, python = find_uv_bin(), place / "bin" / "python"
    run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, place, cwd=place)
    run(uv, "pip", "install", "--quiet", "--python", python, *INSTALLATIONS[request.param], wheel, cwd=place)
    return Installation(python)


def test_an_installation_is_independent(installed: Installation, tmp_path: Path) -> None:
    """Command and module run; sample devices are stored; nothing of the checkout is used."""
    binaries = installed.python.parent
    version = run(binaries / "iotconfig", "--version", cwd=tmp_path)

    assert version == run(*installed.command, "--version", cwd=tmp_path)
    assert 5 == run(binaries / "iotconfig", "load-test-data", cwd=tmp_path).count("added")
    assert "5 configs in sqlite:///" in run(binaries / "iotconfig", "config", "list", cwd=tmp_path)
    where = run(installed.python, "-c", "import iotconfig; print(iotconfig.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(binaries.parent)


@pytest.mark.parametrize(
    ("installed", "empty_url"),
    # All other tests run with the newest on PostgreSQL; `load-test-data` above runs with the lowest on SQLite.
    [("newest", "sqlite"), ("lowest", "postgresql")],
    indirect=True,
)
def test_an_installation_works(
    installed: Installation, empty_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """Migrate, import, serve, fetch, sign in, change, announce, show a picture, export."""
    with Provider() as provider, PictureServer() as pictures, Listener(broker.port) as listener:
        port = free_port()
        settings = {
            "BASEURL": f"http://127.0.0.1:{port}",
            "MQTT_URL": broker.url,
            "OIDC_ENABLED": "true",
            "OIDC_ISSUER_URL": provider.issuer,
            "OIDC_CLIENT_ID": provider.client_id,
            "OIDC_CLIENT_SECRET": provider.client_secret,
            "IOTCONFIG_PICTURE_NETWORKS": "127.0.0.1",
        }

        def command(*arguments: str) -> str:
            env = environment(empty_url, **settings)
            return run(*installed.command, *arguments, cwd=tmp_path, env=env)

        assert "Applied migration 0001" in command("upgrade-db")
        file = f"{MAC.replace(':', '-')}.json"
        (tmp_path / "fleet").mkdir()
        (tmp_path / "fleet" / file).write_text('{"deviceName": "Porch"}')
        command("import", "fleet")
        with Serve(
            empty_url,
            tmp_path / "serve.log",
            workers=1,
            arguments=("--port", str(port)),
            command=installed.command,
            **settings,
        ) as serve:
            document = f"/api/configs/{MAC}.json"
            assert b'{"deviceName": "Porch"}' == serve.client.get(document).body
            browser = Browser(serve.client)
            _sign_in(browser, provider)
            change = {"content": {"deviceName": "Attic"}}
            own_page = {"Sec-Fetch-Site": "same-origin"}
            assert 200 == browser.send_json("PUT", f"/api/configs/by-mac/{MAC}", change, own_page).status
            assert {"deviceName": "Attic"} == serve.client.get(document).json()
            wait_until(
                lambda: (
                    2 in [received.json()["revision"] for received in listener.received(f"/{MAC}/config")]
                ),
                "the change is announced",
            )
            token = command("token", "create", "panel", "--role", "viewer").strip()
            url = pictures.on("/picture.png", answer(png()))
            assert 200 == ask(serve.client, url, bearer(token)).status
            assert "Traceback" not in serve.output()
        command("export", "exported")
    assert {"deviceName": "Attic"} == json.loads(next((tmp_path / "exported").iterdir()).read_text())


def _sign_in(browser: Browser, provider: Provider) -> None:
    provider.set_user("ada", realm_access={"roles": ["admin"]})
    at_provider = browser.get("/api/auth/login?redirect=/").headers["location"]
    assert 302 == browser.get(browser.local(provider.sign_in(at_provider, "ada"))).status
    assert ["admin"] == browser.get("/api/auth/self").json()["roles"]
