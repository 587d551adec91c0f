"""The disk of the assets fills up to the last byte, and then has space again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from attrs import frozen
from tests.support.depot import Depot, settings_of
from tests.support.signing import signing_key

from faults.checks import (
    Stored,
    acknowledged_are_stored,
    all_are_done,
    bodies_are_as_stored,
    failures_are_honest,
    stored_were_asked_for_once,
)
from faults.figures import times
from faults.fleet import digest
from faults.record import Operation, of
from faults.small_disk import small_disk
from faults.system import Host, System
from faults.verdicts import Outcome, held
from iotconfig.testing.simultaneous import together

_MEGABYTES: Final = 16
_AT_ONCE: Final = 4


@frozen
class Scale:
    """`size`: bytes of an asset; `refusals`: rounds of uploads to the full disk."""

    size: int
    refusals: int


SHORT: Final = Scale(1_000_000, 2)
LONG: Final = Scale(1_000_000, 50)


def run(site: Host, scale: Scale) -> Outcome:
    """Four uploads at a time, and a fetch of all assets after each: while the disk fills up, is full, and has space."""
    directory = site.new_directory()
    with (
        small_disk(directory / "disk", _MEGABYTES) as disk,
        site.database() as url,
        System(directory, url, settings_of(disk.path), broker=False) as system,
    ):
        pipeline = _Pipeline(system, Depot(system.serve, disk.path / "assets", signing_key()), site.seed)
        filling = 0
        while not any(map(_is_failed, of(system.record(), "write"))):
            pipeline.round(filling, scale.size)
            filling += 1
            assert filling * _AT_ONCE * scale.size < 2 * _MEGABYTES * 1024 * 1024, "the disk does not fill up"
        # Large and small ones, so that they meet every step of an upload.
        full = system.recorder.note("fault", "disk full")
        disk.fill()
        for number in range(scale.refusals):
            pipeline.round(filling + number, scale.size if number % 2 else 100)
        disk.free()
        free = system.recorder.note("fault", "disk has room")
        pipeline.round(filling + scale.refusals, 1000)
        # One more fetch of each: all that is listed, in the end.
        listed = pipeline.look()
        on_disk = pipeline.depot.on_disk()
        record = system.record()
        left = system.left_behind()
    uploads = of(record, "write")
    during = [one for one in uploads if full <= one.begun < free]
    afterwards = [one for one in uploads if one.begun > free]
    stored = [Stored(name, 0, found) for name, found in listed.items()]
    return Outcome(
        len(record),
        [
            held(
                "uploads get 507, or 503 with Retry-After",
                failures_are_honest(uploads),
                [] if during and all(map(_is_failed, during)) else ["an upload to a full disk was accepted"],
            ),
            held("reads go on", all_are_done(of(record, "fetch")), _fetched_whole(record)),
            held(
                "no partial file is visible or left",
                acknowledged_are_stored(uploads, stored),
                stored_were_asked_for_once(uploads, stored),
                [f"{name} is on the disk" for name in on_disk if name not in listed],
                left,
            ),
            held("with space again, all uploads are stored without repair", all_are_done(afterwards)),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(uploads)} uploads": times(uploads),
            "refused": ", ".join(
                f"{sum(one.status == status for one in uploads)} x {status}" for status in (503, 507)
            ),
        },
    )


@frozen
class _Pipeline:
    """Uploads with new names, and fetches of them."""

    system: System
    depot: Depot
    _seed: int

    def round(self, number: int, size: int) -> None:
        """Some concurrent uploads, and a fetch of all assets during and after them."""
        together(
            _AT_ONCE + 1, lambda n: self._upload(_name(number, n), size) if n < _AT_ONCE else self.look()
        )
        self.look()

    def look(self) -> dict[str, str]:
        """Fetch all listed assets; returns their digests."""
        return {name: self._fetch(name) for name in self.depot.listed()}

    def _upload(self, name: str, size: int) -> None:
        content = random.Random(f"{self._seed}/{name}").randbytes(size)
        number = self.system.recorder.begin("write", name, wrote=digest(content))
        answer = self.depot.upload(name, content)
        facts: dict[str, object] = {"etag": digest(content), "revision": 0}
        if "retry-after" in answer.headers:
            facts["retry_after"] = answer.headers["retry-after"]
        self.system.recorder.end(number, answer.status, **facts)

    def _fetch(self, name: str) -> str:
        number = self.system.recorder.begin("fetch", name)
        answer = self.depot.client.get(f"/api/assets/{name}")
        self.system.recorder.end(number, answer.status, digest=digest(answer.body))
        return digest(answer.body)


def _name(number: int, n: int) -> str:
    return f"firmware-{number}-{n}.bin"


def _is_failed(upload: Operation) -> bool:
    return upload.status in (503, 507)


def _fetched_whole(record: Iterable[Operation]) -> list[str]:
    record = list(record)
    return bodies_are_as_stored(record, {one.subject: one.facts["wrote"] for one in of(record, "write")})
