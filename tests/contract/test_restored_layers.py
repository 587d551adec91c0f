"""A backup that is put back while services run: what they remember of layers is not mistaken for the layers written since."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import layers_state
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.layering.service import LayerService
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.contracts.layered_documents import put, text_of


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_layers_written_after_a_backup_was_put_back(
    request: pytest.FixtureRequest, kind: str, clock: SteppingClock
) -> None:
    """A worker knows one layer more than the backup has, and another worker writes the next one."""
    database: Database = request.getfixturevalue(f"{kind}_database")
    running, other = SqlStore(database), SqlStore(database)
    LayerService(running, clock).write(put("base", a=1))
    with database.reading() as connection:
        in_backup = connection.execute(select(layers_state.c.generation)).scalar_one()
    LayerService(running, clock).write(put("base", a=2))
    ConfigService(running, clock).create(mac(1), content())
    assert '{"a": 2}' == text_of(running, 1)

    with database.writing() as connection:
        connection.execute(update(layers_state).values(generation=in_backup))
    LayerService(other, clock).write(put("base", a=3))
    ConfigService(running, clock).create(mac(2), content())

    assert '{"a": 3}' == text_of(running, 2)
