"""The statements of a change: executed on the driver's cursor, and on PostgreSQL as one statement."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, create_engine, insert, literal, select

from iotconfig import ChangeNote, ConfigContent, MacAddress, open_service
from iotconfig.adapters.sql.engine.failures import DatabaseFault
from iotconfig.adapters.sql.engine.statement_batch import execute_together
from iotconfig.adapters.sql.tables import UtcDateTime
from iotconfig.testing.clocks import START
from tests.support.schema import execute
from tests.support.tables import contents

DEVICE = MacAddress.parse("02:00:00:00:00:01")
TABLES = ("revision_counters", "configs", "documents", "revisions", "changes", "notifications")
ODD = 'K\u00fcche 😀 100%s %(w0_key)s %% $1 ? :name "; DROP TABLE configs; --'


def test_values_are_never_parsed(database_url: str) -> None:
    """Names of parameters, placeholders and SQL in values are stored as text."""
    content = ConfigContent.parse(json.dumps({"deviceName": ODD}))
    with open_service(database_url) as service:
        config, _ = service.configs.put(DEVICE, ConfigContent.parse("{}"))

        service.configs.update(config.id, content, note=ChangeNote("%(author)s", "100 % sure?"))

        assert ODD == service.configs.get(config.id).content.device_name
        newest = next(service.history.all_revisions(config.id))
        assert ("%(author)s", "100 % sure?") == (newest.author, newest.message)


@pytest.mark.parametrize("table", TABLES)
def test_a_failed_part_undoes_the_statement(database_url: str, table: str) -> None:
    """If any table refuses, nothing is stored, and the connection stays usable."""
    made, dropped = _failing(database_url, table)
    with open_service(database_url) as service:
        config, _ = service.configs.put(DEVICE, ConfigContent.parse('{"n": 1}'))
        execute(database_url, *made)
        before = contents(database_url)

        with pytest.raises(DatabaseFault, match="no more"):
            service.configs.update(config.id, ConfigContent.parse('{"n": 2}'))

        assert before == contents(database_url)
        execute(database_url, *dropped)
        assert 2 == service.configs.update(config.id, ConfigContent.parse('{"n": 2}')).revision


def _failing(url: str, table: str) -> tuple[list[str], list[str]]:
    """Statements that make writes to a table fail, and statements that undo them."""
    if url.startswith("sqlite"):
        events = ("INSERT", "UPDATE")
        return (
            [
                f"CREATE TRIGGER fail_{event} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'no more'); END"
                for event in events
            ],
            [f"DROP TRIGGER fail_{event}" for event in events],
        )
    return (
        [
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$",
            f"CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fail()",
        ],
        [f"DROP TRIGGER fail ON {table}"],
    )


def test_each_statement_has_its_own_constants_on_sqlite() -> None:
    """Equal names of parameters do not collide; values and constants are stored with their types."""
    table = Table("moments", MetaData(), Column("number", Integer), Column("moment", UtcDateTime))
    given = bindparam("given", type_=table.c.moment.type)
    statements = tuple(
        insert(table).from_select(["number", "moment"], select(literal(number), moment))
        for number, moment in ((1, given), (2, given), (3, literal(START, table.c.moment.type)))
    )
    with create_engine("sqlite://").begin() as connection:
        table.create(connection)
        execute_together(connection, statements, {"given": START, "unused": object()})

        assert [(1, START), (2, START), (3, START)] == [
            tuple(row) for row in connection.execute(select(table))
        ]
