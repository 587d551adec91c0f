"""Files with many configs, commands on them, and checks of the database afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests.support.relaying import mac
from tests.support.schema import rows
from tests.support.serving import COMMAND, environment

COUNT = 6_000
FEW = 2_500
ANY = 500

_INCONSISTENT = {
    "configs that are not as their newest revision says": """
        SELECT c.mac_address FROM configs c
        LEFT JOIN revisions r ON r.config_id = c.id AND r.revision = c.revision
            AND r.mac_address = c.mac_address AND r.content = c.content AND r.etag = c.etag
        WHERE r.config_id IS NULL
           OR EXISTS (SELECT 1 FROM revisions n WHERE n.config_id = c.id AND n.revision > c.revision)""",
    "devices whose counter is not their newest revision": """
        SELECT d.mac_address FROM revision_counters d LEFT JOIN revisions r ON r.mac_address = d.mac_address
        GROUP BY d.mac_address, d.last_revision
        HAVING max(r.revision) IS NULL OR max(r.revision) <> d.last_revision""",
    "devices whose revisions have a gap, or a double": """
        SELECT mac_address FROM revisions GROUP BY mac_address
        HAVING min(revision) <> 1 OR max(revision) <> count(*) OR count(DISTINCT revision) <> count(*)""",
    "configs without a document of their content with the number of their counter": """
        SELECT c.mac_address FROM configs c JOIN revision_counters d ON d.mac_address = c.mac_address
        LEFT JOIN documents s ON s.mac_address = c.mac_address AND s.number = d.last_document_number
            AND s.body = c.content AND s.etag = c.etag
        WHERE s.mac_address IS NULL""",
    "documents of nothing": """
        SELECT s.mac_address FROM documents s LEFT JOIN configs c ON c.mac_address = s.mac_address
        WHERE c.id IS NULL""",
    "documents without exactly one notification with their number": """
        SELECT s.mac_address FROM documents s LEFT JOIN notifications n ON n.kind = 'config'
            AND n.key = s.mac_address AND n.document_number = s.number AND n.etag = s.etag
        WHERE n.key IS NULL""",
    "notifications of nothing": """
        SELECT n.key FROM notifications n LEFT JOIN configs c ON c.mac_address = n.key WHERE c.id IS NULL""",
}


def inconsistencies(database_url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return the inconsistencies of a database in which all configs were created, and none deleted."""
    return {what: found for what, query in _INCONSISTENT.items() if (found := rows(database_url, query)[:5])}


def stored(database_url: str) -> tuple[object, ...]:
    """Return the numbers of configs, revisions, counters and notifications."""
    names = ("configs", "revisions", "revision_counters", "notifications")
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608 - names of ours
    return rows(database_url, f"SELECT {counts}")[0]


def write_fleet(path: Path, count: int = COUNT, value: object = "first", pad: int = 120) -> Path:
    """Write a file of records for the devices `mac(0)` to `mac(count - 1)`."""
    with path.open("w") as file:
        for number in range(count):
            content = f'{{"deviceName": "device {number}", "value": "{value}", "pad": "{"x" * pad}"}}'
            file.write(f'{{"mac_address": "{mac(number)}", "content": {content}}}\n')
    return path


@contextmanager
def started(url: str, *arguments: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running command; it is killed at the end of the block if it still runs."""
    command = subprocess.Popen(
        [COMMAND, *arguments],
        env=environment(url, **env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield command
    finally:
        command.kill()
        command.communicate(timeout=20)


@contextmanager
def locked(postgres_url: str, table: str, mode: str = "SHARE") -> Iterator[None]:
    """Lock the table until the block ends: against writers, or with the mode ACCESS EXCLUSIVE against readers, too."""
    with closing(psycopg.connect(postgres_url)) as connection:
        connection.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        yield


def sessions(postgres_url: str, condition: str) -> int:
    """Return the number of other sessions of the database in this condition."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {others} AND {condition}"  # noqa: S608 - ours
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


WAITS = "wait_event_type = 'Lock'"
