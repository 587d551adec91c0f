"""What a change writes, which PostgreSQL gets as one statement."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg.rows import TupleRow

from iotconfig import ChangeNote, ConfigContent, MacAddress, open_service
from iotconfig.adapters.sql.engine.failures import DatabaseFault
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import HistoryQuery

DEVICE = MacAddress.parse("02:00:00:00:00:01")
TABLES = ("revision_counters", "configs", "revisions", "changes", "notifications")
ODD = 'K\u00fcche 😀 100%s %(w0_key)s %% $1 "; DROP TABLE configs; --'


def test_values_are_values_whatever_they_look_like(postgres_url: str) -> None:
    """Names of parameters, marks of drivers, and SQL are text like any other."""
    content = ConfigContent.parse(json.dumps({"deviceName": ODD}))
    with open_service(postgres_url) as service:
        config, _ = service.put(DEVICE, ConfigContent.parse("{}"))

        service.update(config.id, content, note=ChangeNote("%(author)s", "100 % sure"))

        assert ODD == service.get(config.id).content.device_name
        history = HistoryService(service.store, service.clock)
        newest = history.revisions(HistoryQuery(config.id)).revisions[0]
        assert ("%(author)s", "100 % sure") == (newest.author, newest.message)


@pytest.mark.parametrize("table", TABLES)
def test_a_part_that_fails_undoes_all_of_it(postgres_url: str, table: str) -> None:
    """Whichever table refuses: nothing is stored, and the connection serves the next."""
    with open_service(postgres_url) as service, psycopg.connect(postgres_url, autocommit=True) as other:
        config, _ = service.put(DEVICE, ConfigContent.parse('{"n": 1}'))
        other.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$;"
            f"CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fail();".encode()
        )
        before = _rows(other)

        with pytest.raises(DatabaseFault, match="no more"):
            service.update(config.id, ConfigContent.parse('{"n": 2}'))

        assert before == _rows(other)
        other.execute(f"DROP TRIGGER fail ON {table}".encode())
        assert 2 == service.update(config.id, ConfigContent.parse('{"n": 2}')).revision


def _rows(connection: psycopg.Connection[TupleRow]) -> list[list[TupleRow]]:
    return [connection.execute(f"TABLE {table}".encode()).fetchall() for table in TABLES]
