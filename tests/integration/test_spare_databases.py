"""Reused databases of tests equal new ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.schema import connected, execute, rows, snapshot
from tests.support.spare_databases import SpareDatabases

_ROW = "INSERT INTO revision_counters (mac_address, last_revision, last_document_number) VALUES ('02:00:00:00:00:01', 7, 7)"


@pytest.fixture
def spare(postgres_base_url: str, _postgres_template: str) -> Iterator[SpareDatabases]:
    spare = SpareDatabases(postgres_base_url, _postgres_template)
    yield spare
    spare.drop_all()


def test_a_returned_database_is_empty(spare: SpareDatabases) -> None:
    """It has the schema, and ids start again."""
    url = spare.take()
    schema = snapshot(url)
    execute(url, _ROW, "SELECT nextval('configs_id_seq')", "SELECT nextval('configs_id_seq')")
    spare.give_back(url)

    assert url == spare.take()
    assert [(0,)] == rows(url, "SELECT count(*) FROM revision_counters")
    assert [(1,)] == rows(url, "SELECT nextval('configs_id_seq')")
    assert schema == snapshot(url)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE configs ADD COLUMN more text",
        "DROP TABLE relays",
        "CREATE TABLE more (id int)",
        "CREATE INDEX more ON configs (revision)",
        "ALTER TABLE configs ALTER COLUMN content SET STORAGE PLAIN, ALTER COLUMN revision DROP NOT NULL",
        "UPDATE iotconfig_version SET version_num = '9999'",
        "DELETE FROM iotconfig_version",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT SELECT ON configs TO public",
    ],
    ids=lambda change: change[:30],
)
def test_a_database_with_other_differences_is_dropped(spare: SpareDatabases, change: str) -> None:
    """The schema, the version, settings or rights differ."""
    url = spare.take()
    execute(url, change)
    spare.give_back(url)

    assert url != spare.take()


def test_a_database_with_connections_is_dropped(spare: SpareDatabases) -> None:
    """Later writes of these clients must not affect the next test."""
    url = spare.take()
    with connected(url):
        spare.give_back(url)
        again = spare.take()
        assert url != again
        spare.give_back(again)
