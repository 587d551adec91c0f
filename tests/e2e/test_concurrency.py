"""Many writers at once, through several workers, on each kind of database."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.crowd import together
from tests.support.http import Answer, Client
from tests.support.postgres import create_database, drop_database
from tests.support.serving import Serve

WORKERS = 3


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(
    request: pytest.FixtureRequest, postgres_base_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """One service for all tests here, each of which uses a MAC address of its own."""
    directory = tmp_path_factory.mktemp("concurrency")
    name = f"iotconfig_{secrets.token_hex(8)}"
    if request.param == "sqlite":
        url = f"sqlite:///{directory / 'configs.db'}"
    else:
        url = create_database(postgres_base_url, name)
    Migrations(DatabaseUrl.parse(url)).upgrade()
    with Serve(url, directory / "serve.log", workers=WORKERS) as serve:
        yield serve.client
    drop_database(postgres_base_url, name)


@pytest.fixture
def mac() -> str:
    return "02:" + secrets.token_bytes(5).hex(":")


def _created(client: Client, mac: str) -> str:
    """The path of a new config."""
    answer = client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {"writer": "first"}})
    assert 201 == answer.status
    return answer.headers["location"]


def test_of_writers_with_the_same_if_match_one_wins(client: Client, mac: str) -> None:
    """Sixteen writers who read the same revision: one is stored, fifteen are told that they are late."""
    path = _created(client, mac)

    def write(number: int) -> Answer:
        return client.send_json("PUT", path, {"content": {"writer": number}}, If_Match='"1"')

    answers = together(16, write)

    winners = [number for number, answer in enumerate(answers) if answer.status == 200]
    now = client.get(path).json()
    assert {200: 1, 412: 15} == Counter(answer.status for answer in answers)
    assert {"PRECONDITION_FAILED"} == {a.json()["code"] for a in answers if a.status == 412}
    assert 2 == now["revision"]
    assert {"writer": winners[0]} == now["content"]


def test_unconditional_writers_queue_and_none_is_lost(client: Client, mac: str) -> None:
    """Eight writers of twenty updates each are told every revision from 2 to 161, each once."""
    path = _created(client, mac)

    def write(writer: int) -> list[tuple[int, int]]:
        answers = [
            client.send_json("PUT", path, {"content": {"writer": writer, "update": update}})
            for update in range(20)
        ]
        return [(answer.status, answer.json().get("revision")) for answer in answers]

    told = [one for writer in together(8, write) for one in writer]

    assert {200} == {status for status, _ in told}
    assert list(range(2, 162)) == sorted(revision for _, revision in told)
    assert 161 == client.get(path).json()["revision"]


def test_each_writer_sees_its_revisions_grow(client: Client, mac: str) -> None:
    """Whoever was told of a revision is never told of an older one later."""
    path = _created(client, mac)

    def write(writer: int) -> list[int]:
        return [
            client.send_json("PUT", path, {"content": {"writer": writer, "update": n}}).json()["revision"]
            for n in range(10)
        ]

    seen = together(4, write)

    assert [sorted(revisions) for revisions in seen] == seen


def test_of_creators_of_one_mac_address_one_wins(client: Client, mac: str) -> None:
    """Sixteen creators of one MAC address: one config comes to be, and fifteen are told its address."""

    def create(number: int) -> Answer:
        return client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {"n": number}})

    answers = together(16, create)

    refused = [answer.json() for answer in answers if answer.status == 409]
    assert {201: 1, 409: 15} == Counter(answer.status for answer in answers)
    assert {"RECORD_EXISTS"} == {problem["code"] for problem in refused}
    assert [] == [problem["error"] for problem in refused if mac not in problem["error"]]
    assert 1 == client.get(f"/api/configs?q={mac}").json()["count"]


def test_of_putters_of_one_mac_address_one_creates(client: Client, mac: str) -> None:
    """Sixteen scripts that create or update one MAC address all succeed: one creates, the others update."""

    def put(number: int) -> Answer:
        return client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"n": number}})

    answers = together(16, put)

    assert {201: 1, 200: 15} == Counter(answer.status for answer in answers)
    assert list(range(1, 17)) == sorted(answer.json()["revision"] for answer in answers)


def test_of_deleters_one_wins_and_the_counter_goes_on(client: Client, mac: str) -> None:
    """Eight deletes of one config: one 204, seven 404; a config created afterwards continues the count."""
    path = _created(client, mac)

    answers = together(8, lambda _: client.request("DELETE", path))
    again = client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {}})

    assert {204: 1, 404: 7} == Counter(answer.status for answer in answers)
    assert 3 == again.json()["revision"]
