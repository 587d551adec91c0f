"""An edit of a layer that reaches 10,000 devices, whose job is killed, on both databases."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter

import pytest

from iotconfig import Service, open_service
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.layering.edits import PutLayer
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.testing.builders import content, mac
from tests.support.waiting import wait_until

DEVICES = 10_000

_JOB = """
import sys
from iotconfig import open_service
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.domain.layering.recomposition_job import recompose_all

with open_service(sys.argv[1]) as service:
    recompose_all(service.configs.store, utc_now)
"""


def job(url: str) -> subprocess.Popen[bytes]:
    """A process that does all steps."""
    return subprocess.Popen([sys.executable, "-c", _JOB, url])


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """The use cases on a database with 10,000 devices."""
    with open_service(database_url) as service:
        entries = (BulkEntry(f"place {n}", mac(n), content(n=n)) for n in range(DEVICES))
        service.bulk.load(entries, ImportOptions())
        yield service


def newest(service: Service) -> Recomposition:
    """The progress of the last edit."""
    with service.configs.store.reading() as view:
        (found,) = view.recompositions.find(1)
    return found


def test_a_kill_loses_at_most_one_step(service: Service, database_url: str) -> None:
    """What was served before it stays, and the next process continues: each device gets one other document."""
    written = service.layers.write(PutLayer("base", LayerDefinition(content(b=1), EVERYTHING)))
    assert written.served is None
    killed = job(database_url)
    wait_until(lambda: 0 < newest(service).done < DEVICES or killed.poll() is not None, "it has begun", 60)
    killed.kill()
    assert -signal.SIGKILL == killed.wait(timeout=20)
    half = newest(service)
    assert half.finished_at is None
    documents = service.configs.store.documents
    swept = half.swept_to
    assert swept is not None
    last = documents.get(swept)
    following = documents.get(mac(half.done))
    assert last is not None
    assert following is not None
    assert (2, 1) == (last.number, following.number)

    begun = perf_counter()
    assert 0 == job(database_url).wait(timeout=120)
    print(f"{(DEVICES - half.done) / (perf_counter() - begun):.0f} devices/s")  # noqa: T201 - for the curious: pytest -s

    finished = newest(service)
    assert (DEVICES, DEVICES, 0) == (finished.done, finished.changed, finished.failed)
    assert finished.finished_at is not None
    found = [documents.get(mac(n)) for n in range(0, DEVICES, 97)]
    assert {2} == {document.number for document in found if document is not None}
    assert all(document is not None and document.body.startswith(b'{"b": 1,') for document in found)
