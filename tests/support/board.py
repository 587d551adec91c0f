"""The sketch of `examples/esp32` on this machine: compiled against `tests/arduino_host`, and run as a process."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .waiting import wait_until

_ROOT: Final = Path(__file__).parents[2]
_HOST: Final = _ROOT / "tests" / "arduino_host"
SKETCH: Final = _ROOT / "examples" / "esp32" / "esp32.ino"
_OPTIONS: Final = (
    # The standard of the Arduino core 3.
    "-std=gnu++2b",
    *("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *("-I", str(_HOST)),
)
SERVER: Final = "192.168.1.10:8080"
BROKER: Final = "192.168.1.10:1883"
"""The addresses in the sketch."""


def sketch() -> Path:
    """Return the program of the sketch as it stands."""
    objects = _objects()
    program = objects / f"sketch-{_digest(SKETCH)}"
    if not program.exists():
        with tempfile.TemporaryDirectory(dir=objects) as draft:
            _link(SKETCH, objects, Path(draft) / "board").rename(program)
    return program


def changed_sketch(directory: Path, *changes: tuple[str, str]) -> Path:
    """Build the sketch with texts replaced, each of which it has once."""
    source = SKETCH.read_text()
    for old, new in changes:
        assert 1 == source.count(old), old
        source = source.replace(old, new)
    text = directory / "changed.ino"
    text.write_text(source)
    return _link(text, _objects(), directory / "board")


@cache
def _objects() -> Path:
    """The directory of the compiled stand-ins, beside the environment; made again when one changes."""
    place = Path(sys.prefix) / f"arduino-host-{_digest(*sorted(_HOST.iterdir()))}"
    if not place.exists():
        draft = Path(tempfile.mkdtemp(dir=sys.prefix))
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(partial(_compile, draft), sorted(_HOST.glob("*.cpp"))))
        try:
            draft.rename(place)
        except OSError:
            # Another process of the tests was faster.
            shutil.rmtree(draft)
    return place


def _digest(*sources: Path) -> str:
    whole = hashlib.sha256(repr(_OPTIONS).encode())
    for source in sources:
        whole.update(source.read_bytes())
    return whole.hexdigest()[:12]


def _compile(directory: Path, source: Path) -> None:
    _run("-c", str(source), "-o", str(directory / f"{source.stem}.o"))


def _link(source: Path, objects: Path, program: Path) -> Path:
    # As the Arduino builder does: as C++, with Arduino.h included first.
    _run(
        *("-include", "Arduino.h", "-x", "c++", str(source), "-x", "none"),
        *map(str, sorted(objects.glob("*.o"))),
        *("-o", str(program)),
    )
    return program


def _run(*arguments: str) -> None:
    assert shutil.which("g++"), "g++ is not installed: run 'make broker', or install the package g++"
    run = subprocess.run(
        ["g++", *_OPTIONS, *arguments], capture_output=True, text=True, timeout=100, check=False
    )
    assert 0 == run.returncode, run.stderr


class Board:
    """A board that runs a sketch: a context manager. Its flash is a directory, which outlives the process."""

    def __init__(
        self,
        directory: Path,
        mac: str,
        *,
        server: int | None,
        broker: int | None,
        program: Path | None = None,
        surroundings: Mapping[str, str] | None = None,
    ) -> None:
        """Switch it on.

        `server`, `broker`: the ports on this machine to which the addresses in the sketch lead, or None
        if they lead nowhere; `surroundings`: more variables of `tests/arduino_host/board.cpp`.
        """
        self.flash = directory / "flash"
        self.flash.mkdir(exist_ok=True)
        self._log = directory / "serial.log"
        ports = {SERVER: server, BROKER: broker}
        routes = [f"{name}=127.0.0.1:{port}" for name, port in ports.items() if port is not None]
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [program or sketch()],
                env={
                    "HOST_MAC": mac,
                    "HOST_FLASH": str(self.flash),
                    "HOST_ROUTES": " ".join(routes),
                    **(surroundings or {}),
                },
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """The text on the serial monitor since the start."""
        return self._log.read_text()

    def wait_said(self, text: str, times: int = 1) -> None:
        """Return when it has printed the text so many times; it must run still."""

        def is_said() -> bool:
            assert self.process.poll() is None, self.said()
            return self.said().count(text) >= times

        wait_until(is_said, f"the board says {text!r}", 30.0)

    def wait_said_later(self, text: str, seconds: float) -> None:
        """Set its clock forward, step by step, until it has printed the text."""

        def is_said() -> bool:
            if text in self.said():
                return True
            self.later(seconds)
            return False

        wait_until(is_said, f"the board says {text!r}", 30.0)

    def later(self, seconds: float) -> None:
        """Set its clock forward."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"later {seconds * 1000:.0f}\n".encode())
        self.process.stdin.flush()

    def cut_power(self) -> None:
        """End it at once; no sanitizer may have found anything."""
        self.process.kill()
        self.process.wait(timeout=20)
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert "Sanitizer" not in self.said(), self.said()
        assert "runtime error" not in self.said(), self.said()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut_power()
