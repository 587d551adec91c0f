"""Decoder processes: their limits and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import RLIMIT_AS, prlimit
from threading import Thread

import pytest
from PIL import Image

from iotconfig.adapters.pictures import decoder_pool
from iotconfig.adapters.pictures.decoder_pool import DecoderPool
from iotconfig.adapters.pictures.decoder_protocol import Limits
from iotconfig.domain.errors import TooManyRequests, Unprocessable
from iotconfig.domain.pictures import TargetSize
from tests.support.pictures import file_of, jpeg_of_many_scans, png, seen, worst_of_all
from tests.support.waiting import wait_until

LIMITS = Limits(max_pixels=1_000_000, max_bytes=10_000_000, seconds=20.0)
ENDLESS = jpeg_of_many_scans(20_000, side=1000)


@pytest.fixture
def pool_of() -> Iterator[Callable[..., DecoderPool]]:
    """Creates pools, and ends their processes."""
    made: list[DecoderPool] = []

    def make(limits: Limits = LIMITS, **options: float) -> DecoderPool:
        made.append(DecoderPool(limits, **options))  # type: ignore[arg-type] # each test knows which
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def pid_of(pool: DecoderPool) -> int:
    """The process that a pool would use next."""
    return pool._idle[-1].process.pid


def test_the_worst_files_are_read_or_refused(pool_of: Callable[..., DecoderPool]) -> None:
    """The next picture is converted as usual."""
    pool = pool_of()
    outcomes = {}
    for name, file in worst_of_all(900).items():
        try:
            seen(pool.convert(file, TargetSize(32, 24)))
            outcomes[name] = "read"
        except Unprocessable as refusal:
            outcomes[name] = str(refusal)

    assert 204 == len(pool.convert(png(), TargetSize()))
    assert {"read"} == {
        outcomes[name] for name in outcomes if "frames" in name or "zero" in name or "interlaced" in name
    }
    assert not [outcome for outcome in outcomes.values() if "decoder fails" in outcome], outcomes


def converted(pool: DecoderPool) -> bytes:
    """Convert a picture; None if the machine is too busy for that within the limit."""
    try:
        return pool.convert(png(), TargetSize())
    except Unprocessable:
        return b""


def test_a_decoder_above_the_time_limit_is_killed(pool_of: Callable[..., DecoderPool]) -> None:
    """The next picture gets a new process."""
    pool = pool_of(Limits(1_000_000, 1_000_000, 0.5))
    wait_until(lambda: converted(pool), "a decoder runs")
    pid = pid_of(pool)

    with pytest.raises(Unprocessable, match=r"takes longer than 0\.5 seconds"):
        pool.convert(ENDLESS, TargetSize())
    assert not Path(f"/proc/{pid}").exists()
    assert 204 == len(wait_until(lambda: converted(pool), "a new decoder runs"))


def test_a_decoder_above_the_memory_limit_is_refused(pool_of: Callable[..., DecoderPool]) -> None:
    """The limit is the system's, so it applies to all allocations."""
    pool = pool_of()
    pool.convert(png(), TargetSize())
    most, _ = prlimit(pid_of(pool), RLIMIT_AS)
    assert LIMITS.memory == most

    used = int(Path(f"/proc/{pid_of(pool)}/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    prlimit(pid_of(pool), RLIMIT_AS, (used + 500_000, most))
    with pytest.raises(Unprocessable, match="too much memory"):
        pool.convert(file_of(Image.new("RGB", (1000, 1000)), "PNG"), TargetSize())


def test_a_crash_is_a_refusal_of_the_file(pool_of: Callable[..., DecoderPool]) -> None:
    """It ends one decoder and one request."""
    pool = pool_of()
    pool.convert(png(), TargetSize())
    pid = pid_of(pool)
    found: list[object] = []

    def convert() -> None:
        try:
            found.append(pool.convert(ENDLESS, TargetSize()))
        except Unprocessable as refusal:
            found.append(str(refusal))

    thread = Thread(target=convert)
    thread.start()
    wait_until(lambda: not pool._idle, "it is decoding")
    os.kill(pid, signal.SIGSEGV)
    thread.join()

    assert ["The picture cannot be decoded: decoding it exceeds a limit or crashes the decoder."] == found
    assert 204 == len(pool.convert(png(), TargetSize()))


def test_a_decoder_has_nothing_of_the_service(
    pool_of: Callable[..., DecoderPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no secret in its environment, no descriptor of the worker but its link, and makes no core dump."""
    monkeypatch.setenv("MQTT_PASSWORD", "swordfish")
    pool = pool_of()
    with Path("/dev/null").open() as file:
        os.set_inheritable(file.fileno(), True)
        pool.convert(png(), TargetSize())
    process = Path(f"/proc/{pid_of(pool)}")
    environ = (process / "environ").read_bytes()
    limits = {
        line[:26].strip(): line[26:].split()[:2] for line in (process / "limits").read_text().splitlines()
    }

    assert [b"PYTHONPATH"] == [line.partition(b"=")[0] for line in environ.split(b"\0") if line]
    assert {"0", "1", "2"} == {entry.name for entry in (process / "fd").iterdir()}
    assert ["socket", "/dev/null", "/dev/null"] == [
        str((process / "fd" / number).readlink()).partition(":")[0] for number in "012"
    ]
    assert (["0", "0"], ["0", "0"]) == (limits["Max core file size"], limits["Max file size"])
    assert int(limits["Max cpu time"][0]) <= LIMITS.seconds + 3


def test_processes_are_replaced_and_end_when_idle(pool_of: Callable[..., DecoderPool]) -> None:
    """They are replaced after a number of pictures, and end after a time without one."""
    pool = pool_of(pictures=2, idle_seconds=0.2)
    pool.convert(png(), TargetSize())
    first = pid_of(pool)
    pool.convert(png(), TargetSize())
    assert [] == pool._idle
    pool.convert(png(), TargetSize())
    second = pool._idle[-1].process
    wait_until(lambda: second.poll() is not None, "the idle one has ended")
    pool.convert(png(), TargetSize())

    assert 0 == second.returncode
    assert 3 == len({first, second.pid, pid_of(pool)})


def test_waiting_for_a_decoder_is_bounded(pool_of: Callable[..., DecoderPool]) -> None:
    """The wait is as long as the time limit of one picture."""
    pool = pool_of(Limits(1_000_000, 1_000_000, 0.1), decoders=1)
    pool._slots.acquire()
    with pytest.raises(TooManyRequests, match="converted at once") as refusal:
        pool.convert(png(), TargetSize())
    pool._slots.release()

    assert 1 <= refusal.value.retry_after
    assert 204 == len(wait_until(lambda: converted(pool), "the only decoder is free again"))


def test_an_abandoned_result_is_not_used_for_another_request(
    pool_of: Callable[..., DecoderPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder of a cancelled request is ended."""

    def stop(*_arguments: object) -> bytes:
        raise KeyboardInterrupt

    pool = pool_of()
    pool.convert(png(), TargetSize())
    with monkeypatch.context() as patch:
        patch.setattr(decoder_pool._Decoder, "receive", stop)
        with pytest.raises(KeyboardInterrupt):
            pool.convert(png(100, 100), TargetSize())

    assert 204 == len(pool.convert(png(), TargetSize()))


@pytest.mark.parametrize(
    "file", ["png(), TargetSize()", "jpeg_of_many_scans(20_000, 1000), TargetSize()"], ids=["idle", "busy"]
)
def test_decoders_end_with_their_worker(file: str) -> None:
    """They end after SIGKILL of the worker, whatever they do."""
    script = (
        "import sys\n"
        "from threading import Timer\n"
        "from iotconfig.adapters.pictures import decoder_pool\n"
        "from iotconfig.adapters.pictures.decoder_protocol import Limits\n"
        "from iotconfig.domain.pictures import TargetSize\n"
        "from tests.support.pictures import jpeg_of_many_scans, png\n"
        "pool = decoder_pool.DecoderPool(Limits(1_000_000, 1_000_000, 60.0))\n"
        "pool.convert(png(), TargetSize())\n"
        "print(pool._idle[-1].process.pid, flush=True)\n"
        f"pool.convert({file})\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        decoder = Path(f"/proc/{int(worker.stdout.readline())}")
        if "jpeg" in file:
            wait_until(lambda: "R" == _state(decoder), "it is decoding")
        worker.kill()
    wait_until(lambda: _state(decoder) in ("", "Z"), "it is gone")


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
