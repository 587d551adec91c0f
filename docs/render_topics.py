"""Prints docs/topics.md from the publisher itself: `python docs/render_topics.py > docs/topics.md`."""

from __future__ import annotations

from iotconfig.adapters.mqtt import Broker, MqttPublisher
from iotconfig.adapters.mqtt.device_topics import subscribed_topics
from iotconfig.adapters.mqtt.message import Message
from iotconfig.domain.devices.incoming import Topic
from iotconfig.entrypoints.settings import Settings
from iotconfig.testing.announcement_builders import asset, change, deletion

_HEAD = """\
# Every topic

Printed by `docs/render_topics.py` from the messages that the publisher makes of an
announcement, with the default prefix, and from the topics that the subscriber reads.
[Announcing changes over MQTT](mqtt.md) explains when each is sent.

| of | topic | QoS | retained | expires after | payload |
| --- | --- | --- | --- | --- | --- |"""


def _row(what: str, message: Message, payload: str) -> str:
    retained = "yes" if message.is_retained else "no"
    expires = "never" if message.expires is None else f"{message.expires} s"
    return f"| {what} | `{message.topic}` | 1 | {retained} | {expires} | {payload} |"


def render() -> str:
    """The page."""
    publisher = MqttPublisher(
        Broker.parse("mqtt://127.0.0.1:1"),
        prefix=Settings().mqtt.prefix,
        client_id="docs",
        window=1,
        timeout=1.0,
        clears_devices=True,
    )
    rows = []
    for what, announcement in (
        ("a change", change(1)),
        ("a deletion", deletion(1)),
        ("an asset", asset("firmware.bin")),
    ):
        for message in publisher._messages(0, announcement):  # noqa: SLF001 - what it would send, without a broker
            payload = f"`{message.payload}`" if message.payload else "empty: it clears what is retained"
            rows.append(_row(what, message, payload))
    marker = publisher._marker()  # noqa: SLF001 - the same
    payload = '`{"client_id": "iotconfig…", "process": "…"}`'
    rows.append(_row("a relay that connects, to others", marker, payload))
    lost = publisher._marker(is_retained=True)  # noqa: SLF001 - the same
    rows.append(_row("the same, after a connection that ended without a reason", lost, payload))
    said = {
        Topic.REPORT: "a [report](http.md#for-devices)",
        Topic.ONLINE: "`online`, or `offline` as the last will",
    }
    rows += [
        f"| devices, to the service | `{topic.replace('+', '<mac>')}` | 0 or 1 | yes | never | {said[kind]} |"
        for kind, topic in zip(Topic, subscribed_topics(Settings().mqtt.prefix), strict=True)
    ]
    return "\n".join([_HEAD, *rows])


if __name__ == "__main__":
    print(render())
