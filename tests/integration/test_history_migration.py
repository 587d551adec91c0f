"""The migration that brings histories, on a database in use: they begin with the configs that are there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from iotconfig.domain.documents.content import ConfigContent
from tests.support.command_line import CommandLine
from tests.support.schema import connected, execute, migrate_down, migrate_up, rows

LAMP = "02:00:00:00:01:01"
PUMP = "02:00:00:00:01:02"
GONE = "02:00:00:00:01:03"
CONTENTS = {
    1: '{ "deviceName": "Lampe \\u00fc ü",\n  "n": 1.10, "enableOTA": true }',
    2: '{"deviceEntityId":"pump","x":1E2}',
}
UPDATED = {1: "2026-01-02 03:04:05.000006", 2: "2026-02-03 04:05:06.000007"}

_ADD_DEVICE = "INSERT INTO revision_counters (mac_address, last_revision) VALUES (:mac, :revision)"
_ADD_CONFIG = """
    INSERT INTO configs (mac_address, device_name, device_entity_id, enable_ota, content, revision, etag,
                         search_text, created_at, updated_at)
    VALUES (:mac, :name, :entity, :ota, :content, :revision, :etag, :search, :created, :updated)
"""


@pytest.fixture
def command(empty_url: str) -> CommandLine:
    """The command line on a database that the version before histories has worked with.

    Config 1 was never changed, config 2 four times; the third one was deleted.
    """
    migrate_up(empty_url, "0002")
    utc = "" if empty_url.startswith("sqlite") else "+00"
    with connected(empty_url) as connection:
        for mac, revision in ((LAMP, 1), (PUMP, 5), (GONE, 2)):
            connection.execute(text(_ADD_DEVICE), {"mac": mac, "revision": revision})
        for number, mac, revision in ((1, LAMP, 1), (2, PUMP, 5)):
            content = ConfigContent.parse(CONTENTS[number])
            values = {
                "mac": mac,
                "search": mac,
                "name": content.device_name,
                "entity": content.device_entity_id,
                "ota": content.enable_ota,
                "content": content.text,
                "revision": revision,
                "etag": content.etag,
                "created": f"2025-01-01 00:00:00.000000{utc}",
                "updated": f"{UPDATED[number]}{utc}",
            }
            connection.execute(text(_ADD_CONFIG), values)
    return CommandLine({"DATABASE_URL": empty_url})


def _history(command: CommandLine, name: str) -> list[tuple[int, str, str, str | None]]:
    found = command.ok("config", "history", name, "--json").json()["revisions"]
    return [(r["revision"], r["operation"], r["author"], r["message"]) for r in found]


def _configs(command: CommandLine) -> list[Any]:
    listed: list[Any] = command.ok("config", "list", "--json").json()["configs"]
    return listed


def _content(command: CommandLine, name: str) -> str:
    return command.ok("config", "show", name, "--content").text


BEGINS_HERE = ("anonymous", "The history begins here.")


def test_histories_begin_with_what_is_there(command: CommandLine, empty_url: str) -> None:
    """Each config's one revision is the current one, verbatim, with the config's own time; no deletion is known."""
    command.ok("upgrade-db")

    assert [(1, "create", *BEGINS_HERE)] == _history(command, "1")
    assert [(5, "update", *BEGINS_HERE)] == _history(command, "2")
    differing = """
        SELECT c.id FROM configs c LEFT JOIN revisions r ON r.config_id = c.id AND r.mac_address = c.mac_address
            AND r.revision = c.revision AND r.content = c.content AND r.etag = c.etag
            AND coalesce(r.device_name, '') = coalesce(c.device_name, '')
            AND coalesce(r.device_entity_id, '') = coalesce(c.device_entity_id, '')
            AND coalesce(r.enable_ota, false) = coalesce(c.enable_ota, false)
            AND r.created_at = c.updated_at
        WHERE r.config_id IS NULL
    """
    assert [] == rows(empty_url, differing)
    assert [(2,)] == rows(empty_url, "SELECT count(*) FROM revisions")
    assert CONTENTS == {number: _content(command, str(number)) for number in CONTENTS}
    assert [] == command.ok("config", "list", "--deleted", "--json").json()["configs"]


@pytest.mark.parametrize(("name", "first"), [("1", 1), ("2", 5)])
def test_a_config_of_before_is_rolled_back(command: CommandLine, name: str, first: int) -> None:
    """What was there before the migration comes back byte for byte, under the device's next revision."""
    command.ok("upgrade-db")
    command.ok("config", "set", name, '{"changed": true}')
    command.ok("config", "rollback", name, str(first))

    assert CONTENTS[int(name)] == _content(command, name)
    assert [(first + 2, "rollback"), (first + 1, "update")] == [
        (revision, operation) for revision, operation, _, _ in _history(command, name)[:2]
    ]


def test_what_was_before_the_history_is_not_there(command: CommandLine) -> None:
    """A revision that nobody has kept is refused, and nothing is changed."""
    command.ok("upgrade-db")
    refused = command.run("config", "rollback", "2", "4")

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "revision 4" in refused.errors.lower()
    assert [5] == [revision for revision, _, _, _ in _history(command, "2")]
    assert CONTENTS[2] == _content(command, "2")


def test_a_config_of_before_is_restored(command: CommandLine) -> None:
    """Deleted after the migration, it comes back under its id, with its content and its first day."""
    command.ok("upgrade-db")
    before = {config["id"]: config for config in _configs(command)}
    command.ok("config", "delete", "2", "--yes")
    command.ok("config", "restore", "2")
    after = {config["id"]: config for config in _configs(command)}

    assert CONTENTS[2] == _content(command, "2")
    assert {1, 2} == set(after)
    assert (7, before[2]["etag"], PUMP) == (after[2]["revision"], after[2]["etag"], after[2]["mac_address"])
    assert before[1] == after[1]


def test_a_device_deleted_before_goes_on_counting(command: CommandLine) -> None:
    """A MAC address whose config was deleted before the migration gets the next revision, and an id of its own."""
    command.ok("upgrade-db")
    command.ok("config", "create", GONE, "{}")

    assert [(3, 3)] == [(c["id"], c["revision"]) for c in _configs(command) if c["mac_address"] == GONE]
    assert [(3, "create")] == [(revision, operation) for revision, operation, _, _ in _history(command, GONE)]


def test_down_and_up_again(command: CommandLine, empty_url: str) -> None:
    """Going back keeps the configs, their counters and ids; another upgrade begins the histories with them."""
    command.ok("upgrade-db")
    command.ok("config", "set", "1", '{"changed": true}')
    command.ok("config", "create", GONE, "{}")
    command.ok("config", "delete", "3", "--yes")
    configs = rows(empty_url, "SELECT * FROM configs ORDER BY id")
    devices = rows(empty_url, "SELECT * FROM revision_counters ORDER BY mac_address")
    migrate_down(empty_url, "0002")
    below = rows(empty_url, "SELECT * FROM configs ORDER BY id")
    command.ok("upgrade-db")

    assert configs == below == rows(empty_url, "SELECT * FROM configs ORDER BY id")
    assert devices == rows(empty_url, "SELECT * FROM revision_counters ORDER BY mac_address")
    assert [(2, "update", *BEGINS_HERE)] == _history(command, "1")
    assert [(5, "update", *BEGINS_HERE)] == _history(command, "2")
    command.ok("config", "create", GONE, "{}")
    command.ok("config", "delete", "1", "--yes")
    command.ok("config", "restore", "1")
    assert '{"changed": true}' == _content(command, "1")
    assert {1: 4, 2: 5, 4: 5} == {config["id"]: config["revision"] for config in _configs(command)}


def test_a_failed_upgrade_changes_nothing(command: CommandLine, empty_url: str) -> None:
    """Where a table of another program has our name, the configs stay as they were, and can be upgraded later."""
    execute(empty_url, "CREATE TABLE revisions (song VARCHAR(20))")
    refused = command.run("upgrade-db")

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert [("0002",)] == rows(empty_url, "SELECT version_num FROM iotconfig_version")
    execute(empty_url, "DROP TABLE revisions")
    command.ok("upgrade-db")
    assert [(5, "update", *BEGINS_HERE)] == _history(command, "2")
