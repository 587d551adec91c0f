"""Metrics for Prometheus: exact over all workers, kept after their end, and available without the database."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from faults.small_disk import SmallDisk

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.testing.simultaneous import together
from tests.support.api import created, new_mac
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database
from tests.support.processes import command_of, descendants, is_alive
from tests.support.relaying import RelayProcess
from tests.support.scraping import address_of, metrics_address, names, scrape, value
from tests.support.serving import COMMAND, Serve
from tests.support.waiting import wait_until
from tests.support.wire import exchange

DEVICE = "/api/configs/{mac}.json"


def fetched(address: str) -> float | None:
    return value(scrape(address), "iot_config_operations_total", operation="fetch", status="success")


def metrics_directory(serve: Serve) -> Path:
    """The directory of the service's metrics."""
    environ = Path(f"/proc/{serve.web_pid()}/environ").read_bytes().decode()
    found = re.search(r"PROMETHEUS_MULTIPROC_DIR=([^\0]+)", environ)
    assert found is not None
    return Path(found[1])


def test_counts_add_up_over_workers_and_outlive_them(
    start_serve: Callable[..., Serve], postgres_url: str
) -> None:
    """Each answer counts once in any worker, and a killed worker's counts stay."""
    bind = metrics_address()
    serve = start_serve(postgres_url, workers=2, **bind)
    address = address_of(serve, bind)
    mac = created(serve.client, {"deviceName": "a"})["mac_address"]

    def fetch(_number: int) -> int:
        return sum(serve.client.get(f"/api/configs/{mac}.json").status == 200 for _ in range(10))

    assert 80 == sum(together(8, fetch)) == fetched(address)
    killed = serve.worker_pids()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in serve.worker_pids() and len(serve.worker_pids()) == 2, "another runs")
    assert 80 == sum(together(8, fetch))
    samples = scrape(address)

    assert [] == list(metrics_directory(serve).glob(f"*_{killed}.db"))
    assert 160 == value(samples, "iotconfig_http_requests_total", method="GET", route=DEVICE, status="200")
    assert 160 == value(samples, "iot_config_operations_total", operation="fetch", status="success")
    assert 160 == value(samples, "iot_config_operation_duration_seconds_count", operation="fetch")
    assert 1 == value(samples, "iot_config_operations_total", operation="create", status="success")
    assert 1 == value(samples, "iot_config_files_count")
    assert 1 == value(samples, "iotconfig_database_up")
    wait_until(
        lambda: (
            {str(pid) for pid in serve.worker_pids()}
            == {dict(labels)["pid"] for name, labels in scrape(address) if name == "iotconfig_db_pool_limit"}
        ),
        "the pools are those of workers that live",
    )


def test_labels_do_not_grow_with_requests(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """Many devices, ids, paths, methods and refusals give as many series as a few of each.

    A killed metrics process is restarted, without an effect on the others and without a loss of counts.
    """
    bind = metrics_address()
    serve = start_serve(sqlite_url, workers=1, **bind)
    address = address_of(serve, bind)

    def ask(number: int) -> None:
        mac = new_mac()
        config = created(serve.client, {}, mac)
        serve.client.get(f"/api/configs/{mac}.json")
        serve.client.get(f"/api/configs/{config['id']}")
        serve.client.get(f"/api/configs/nonsense-{number}.json")
        serve.client.get(f"/api/nothing-{number}")
        serve.client.request(f"BREW{number}", "/api/configs")
        exchange(serve.client, f"hello {number}\r\n\r\n".encode())

    ask(0)
    before = set(scrape(address))
    for number in range(1, 20):
        ask(number)

    assert before == set(scrape(address))
    assert 20 == value(scrape(address), "iot_config_files_count")
    assert 20 == value(
        scrape(address), "iot_config_operations_total", operation="fetch", status="error"
    )  # fmt: skip

    ours = next(p for p in descendants(serve.process.pid) if "entrypoints.metrics" in command_of(p))
    os.kill(ours, signal.SIGKILL)
    wait_until(lambda: not is_alive(ours), "it is gone")

    assert 20 == value(scrape(address), "iot_config_operations_total", operation="create", status="success")
    assert 200 == serve.client.get("/api/health").status


def test_metrics_do_not_need_the_database(
    start_serve: Callable[..., Serve], own_postgres: PostgresServer
) -> None:
    """While it is unavailable, a metric says so, and unknown figures are left out."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    bind = metrics_address()
    serve = start_serve(url, **bind)
    address = address_of(serve, bind)
    unknown = {
        "iot_config_files_count",
        "iotconfig_notifications_pending",
        "iotconfig_notifications_parked",
        "iotconfig_notifications_oldest_age_seconds",
    }
    assert unknown <= names(scrape(address))
    own_postgres.stop("immediate")
    wait_until(lambda: 0 == value(scrape(address), "iotconfig_database_up"), "the database is away")
    samples = scrape(address)
    own_postgres.start()

    assert set() == unknown & names(samples)
    assert {"iotconfig_build_info", "iotconfig_announces"} <= names(samples)
    wait_until(lambda: 1 == value(scrape(address), "iotconfig_database_up"), "the database is back")


def test_the_connection_of_the_relay(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto
) -> None:
    """1, then 0 while the broker is down and changes are pending, then 1; acknowledged messages are counted."""
    bind = metrics_address()
    serve = start_serve(sqlite_url, workers=1, MQTT_URL=broker.url, **bind)
    address = address_of(serve, bind)

    def connected() -> float | None:
        return value(scrape(address), "iotconfig_relay_connected")

    wait_until(lambda: 1 == connected(), "the relay is connected")
    created(serve.client, {})
    wait_until(
        lambda: 1 == value(scrape(address), "iotconfig_notifications_published_total"), "it is published"
    )
    broker.stop()
    created(serve.client, {})
    wait_until(lambda: 0 == connected(), "the relay is not connected")
    samples = scrape(address)
    assert 1 == value(samples, "iotconfig_notifications_pending")
    assert (value(samples, "iotconfig_notifications_oldest_age_seconds") or 0) > 0
    broker.start()
    wait_until(lambda: 1 == connected(), "the relay is connected again")
    wait_until(
        lambda: 2 == value(scrape(address), "iotconfig_notifications_published_total"), "it is published"
    )
    samples = scrape(address)
    assert (0, 0) == (
        value(samples, "iotconfig_notifications_pending"),
        value(samples, "iotconfig_notifications_refused_total"),
    )
    relay = next(p for p in descendants(serve.process.pid) if "entrypoints.leader" in command_of(p))
    os.kill(relay, signal.SIGSTOP)
    os.kill(relay, signal.SIGKILL)
    wait_until(lambda: not is_alive(relay), "the relay is gone")
    wait_until(lambda: 1 == connected(), "another relay is connected")
    assert 2 == value(scrape(address), "iotconfig_notifications_published_total")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_separate_relay_has_its_own_metrics(
    start_relay: Callable[..., RelayProcess], broker: Mosquitto
) -> None:
    """It serves them on any machine, and ends in order."""
    bind = metrics_address()
    relay = start_relay(**bind)
    relay.wait_for("relay: connected")
    samples = scrape(bind["IOTCONFIG_METRICS_BIND"])

    assert 1 == value(samples, "iotconfig_relay_connected")
    assert 0 == value(samples, "iotconfig_notifications_pending")
    assert 0 == relay.stop()


def test_no_directory_is_left_behind(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """After a stop, and after a kill of the supervisor; the directory is private."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        serve = start_serve(sqlite_url, workers=1, **metrics_address())
        directory = metrics_directory(serve)
        pids = serve.pids()
        assert 0o700 == directory.stat().st_mode & 0o777
        serve.process.send_signal(number)
        serve.wait_ended()
        _wait_gone(pids)
        assert not directory.exists()


@pytest.fixture
def url_on_disk(_sqlite_template: Path) -> Iterator[str]:
    """A new SQLite file that is not below `/dev/shm`, where those of other tests may be."""
    with TemporaryDirectory() as directory:
        path = shutil.copy(_sqlite_template, Path(directory, "configs.db"))
        yield f"sqlite:///{path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small /dev/shm")
@pytest.mark.parametrize("moment", ["at the start", "later"])
def test_a_full_disk_disables_metrics_only(
    start_serve: Callable[..., Serve], url_on_disk: str, moment: str
) -> None:
    """Workers that start while `/dev/shm` is full serve devices, and log once that they do not count."""
    fill = "head -c 2m /dev/zero > /dev/shm/ballast; " if moment == "at the start" else ""
    mount = f'mount -t tmpfs -o size=1m tmpfs /dev/shm && {{ {fill} exec "$@"; }}'
    bind = metrics_address()
    command = ["unshare", "--mount", "sh", "-c", mount, "sh", COMMAND]
    serve = start_serve(url_on_disk, command=command, **bind)
    mac = created(serve.client, {"deviceName": "a"})["mac_address"]
    if moment == "later":
        SmallDisk(Path(f"/proc/{serve.process.pid}/root/dev/shm")).fill()
        killed = set(serve.worker_pids())
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(serve.worker_pids()) - killed) == 1, "another runs")
    workers = serve.worker_pids()

    assert {200} == {serve.client.get(f"/api/configs/{mac}.json").status for _ in range(20)}
    assert 1 == value(scrape(bind["IOTCONFIG_METRICS_BIND"]), "iotconfig_database_up")
    assert workers == serve.worker_pids()
    said = [line for line in serve.output().splitlines() if "Metrics are incomplete" in line]
    assert 1 <= len(said) <= 2
    assert "SIGBUS" not in serve.output()
    for pid in workers:
        opened = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115 - no path
        assert {name for name in opened if name.startswith("/memfd:heartbeat")}


def _wait_gone(pids: list[int]) -> None:
    wait_until(lambda: not any(map(is_alive, pids)), "all processes are gone")
