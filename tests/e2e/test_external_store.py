"""A store of another package, found by its entry point and served: `examples/jsonfile_store`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api import created, expect_problem
from tests.support.installed_example import python_path
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

MANY = 130
"""More than a worker imports by itself: the helper process opens the store, too."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file that does not exist yet."""
    return f"jsonfile://{tmp_path}/configs.json"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """The `PYTHONPATH` of an environment with the example."""
    return python_path(tmp_path / "site")


Shell = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def shell(url: str, path: str) -> Shell:
    """The installed command, in an environment with the example."""
    return lambda *arguments: run_command(*arguments, env=environment(url, PYTHONPATH=path))


def test_it_is_served(start_serve: Callable[..., Serve], url: str, path: str) -> None:
    """Store, fetch, list, history, conditions, errors: over HTTP, by two workers."""
    serve = start_serve(url, workers=2, PYTHONPATH=path)
    client = serve.client

    config = created(client, {"deviceName": "Porch", "volume": 1})
    fetched = client.get(f"/api/configs/{config['mac_address']}.json")
    assert {"deviceName": "Porch", "volume": 1} == fetched.json()
    unchanged = client.get(
        f"/api/configs/{config['mac_address']}.json", if_none_match=fetched.headers["etag"]
    )
    assert 304 == unchanged.status

    own = f"/api/configs/{config['id']}"
    assert 2 == client.send_json("PUT", own, {"content": {"n": 2}}, if_match='"1"').json()["revision"]
    expect_problem(client.send_json("PUT", own, {"content": {}}, if_match='"1"'), 412, "PRECONDITION_FAILED")
    assert [2, 1] == [r["revision"] for r in client.get(f"{own}/revisions").json()["revisions"]]
    assert [config["id"]] == [c["id"] for c in client.get("/api/configs").json()["configs"]]
    assert f"database {url}" in serve.output()
    assert 200 == client.get("/api/health/ready").status


def test_changes_are_announced(
    start_serve: Callable[..., Serve],
    url: str,
    path: str,
    shell: Shell,
    broker: Mosquitto,
    listener: Listener,
) -> None:
    """The relay of the service uses its queue, lease and wake-up; a change of another process wakes it, too."""
    serve = start_serve(url, workers=1, PYTHONPATH=path, MQTT_URL=broker.url)
    config = created(serve.client, {"a": 1})
    state, hint = listener.wait_for(2)
    assert f"iotsupport/devices/{config['mac_address']}/config" == state.topic
    assert config["mac_address"] in hint.payload.decode()
    listener.forget()

    assert 0 == shell("announce", str(config["id"])).returncode

    assert state.json() == listener.wait_for(2)[0].json()
    wait_until(
        lambda: serve.client.get("/api/health").json()["notifications"]["pending"] == 0, "nothing is pending"
    )


def test_many_are_imported_and_exported(
    start_serve: Callable[..., Serve], url: str, path: str, shell: Shell
) -> None:
    """Over HTTP in a helper process, and from a shell."""
    client = start_serve(url, workers=1, PYTHONPATH=path).client
    records = [
        {"mac_address": f"02:00:00:00:01:{number:02x}", "content": {"n": number}} for number in range(MANY)
    ]
    body = "".join(json.dumps(record) + "\n" for record in records).encode()

    answer = client.request("POST", "/api/configs/import", body, {"Content-Type": "application/x-ndjson"})

    assert 200 == answer.status, answer.body
    assert MANY == client.get("/api/configs?limit=1").json()["count"]
    assert MANY == len(shell("export", "-").stdout.splitlines())


def test_what_the_store_lacks_is_refused(shell: Shell, url: str) -> None:
    """It keeps no tokens, and has no migrations."""
    assert 0 == shell("config", "create", "02:00:00:00:00:01", "{}").returncode

    for refused in (
        shell("token", "create", "ci", "--role", "viewer"),
        shell("device-token", "create", "02:00:00:00:00:01"),
    ):
        assert 1 == refused.returncode
        assert f"{url} does not store " in refused.stderr.decode()
    assert {"tokens": []} == json.loads(shell("token", "list", "--json").stdout)
    assert (
        f"DATABASE_URL: iotconfig does not manage the schema of {url}" in shell("db-status").stderr.decode()
    )


def test_tokens_that_are_not_kept_are_not_valid(
    start_serve: Callable[..., Serve], url: str, path: str
) -> None:
    """With authentication on, every token is refused as unknown."""
    client = start_serve(url, workers=1, PYTHONPATH=path, IOTCONFIG_AUTH="on").client

    answer = client.get("/api/configs", Authorization="Bearer iotc_0123456789abcdef_" + "a" * 43)

    expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("jsonfile://relative.json", "DATABASE_URL: It names an absolute path and nothing else"),
        ("nosuch:///a.json", "DATABASE_URL: Databases of kind nosuch are not supported"),
        ("broken:///a.json", "DATABASE_URL: The package with stores of kind broken cannot be loaded"),
        ("jsonfile:///no/such/directory/a.json", "The store's lock cannot be opened"),
    ],
    ids=["bad-url", "unknown", "broken-package", "no-directory"],
)
def test_what_cannot_be_served_stops_the_start(tmp_path: Path, url: str, reason: str) -> None:
    """One line has the reason."""
    path = python_path(tmp_path / "site", broken="iotconfig_jsonfile:Nothing")

    ended = run_command("serve", "--port", "0", env=environment(url, PYTHONPATH=path))

    assert 1 == ended.returncode
    assert reason in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


def test_two_packages_of_one_kind_are_refused(tmp_path: Path, url: str) -> None:
    """None of them is chosen by chance."""
    first, second = (python_path(tmp_path / name) for name in ("site", "other"))
    other = tmp_path / "other"
    for found in other.glob("*.dist-info"):
        found.rename(other / "another-1.dist-info")
    (other / "another-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: another\nVersion: 1\n"
    )

    ended = run_command("serve", "--port", "0", env=environment(url, PYTHONPATH=f"{first}:{second}"))

    assert 1 == ended.returncode
    assert (
        "Several packages have stores of kind jsonfile: another, iotconfig-jsonfile." in ended.stderr.decode()
    )


def test_programs_open_it(tmp_path: Path, url: str, path: str) -> None:
    """`open_service` finds it as `serve` does. It keeps no evidence about devices, and says so."""
    program = (
        "from iotconfig import Unprocessable, open_service\n"
        f"with open_service({url!r}, upgrade=True) as service:\n"
        "    service.configs.put('020000000001', {'n': 1})\n"
        "    print([config.content['n'] for config in service.configs.all()])\n"
        "    try:\n"
        "        service.devices\n"
        "    except Unprocessable as error:\n"
        "        print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment("", PYTHONPATH=path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = "[1]\nThis database keeps no evidence about devices, so their states are not known.\n"
    assert (0, said, "") == (ran.returncode, ran.stdout, ran.stderr)
