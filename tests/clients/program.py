"""A program with the client that openapi-python-client generates from the description: `program.py URL MAC`."""

# ruff: noqa: INP001 - run by a test, beside the client that it made

from __future__ import annotations

import sys

from iotconfig_client import AuthenticatedClient
from iotconfig_client.api.configs import create_config, delete_config, get_config, list_configs, update_config
from iotconfig_client.models import Config, Configs, Content, NewConfig, NewContent, Preview, Problem
from iotconfig_client.types import Unset


def main(url: str, mac: str) -> None:
    # The service asks nobody who they are, and so looks at no token.
    with AuthenticatedClient(base_url=url, token="iotc_none") as client:
        content = Content(device_name="Porch")
        content["display"] = {"rotation": 90}
        made = create_config.sync(client=client, body=NewConfig(mac_address=mac, content=content))
        assert isinstance(made, Config), made
        assert {"deviceName": "Porch", "display": {"rotation": 90}} == made.content.to_dict()

        taken = create_config.sync(client=client, body=NewConfig(mac_address=mac, content='{"gain": 1.10}'))
        assert isinstance(taken, Problem)
        assert "RECORD_EXISTS" == taken.code
        assert isinstance(taken.details.to_dict(), dict)

        page = list_configs.sync(client=client, q=mac)
        assert isinstance(page, Configs)
        assert [mac] == [config.mac_address for config in page.configs]

        louder = NewContent(content='{"deviceName": "Porch", "gain": 1.10}')
        shown = update_config.sync(made.id, client=client, body=louder, dry_run=True)
        assert isinstance(shown, Preview), shown
        assert 1.10 in [None if isinstance(step.value, Unset) else step.value for step in shown.json_patch]
        stored = update_config.sync(made.id, client=client, body=louder)
        assert isinstance(stored, Config)
        assert "1.10" not in repr(stored.content["gain"])

        found = get_config.sync(made.id, client=client)
        assert isinstance(found, Config)
        assert 2 == found.revision
        assert delete_config.sync(made.id, client=client) is None
        gone = get_config.sync(made.id, client=client)
        assert isinstance(gone, Problem)
        assert "RECORD_NOT_FOUND" == gone.code


main(*sys.argv[1:])
