"""Concurrent writers through several workers, on each kind of database."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.testing.simultaneous import together
from tests.support.api import created, new_mac
from tests.support.http import Answer, Client
from tests.support.postgres import create_database, drop_database
from tests.support.serving import Serve

WORKERS = 3


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(
    request: pytest.FixtureRequest, postgres_base_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """One service for all tests, each of which uses its own MAC address."""
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
    """Of sixteen writers with the same revision, one succeeds and fifteen get 412."""
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
    """Eight writers of twenty updates each get every revision from 2 to 161 exactly once."""
    path = _created(client, mac)

    def write(writer: int) -> list[tuple[int, int]]:
        answers = [
            client.send_json("PUT", path, {"content": {"writer": writer, "update": update}})
            for update in range(20)
        ]
        return [(answer.status, answer.json().get("revision")) for answer in answers]

    answered = [one for writer in together(8, write) for one in writer]

    assert {200} == {status for status, _ in answered}
    assert list(range(2, 162)) == sorted(revision for _, revision in answered)
    assert 161 == client.get(path).json()["revision"]


def test_each_writer_sees_its_revisions_grow(client: Client, mac: str) -> None:
    """A writer never gets a lower revision than before."""
    path = _created(client, mac)

    def write(writer: int) -> list[int]:
        return [
            client.send_json("PUT", path, {"content": {"writer": writer, "update": n}}).json()["revision"]
            for n in range(10)
        ]

    seen = together(4, write)

    assert [sorted(revisions) for revisions in seen] == seen


def test_of_creators_of_one_mac_address_one_wins(client: Client, mac: str) -> None:
    """Of sixteen creators, one creates the config, and fifteen get 409 with the MAC address."""

    def create(number: int) -> Answer:
        return client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {"n": number}})

    answers = together(16, create)

    refused = [answer.json() for answer in answers if answer.status == 409]
    assert {201: 1, 409: 15} == Counter(answer.status for answer in answers)
    assert {"RECORD_EXISTS"} == {problem["code"] for problem in refused}
    assert [] == [problem["error"] for problem in refused if mac not in problem["error"]]
    assert 1 == client.get(f"/api/configs?q={mac}").json()["count"]


def test_of_putters_of_one_mac_address_one_creates(client: Client, mac: str) -> None:
    """Sixteen requests to create or update all succeed: one creates, the others update."""

    def put(number: int) -> Answer:
        return client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"n": number}})

    answers = together(16, put)

    assert {201: 1, 200: 15} == Counter(answer.status for answer in answers)
    assert list(range(1, 17)) == sorted(answer.json()["revision"] for answer in answers)


def test_of_deleters_one_wins_and_the_counter_continues(client: Client, mac: str) -> None:
    """Eight deletions give one 204 and seven 404; a new config continues the count."""
    path = _created(client, mac)

    answers = together(8, lambda _: client.request("DELETE", path))
    again = client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {}})

    assert {204: 1, 404: 7} == Counter(answer.status for answer in answers)
    assert 3 == again.json()["revision"]


def _deleted(client: Client, content: str) -> Any:
    """A config that was just deleted."""
    config = created(client, content)
    assert 204 == client.request("DELETE", f"/api/configs/{config['id']}").status
    return config


def _restore(client: Client, config: Any) -> int:
    return client.request("POST", f"/api/deleted-configs/{config['id']}/restore").status


def test_one_of_many_restores_wins(client: Client) -> None:
    """The others get 409, and there is one new revision."""
    config = _deleted(client, "{}")
    statuses = together(16, lambda _: _restore(client, config))
    assert [200, *[409] * 15] == sorted(statuses)
    assert 3 == client.get(f"/api/configs/{config['id']}").json()["revision"]


def test_a_restore_and_a_create_of_one_device(client: Client) -> None:
    """Exactly one of them succeeds."""
    config = _deleted(client, '{"old": 1}')
    body = {"mac_address": config["mac_address"], "content": {"new": 1}}

    def either(number: int) -> int:
        if number % 2:
            return _restore(client, config)
        return client.send_json("POST", "/api/configs", body).status

    statuses = together(8, either)
    assert 7 == statuses.count(409)
    document = client.get(f"/api/configs/{config['mac_address']}.json").body
    assert (b'{"old": 1}' if 200 in statuses else b'{"new": 1}') == document


def _swap(client: Client, config: Any, mac: str) -> Answer:
    return client.send_json("POST", f"/api/configs/{config['id']}/replace-device", {"mac_address": mac})


def test_one_of_many_swaps_to_one_board_wins(client: Client) -> None:
    """The other configs get 409 and stay unchanged."""
    new = new_mac()
    configs = [created(client, {"n": number}) for number in range(16)]
    answers = together(16, lambda number: _swap(client, configs[number], new))
    assert [200, *[409] * 15] == sorted(answer.status for answer in answers)
    for config, answer in zip(configs, answers, strict=True):
        stored = client.get(f"/api/configs/{config['id']}").json()
        assert (answer.json() if answer.status == 200 else config) == stored


def test_two_opposite_swaps(client: Client) -> None:
    """Both are refused without a deadlock, since boards are locked in one order."""
    one, other = created(client, {}), created(client, {})
    pairs = [(one, other["mac_address"]), (other, one["mac_address"])]
    statuses = together(16, lambda number: _swap(client, *pairs[number % 2]).status)
    assert [409] * 16 == statuses


def test_swaps_and_updates_at_the_same_time(client: Client) -> None:
    """Every acknowledged update is in the history, under the board at that time."""
    config = created(client, {})
    path = f"/api/configs/{config['id']}"

    def work(number: int) -> int:
        if number % 4:
            return client.send_json("PUT", path, {"content": {"n": number}}).status
        return _swap(client, config, new_mac()).status

    statuses = together(16, work)
    assert {200} == set(statuses) - {412}
    history = client.get(f"{path}/revisions").json()["revisions"]
    assert 1 + statuses.count(200) == len(history)
    assert list(range(len(history), 0, -1)) == [one["revision"] for one in history]


def test_merge_patches_at_the_same_time_are_all_kept(client: Client) -> None:
    """Each is merged into the result of the one before."""
    path = f"/api/configs/{created(client, {})['id']}"
    headers = {"Content-Type": "application/merge-patch+json"}
    patches = [b'{"m%d": %d}' % (number, number) for number in range(16)]
    assert [200] * 16 == together(
        16, lambda number: client.request("PATCH", path, patches[number], headers).status
    )
    last = client.get(path).json()
    assert (17, {f"m{number}": number for number in range(16)}) == (last["revision"], last["content"])


def test_concurrent_bulk_patches_are_all_kept(client: Client) -> None:
    """Several callers patch the same devices, and no member is lost."""
    word = secrets.token_hex(8)
    configs = [created(client, {"deviceName": word}) for _ in range(3)]

    def patch(number: int) -> tuple[int, bool]:
        body = {"match": word, "merge": {f"m{number}": number}}
        answer = client.send_json("POST", "/api/configs/patch", body).json()
        return answer["changed"], answer["stored"]

    assert [(3, True)] * 6 == together(6, patch)
    for config in configs:
        after = client.get(f"/api/configs/{config['id']}").json()
        assert 7 == after["revision"]
        assert {"deviceName": word, **{f"m{number}": number for number in range(6)}} == after["content"]


def _patched(client: Client, number: int) -> tuple[str, list[str]]:
    """The id of a patch of so many new configs, and their MAC addresses."""
    macs = sorted(created(client, {"a": 1})["mac_address"] for _ in range(number))
    body = {"mac_addresses": macs, "merge": {"a": 2}}
    return client.send_json("POST", "/api/configs/patch", body).json()["change"], macs


def _of_each(client: Client, macs: list[str]) -> set[tuple[int, int]]:
    """The revisions and the values of configs."""
    found = (client.get(f"/api/configs/{mac}").json() for mac in macs)
    return {(config["revision"], config["content"]["a"]) for config in found}


def test_of_undos_of_one_change_one_wins(client: Client) -> None:
    """The others are refused with the list; nothing is undone twice."""
    change, macs = _patched(client, 20)
    answers = together(4, lambda _: client.send_json("POST", f"/api/changes/{change}/undo", {}))

    assert {200: 1, 409: 3} == Counter(answer.status for answer in answers)
    refused = [answer.json() for answer in answers if answer.status == 409]
    assert [20] * 3 == [len(problem["details"]["errors"]) for problem in refused]
    assert {(3, 1)} == _of_each(client, macs)


def test_an_undo_beside_an_import(client: Client) -> None:
    """Either the undo comes first, or it is refused: the import is not undone, and no config is changed by half of them."""
    change, macs = _patched(client, 20)
    body = "\n".join(json.dumps({"mac_address": mac, "content": {"a": 3}}) for mac in macs).encode()

    def write(number: int) -> Answer:
        if number == 0:
            return client.send_json("POST", f"/api/changes/{change}/undo", {})
        headers = {"Content-Type": "application/x-ndjson"}
        return client.request("POST", "/api/configs/import?on_conflict=replace", body, headers)

    undo, load = together(2, write)
    assert 200 == load.status
    assert undo.status in (200, 409)
    assert {(4 if undo.status == 200 else 3, 3)} == _of_each(client, macs)


def test_an_export_is_of_one_moment(client: Client) -> None:
    """During repeated imports of all contents, each export shows one generation."""
    macs = [new_mac() for _ in range(100)]

    def write(generation: int) -> None:
        records = [{"mac_address": mac, "content": {"generation": generation}} for mac in macs]
        body = "\n".join(map(json.dumps, records)).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        answer = client.request("POST", "/api/configs/import?on_conflict=replace", body, headers)
        assert 200 == answer.status, answer.body

    write(0)
    done = Event()

    def writer() -> None:
        generation = 0
        while not done.is_set():
            generation += 1
            write(generation)

    thread = Thread(target=writer)
    thread.start()
    try:
        exports = [client.get("/api/configs/export").body for _ in range(8)]
    finally:
        done.set()
        thread.join()
    mine = set(macs)
    for body in exports:
        records = [json.loads(line) for line in body.splitlines()]
        found = [record["content"] for record in records if record["mac_address"] in mine]
        assert 100 == len(found)
        assert 1 == len({content["generation"] for content in found})
