"""PostgreSQL with other settings than the defaults."""

from __future__ import annotations

import logging
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import make_url

from iotconfig import ConfigContent, ConfigQuery, MacAddress, ValidationFailed, open_service
from iotconfig.adapters.sql.engine.failures import DatabaseFault
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

DEVICE = MacAddress.parse("02:00:00:00:00:01")
SECRET = "hunter2-温度"


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "setting", ["datestyle = 'German'", "timezone = 'Asia/Kolkata'", "client_encoding = 'LATIN1'"]
)
def test_defaults_of_the_database_change_nothing(postgres_url: str, setting: str) -> None:
    """Stored data are returned in any script, with times in UTC."""
    _execute(postgres_url, f'ALTER DATABASE "{make_url(postgres_url).database}" SET {setting}')

    with open_service(postgres_url) as service:
        config, _ = service.configs.put(DEVICE, ConfigContent.parse(f'{{"deviceName": "{SECRET}"}}'))
        listed = service.configs.find(ConfigQuery()).configs

        assert config == service.configs.get(config.id)
        assert (config.summary(),) == listed


@pytest.mark.parametrize("variable", [("PGDATESTYLE", "German"), ("PGCLIENTENCODING", "SQL_ASCII")])
def test_libpqs_environment_changes_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]
) -> None:
    """Variables for psql in a shell are ignored."""
    monkeypatch.setenv(*variable)

    with open_service(postgres_url) as service:
        config, _ = service.configs.put(DEVICE, ConfigContent.parse(f'{{"deviceName": "{SECRET}"}}'))

        assert config == service.configs.get(config.id)


def test_the_isolation_level_of_the_database_changes_nothing(postgres_url: str) -> None:
    """After waiting for a lock, a writer must see the committed changes."""
    _execute(
        postgres_url,
        f"ALTER DATABASE \"{make_url(postgres_url).database}\" SET default_transaction_isolation = 'serializable'",
    )
    database = PostgresqlDatabase(DatabaseUrl.parse(postgres_url).url, Timeouts())

    with closing(database), database.writing() as connection:
        level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()

    assert "read committed" == level


def test_a_database_that_cannot_hold_every_character_is_refused(postgres_base_url: str) -> None:
    """The refusal precedes any write, and has the remedy."""
    name = "iotconfig_latin1"
    _execute(postgres_base_url, f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        url = make_url(postgres_base_url).set(database=name).render_as_string(hide_password=False)
        with pytest.raises(ValidationFailed, match="UTF8"):
            Migrations(DatabaseUrl.parse(url)).upgrade()
    finally:
        _execute(postgres_base_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_an_unexpected_error_shows_no_content(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Contents have Wi-Fi passwords: neither error, causes nor log have SQL or values."""
    _execute(
        postgres_url,
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$;"
        "CREATE TRIGGER fail BEFORE INSERT ON configs FOR EACH ROW EXECUTE FUNCTION fail();",
    )
    caplog.set_level(logging.DEBUG, "iotconfig")

    with open_service(postgres_url) as service, pytest.raises(DatabaseFault) as caught:
        service.configs.create(DEVICE, ConfigContent.parse(f'{{"wifi": "{SECRET}"}}'))

    logging.getLogger("iotconfig").error("failed", exc_info=caught.value)
    assert "no more" in str(caught.value)
    assert SECRET not in caplog.text
    assert "INSERT" not in caplog.text
