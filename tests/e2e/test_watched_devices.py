"""`iotconfig devices --watch` on a running service: it follows the events, outlives a restart, and ends at Ctrl-C."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.api import created
from tests.support.ports import free_port
from tests.support.serving import Serve
from tests.support.terminal import terminal

FIRST, SECOND = "02:00:00:00:00:01", "02:00:00:00:00:02"


@pytest.mark.parametrize("database_url", ["postgresql", "sqlite"], indirect=True)
def test_a_live_list_outlives_a_restart(database_url: str, tmp_path: Path) -> None:
    """Changes are shown as they happen, without another request for the list; the lists are read again after a restart."""
    arguments = ("--port", str(free_port()))
    log = tmp_path / "first.log"
    with Serve(database_url, log, arguments=arguments) as service:
        client = service.client
        created(client, {"deviceName": "Porch"}, FIRST)
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "IOTCONFIG_URL": client.base_url}
        with terminal("devices", "--watch", env=env, columns=120) as shown:
            shown.wait_for("1 device, 1 never, in ")
            read = _lists(service)
            created(client, {"deviceName": "Shed"}, SECOND)
            shown.wait_for("2 devices, 2 never, in ")
            assert 200 == client.get(f"/api/configs/{FIRST}.json").status
            shown.wait_for("2 devices, 1 never, 1 delivered, in ")
            assert read == _lists(service)
            client.send_json("PUT", f"/api/devices/{SECOND}/tags/kitchen", {})
            shown.wait_for(" kitchen")

            service.stop()
            shown.wait_for("cannot be reached")
            assert "Asking again." in shown.text
            with Serve(database_url, tmp_path / "second.log", arguments=arguments) as again:
                assert 204 == again.client.request("DELETE", f"/api/configs/{FIRST}").status
                shown.wait_for("1 device, 1 never, in ", times=2)
                shown.type("\x03")
                assert 0 == shown.end()
    assert "Traceback" not in shown.text
    assert "Aborted" not in shown.text


def _lists(service: Serve) -> int:
    """How often the list was read."""
    return service.output().count("GET /api/devices 200")
