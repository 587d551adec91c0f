"""Publishers on the test's broker, and announcements to publish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iotconfig.adapters.mqtt import Broker, MqttPublisher
from iotconfig.domain.announcing.ports import Receipt

CLIENT_ID = "iotsupport-relay"
TAKEN = Receipt(hint_accepted=True, state_accepted=True)


@contextmanager
def publisher_on(
    url: str,
    *,
    prefix: str = "iotsupport",
    window: int = 100,
    timeout: float = 10.0,
    ca_file: Path | None = None,
    client_id: str = CLIENT_ID,
    **options: Any,
) -> Iterator[MqttPublisher]:
    """A relay's publisher, not yet connected; it is disconnected at the end of the block."""
    broker = Broker.parse(url, ca_file=ca_file)
    publisher = MqttPublisher(
        broker, prefix=prefix, client_id=client_id, window=window, timeout=timeout, **options
    )
    try:
        yield publisher
    finally:
        publisher.disconnect()
