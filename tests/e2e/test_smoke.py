"""The whole path once: an operator stores a configuration, the device fetches it."""

from __future__ import annotations

from tests.support.serving import Serve


def test_a_device_fetches_the_stored_bytes(serve: Serve) -> None:
    """Any spelling of the MAC address is accepted."""
    text = '{"deviceName": "Küche",  "interval": 1.10}\n'

    created = serve.client.send_json(
        "POST", "/api/configs", {"mac_address": "02-AB-00-00-00-01", "content": text}
    )
    fetched = serve.client.get("/api/configs/02ab00000001.json")

    assert 201 == created.status
    assert text.encode() == fetched.body
    assert created.json()["etag"] == fetched.headers["etag"]
