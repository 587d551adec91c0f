"""Falcon with a constant: no application on this server and framework can be faster."""

from __future__ import annotations

from typing import Any

import falcon

_BODY = (
    b'{"deviceName": "Device 000000", "deviceEntityId": "sensor.device_000000", "enableOTA": true, '
    b'"wifi": {"ssid": "building", "channel": 6}, "intervals": [10, 20, 30], "serial": "0000000000"}'
)


class Constant:
    def on_get(self, _req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", f'"{mac}"')
        resp.data = _BODY


def create_app() -> falcon.App[Any, Any]:
    app = falcon.App()
    app.add_route("/api/configs/{mac}.json", Constant())
    return app
