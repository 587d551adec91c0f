"""`GET /api/configs`: members, order, pages, searches and filters, on both databases."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen

from tests.support.api import CONFIG_MEMBERS, created, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service


@frozen
class Fleet:
    """Seven configs that one search word finds, sorted by MAC address."""

    client: Caller
    word: str
    configs: list[dict[str, Any]]

    def find(self, query: str = "") -> dict[str, Any]:
        answer = self.client.get(f"/api/configs?q={self.word}{query}")
        assert 200 == answer.status, answer.body
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def fleet(both: Service) -> Fleet:
    """Three devices with enableOTA on, two with it off, and two without it."""
    word = secrets.token_hex(8)
    flags = [True, None, False, True, False, None, True]
    contents: list[dict[str, object]] = [{"deviceName": f"{word} {index}"} for index in range(7)]
    for content, flag in zip(contents, flags, strict=True):
        if flag is not None:
            content["enableOTA"] = flag
    configs = [created(both.client, content) for content in contents]
    return Fleet(both.client, word, sorted(configs, key=lambda config: str(config["mac_address"])))


def _summary(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "content"}


def test_a_list_holds_summaries_in_order(fleet: Fleet) -> None:
    """It has configs, count and next; each summary is the config without content, sorted by MAC address."""
    found = fleet.find()
    assert ["configs", "count", "next"] == list(found)
    assert (7, None) == (found["count"], found["next"])
    assert [_summary(config) for config in fleet.configs] == found["configs"]
    assert [name for name in CONFIG_MEMBERS if name != "content"] == list(found["configs"][0])


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_pages_follow_one_another(fleet: Fleet, limit: int) -> None:
    """All pages together are the whole list, and each page counts all matches."""
    pages = [fleet.find(f"&limit={limit}")]
    while cursor := pages[-1]["next"]:
        pages.append(fleet.find(f"&limit={limit}&cursor={quote(cursor)}"))
    assert [_summary(config) for config in fleet.configs] == [c for page in pages for c in page["configs"]]
    assert {7} == {page["count"] for page in pages}
    assert {limit} == {len(page["configs"]) for page in pages[:-1]}


@pytest.mark.parametrize("limit", [7, 8, 1000])
def test_a_page_that_holds_all_is_the_last(fleet: Fleet, limit: int) -> None:
    """A page that is exactly full has no next one."""
    found = fleet.find(f"&limit={limit}")
    assert (7, None) == (len(found["configs"]), found["next"])


def test_a_page_goes_on_where_its_device_was_deleted(fleet: Fleet) -> None:
    """A cursor stays valid after its config was deleted."""
    extra = created(fleet.client, {"deviceName": fleet.word}, "00" + new_mac()[2:])
    first = fleet.find("&limit=1")
    fleet.client.request("DELETE", f"/api/configs/{extra['id']}")
    assert extra["id"] == first["configs"][0]["id"]
    assert [_summary(c) for c in fleet.configs] == fleet.find(f"&cursor={first['next']}")["configs"]


def test_count_can_be_left_out(fleet: Fleet) -> None:
    """count=false omits the member and changes nothing else; count=true is the default."""
    without = fleet.find("&count=false&limit=2")
    counted = fleet.find("&count=true&limit=2")
    assert ["configs", "next"] == list(without)
    assert counted == fleet.find("&limit=2")
    assert {**without, "count": 7} == counted


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("false", False)])
def test_configs_are_filtered_by_enable_ota(fleet: Fleet, text: str, flag: bool) -> None:
    """Configs without the flag are in neither list; count and pages follow the filter."""
    expected = [config["id"] for config in fleet.configs if config["enable_ota"] is flag]
    found = fleet.find(f"&enable_ota={text}")
    first = fleet.find(f"&enable_ota={text}&limit=1")
    rest = fleet.find(f"&enable_ota={text}&cursor={first['next']}")
    assert (expected, len(expected)) == ([c["id"] for c in found["configs"]], found["count"])
    assert expected == [c["id"] for c in first["configs"] + rest["configs"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Küche", "KÜCHE"),
        ("KÜCHE", "küche"),
        ("Straße", "STRASSE"),
        ("Ωmega", "ωMEGA"),
        ("Кухня", "кУХНЯ"),
        ("Küche", "Ku\u0308che"),
        ("plain", "LAI"),
        ("tail end", "l e"),
    ],
)
@pytest.mark.parametrize("member", ["deviceName", "deviceEntityId"])
def test_a_search_ignores_case(both: Service, member: str, name: str, text: str) -> None:
    """This holds beyond ASCII, in the name and the entity id, at any position."""
    word = secrets.token_hex(4)
    config = created(both.client, {member: f"{word}{name}"})
    found = both.client.get(f"/api/configs?q={quote(text)}").json()["configs"]
    assert config["id"] in [summary["id"] for summary in found]


def test_a_search_finds_parts_of_mac_addresses(both: Service) -> None:
    """A part may have any spelling."""
    config = created(both.client, {})
    canonical = config["mac_address"]
    for text in (canonical, canonical.upper(), canonical[3:].replace(":", "-"), canonical.replace(":", "")):
        found = both.client.get(f"/api/configs?q={quote(text)}").json()["configs"]
        assert [config["id"]] == [summary["id"] for summary in found]


def test_a_search_follows_changes(both: Service) -> None:
    """The old name finds nothing after an update, nor the new one after a deletion."""
    old, new = secrets.token_hex(8), secrets.token_hex(8)
    config = created(both.client, {"deviceName": old})
    path = f"/api/configs/{config['id']}"
    counts = [_count(both.client, old)]
    both.client.send_json("PUT", path, {"content": {"deviceName": new}})
    counts += [_count(both.client, old), _count(both.client, new)]
    both.client.request("DELETE", path)
    counts += [_count(both.client, new)]
    assert [1, 0, 1, 0] == counts


def test_a_search_does_not_cross_fields(both: Service) -> None:
    """The end of a name and the begin of an entity id do not match together."""
    word = secrets.token_hex(8)
    created(both.client, {"deviceName": word[:8], "deviceEntityId": word[8:]})
    assert 0 == _count(both.client, word)


def test_no_match_is_an_empty_page(both: Service) -> None:
    """A search without matches is a success."""
    found = both.client.get("/api/configs?q=" + secrets.token_hex(16))
    assert (200, {"configs": [], "count": 0, "next": None}) == (found.status, found.json())


def _count(client: Caller, text: str) -> int:
    count: int = client.get(f"/api/configs?q={text}").json()["count"]
    return count
