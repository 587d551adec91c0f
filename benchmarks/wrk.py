"""The load generator wrk: its requests and its measurements."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

_SCRIPT = Path(__file__).with_name("load.lua")


@frozen
class Request:
    """One of the requests that wrk chooses from. It replaces ten zeros in the body by a new number each time."""

    method: str
    path: str
    if_none_match: str = ""
    body: str = ""


@frozen
class Load:
    """The measurements of wrk."""

    count: int
    """Answers."""
    rate: float
    """Answers per second."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def write(path: Path, requests: Iterable[Request]) -> Path:
    """Write the requests to a file for wrk."""
    lines = (f"{r.method}\t{r.path}\t{r.if_none_match}\t{r.body}" for r in requests)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def run(url: str, requests: Path, *, connections: int, seconds: int) -> Load:
    """Send from one thread over `connections` connections for `seconds`. Raises an exception if an answer is not a success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT)]
    seed = str(random.randrange(10**9))
    done = subprocess.run(
        [*command, url, "--", str(requests), seed],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))[6:])
    assert found["failed"] == 0, f"{found['failed']} of {found['requests']} requests failed at {url}"
    rate = found["requests"] / found["microseconds"] * 1e6
    return Load(found["requests"], rate, found["p50"] / 1000, found["p99"] / 1000)
