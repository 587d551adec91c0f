"""Prints docs/topics.md from the publisher itself: `python docs/render_topics.py > docs/topics.md`."""

from __future__ import annotations

from iotconfig.adapters.mqtt import Broker, MqttPublisher
from iotconfig.entrypoints.settings import Settings
from iotconfig.testing.announcements import asset, change, deletion

_HEAD = """\
# Every topic

Printed by `docs/render_topics.py` from the messages that the publisher makes of an
announcement, with the default prefix. [Telling devices of changes](mqtt.md) explains when each is sent.

| of | topic | QoS | retained | payload |
| --- | --- | --- | --- | --- |"""


def render() -> str:
    """The page."""
    publisher = MqttPublisher(
        Broker.parse("mqtt://127.0.0.1:1"),
        prefix=Settings().mqtt_prefix,
        client_id="docs",
        window=1,
        timeout=1.0,
    )
    rows = []
    for what, told in (
        ("a change", change(1)),
        ("a deletion", deletion(1)),
        ("an asset", asset("firmware.bin")),
    ):
        for message in publisher._messages(0, told):  # noqa: SLF001 - what it would send, without a broker
            payload = f"`{message.payload}`" if message.payload else "empty: it clears what is retained"
            retained = "no" if message.is_nudge else "yes"
            rows.append(f"| {what} | `{message.topic}` | 1 | {retained} | {payload} |")
    return "\n".join([_HEAD, *rows])


if __name__ == "__main__":
    print(render())
