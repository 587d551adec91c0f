"""The length of the way of a device's fetch through the package."""

from __future__ import annotations

from iotconfig import open_service
from iotconfig.testing.builders import content, mac
from tests.support.hops import THREE_WITHOUT_BODY, walked

MOST_IN_APPLICATION = 26
MOST_IN_WORKER = 7


def test_a_device_s_fetch_makes_few_hops(postgres_url: str) -> None:
    """Each hop costs processor time in every fetch."""
    with open_service(postgres_url) as service:
        service.configs.put(mac(1), content(deviceName="Porch"))

    with walked(postgres_url) as send:
        walk = send("GET", f"/api/configs/{mac(1)}.json", THREE_WITHOUT_BODY)

    listed = "\n".join(map(str, walk))
    of_worker = sum(hop.is_of_worker for hop in walk)
    assert len(walk) - of_worker <= MOST_IN_APPLICATION, listed
    assert of_worker <= MOST_IN_WORKER, listed
