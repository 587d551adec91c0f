"""The devices, and their first contents."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Final

from tests.support.http import Client

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .checks import Stored

_LETTERS: Final = [*"abcdefghij äöü", "\\n", "\\u00e9"]


def address(number: int) -> str:
    """The MAC address of a device."""
    return str(MacAddress.parse(f"02{number:010x}"))


def document(seed: int, number: int) -> str:
    """The first content of a device, with a spacing that no serializer makes, since its bytes are compared."""
    chance = random.Random(f"{seed}/{number}")
    filling = " " * chance.randint(0, 40)
    words = "".join(chance.choices(_LETTERS, k=chance.randint(20, 900)))
    return (
        f'{{ "deviceName":"device {number}",{filling}"volume": 1.10, "enableOTA" :false,"note": "{words}" }}'
    )


def digest(body: bytes) -> str:
    """The digest of a body in the record."""
    return hashlib.sha256(body).hexdigest()[:32]


def store(client: Client, seed: int, devices: int, **headers: str) -> None:
    """Store the first content of each device."""
    lines = (
        f'{{"mac_address": {json.dumps(address(number))}, "content": {document(seed, number)}}}\n'
        for number in range(devices)
    )
    answer = client.request(
        "POST",
        "/api/configs/import",
        "".join(lines).encode(),
        {"Content-Type": "application/x-ndjson", **headers},
    )
    assert answer.status == 200, answer.body[:500]
    assert answer.json()["new"] == devices, answer.body[:500]


def given(seed: int, devices: int) -> list[Stored]:
    """The revisions that `store` creates."""
    return [
        Stored(address(number), 1, ConfigContent.parse(document(seed, number)).etag)
        for number in range(devices)
    ]
