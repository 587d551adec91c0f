"""The number of connections in use."""

from __future__ import annotations

from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring import databases


def test_a_borrowed_connection_is_in_use(database_url: str) -> None:
    """A connection is in use during a block that reads or writes, and idle afterwards."""
    database = databases.open_database(
        Settings.from_environ({"DATABASE_URL": database_url, "IOTCONFIG_DB_POOL_SIZE": "8"})
    )
    try:
        with database.reading():
            one = database.use()
            with database.writing():
                two = database.use()
        none = database.use()
    finally:
        database.close()

    assert [1, 2, 0] == [use.in_use for use in (one, two, none)]
    assert none.idle >= 1
    assert {8} == {use.limit for use in (one, two, none)}
    assert 0 == none.waiting
