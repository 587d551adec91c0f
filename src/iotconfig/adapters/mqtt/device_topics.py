"""The topics to which devices publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iotconfig.domain.devices.incoming import Topic


def subscribed_topics(prefix: str) -> Sequence[str]:
    """The topics of all devices."""
    return [f"{prefix}/devices/+/{topic}" for topic in Topic]


def device_topics(prefix: str, mac_address: str) -> Iterator[str]:
    """The topics of one device.

    With the digits alone, too: access rules of a broker name a device by its user name, which may have no colons.

    mac_address: in its canonical spelling.
    """
    for spelling in (mac_address, mac_address.replace(":", "")):
        for topic in Topic:
            yield f"{prefix}/devices/{spelling}/{topic}"
