"""A fleet with devices in every state, as an operator would see it on an ordinary day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from iotconfig.domain.access.principal import Role
from tests.support.depot import Depot
from tests.support.http import Answer
from tests.support.tokens import api_token, bearer, device_token
from tests.support.waiting import wait_until

_ROOMS: Final = (
    ("Porch", "outdoor"), ("Cellar", "battery"), ("Attic", "battery"), ("Garage door", "outdoor"), ("Greenhouse", "outdoor"),
    ("Workshop panel", "display"), ("Hallway panel", "display"), ("Bedroom panel", "display"), ("Boiler", "mains"), ("Heat pump", "mains"),
    ("Rain gauge", "outdoor"), ("Mailbox", "battery"), ("Aquarium", "mains"), ("Letterbox", "battery"), ("Pool", "outdoor"),
    ("Solar inverter", "mains"), ("Guest room", "display"), ("Nursery", "display"),
)  # fmt: skip
"""Names of devices, with the tag of each."""
PORCH: Final = "02:00:00:00:01:00"
"""The device whose page is shown."""


@frozen
class SampleFleet:
    """The devices and the people of a service with authentication."""

    depot: Depot
    anna: str
    """The token of an administrator."""
    ci: str

    @classmethod
    def of(cls, depot: Depot) -> SampleFleet:
        """Make the callers of a service."""
        url = depot.serve.database_url
        return cls(depot, api_token(url, Role.ADMIN, "anna"), api_token(url, Role.ADMIN, "ci"))

    def live(self) -> None:
        """Let the devices live, and people work."""
        macs = [f"02:00:00:00:01:{number:02x}" for number in range(len(_ROOMS))]
        for mac, (name, tag) in zip(macs, _ROOMS, strict=True):
            self._put(mac, _content(name, tag), self.ci, "first configuration")
            self._send("PUT", f"/api/devices/{mac}/tags/{tag}", None, self.ci)
        for mac in macs[1:-2]:
            self._sync(mac)
        self._histories(macs)
        for name in ("new-board-1", "new-board-2"):
            self.depot.client.get(f"/api/configs/a4:cf:12:7e:{name[-1]}1:{0x5C + int(name[-1]):02x}.json")
        self._files()
        device_token(self.depot.serve.database_url, macs[8])
        api_token(self.depot.serve.database_url, Role.VIEWER, "wall")
        api_token(self.depot.serve.database_url, Role.ASSET_UPLOADER, "pipeline")
        wait_until(self._is_stored, "the sightings are stored")

    def _histories(self, macs: list[str]) -> None:
        porch, refuses, waits = macs[0], macs[3], macs[4]
        for brightness, message in ((60, "dimmed at night"), (80, "brighter again: the camera saw nothing")):
            self._put(porch, _content("Porch", "outdoor", brightness), self.anna, message)
        self._sync(porch)
        self._report(porch, {"outcome": "applied", "etag": self._etag(porch), "firmware": "2.4.1"})
        self._put(refuses, _content("Garage door", "outdoor", 400), self.anna, "as bright as it can")
        etag = self.depot.client.get(f"/api/configs/{refuses}.json").headers["etag"]
        reason = "must be at most 100"
        self._report(
            refuses,
            {"outcome": "rejected", "etag": etag, "pointer": "/display/brightness", "reason": reason, "firmware": "2.4.1"},
        )  # fmt: skip
        for mac in (waits, macs[10]):
            self._put(mac, _content("Greenhouse", "outdoor", 30), self.anna, "saves energy")
        patch = {
            "merge": {"mqtt": {"host": "broker.lan"}},
            "tags": ["display"],
            "message": "the broker has moved",
        }
        self._send("POST", "/api/configs/patch", patch, self.ci)
        for mac in macs[5:8]:
            self._sync(mac)
        self.depot.client.get(f"/api/configs/{macs[-2]}.json")
        self._put("02:00:00:00:01:99", _content("Shed", "outdoor"), self.anna, None)
        self._send("DELETE", "/api/configs/02:00:00:00:01:99?message=sold", None, self.anna)

    def _files(self) -> None:
        for name, size in (
            ("firmware-2.4.0.bin", 1_203_456),
            ("firmware-2.4.1.bin", 1_204_992),
            ("chime.wav", 88_244),
        ):
            token = bearer(self.ci)
            assert 201 == self.depot.send(self.depot.fields(name, bytes(size)), token).status

    def _sync(self, mac: str) -> None:
        """Let a device fetch its document, and say in its next fetch that it holds it."""
        etag = self.depot.client.get(f"/api/configs/{mac}.json").headers["etag"]
        self.depot.client.get(f"/api/configs/{mac}.json", If_None_Match=etag)

    def _etag(self, mac: str) -> str:
        return self.depot.client.get(f"/api/configs/{mac}.json?peek").headers["etag"]

    def _report(self, mac: str, report: Mapping[str, Any]) -> None:
        assert 204 == self.depot.client.send_json("POST", f"/api/devices/{mac}/report", report).status

    def _put(self, mac: str, content: str, token: str, message: str | None) -> None:
        body = {"content": content, **({} if message is None else {"message": message})}
        self._send("PUT", f"/api/configs/by-mac/{mac}", body, token)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, token: str) -> Answer:
        client, caller = self.depot.client, bearer(token)
        answer = (
            client.request(method, path, b"", caller)
            if body is None
            else client.send_json(method, path, body, **caller)
        )
        assert answer.status < 300, (path, answer.body)
        return answer

    def _is_stored(self) -> bool:
        counts = self.depot.client.get("/api/devices?limit=1", **bearer(self.anna)).json()["counts"]
        return bool(counts["in_sync"] and counts["rejected"] and counts["delivered"])


def _content(name: str, tag: str, brightness: int = 70) -> str:
    entity = name.lower().replace(" ", "_")
    content = {
        "deviceName": name,
        "deviceEntityId": f"sensor.{entity}",
        "enableOTA": tag != "battery",
        "display": {"brightness": brightness, "rotation": 90},
        "mqtt": {"host": "mqtt.lan", "port": 1883},
        "sensors": [{"kind": "temperature", "interval": 60}, {"kind": "humidity", "interval": 300}],
    }
    return json.dumps(content, indent=2)
