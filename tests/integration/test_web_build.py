"""The build of the web app, apart from what it makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]


def test_the_api_is_described_with_the_libraries_of_the_build(tmp_path: Path) -> None:
    """pip gives them in PYTHONPATH, to the build and to the processes that it starts."""
    started = tmp_path / "started"
    (tmp_path / "sitecustomize.py").write_text(f"open({str(started)!r}, 'a').write('x')")

    done = subprocess.run(
        [sys.executable, "-c", "from web.bundle import described; print(described()[:10])"],
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, '{"openapi"\n') == (done.returncode, done.stdout), done.stderr
    assert "xx" == started.read_text()
