"""The contract of `ConfigReader.find`: order, pages, counts and searches."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import Store
from iotconfig.testing.builders import add, content, mac

NAMES = {
    1: "Küche",
    2: "STRASSE",
    3: "ЛАМПА",
    4: "100% sure",
    5: "100x sure",
    6: "a_b",
    7: "axb",
    8: r"back\slash",
    9: "it's",
    10: 'say "hi"',
    11: "a/b",
    12: "I\u0307stanbul",
    13: "e\u0301tage",
    14: "[a]*?",
}

ADDRESS = 0xB2C3D4E5F6
NAMED = 0xFFFFFFFFFF


def numbers(store: Store, query: ConfigQuery) -> list[int]:
    """Return the numbers of the devices that a query finds; the count must be the same."""
    with store.reading() as view:
        page = view.configs.find(query)
    assert len(page.configs) == page.count
    return [int(str(config.mac_address)[3:].replace(":", ""), 16) for config in page.configs]


class ConfigQueriesContract:
    """Needs the fixture `store`: an empty store."""

    @pytest.fixture
    def named(self, store: Store) -> Store:
        """A store of devices with the names above; the entity ids are `entity.` and the number."""
        for number, name in NAMES.items():
            add(store, number, content(deviceName=name, deviceEntityId=f"entity.{number}!"))
        return store

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("", list(NAMES), id="empty"),
            pytest.param("küche", [1], id="lower"),
            pytest.param("KÜCHE", [1], id="upper-beyond-ascii"),
            pytest.param("straße", [2], id="sharp-s"),
            pytest.param("лампа", [3], id="cyrillic"),
            pytest.param("%", [4], id="percent"),
            pytest.param("100% s", [4], id="percent-inside"),
            pytest.param("a_b", [6], id="underscore"),
            pytest.param("_", [6], id="underscore-alone"),
            pytest.param("\\", [8], id="backslash"),
            pytest.param(r"\s", [8], id="backslash-and-letter"),
            pytest.param("'", [9], id="quote"),
            pytest.param('"hi"', [10], id="double-quotes"),
            pytest.param("a/b", [11], id="slash"),
            pytest.param("/", [11], id="slash-alone"),
            pytest.param("[a]*?", [14], id="glob"),
            pytest.param("*", [14], id="star"),
            pytest.param("' OR '1'='1", [], id="injection"),
            pytest.param("%%", [], id="two-percents"),
            pytest.param("étage", [13], id="composed-finds-decomposed"),
            pytest.param("ENTITY.7!", [7], id="entity-id"),
            pytest.param("02:00:00:00:00:0a", [10], id="mac-address"),
            pytest.param("0A", [10], id="mac-address-upper"),
            pytest.param("kücheentity", [], id="across-fields"),
            pytest.param("nowhere", [], id="nothing"),
            pytest.param("%" * 255, [], id="255-special-characters"),
        ],
    )
    def test_searches_are_literal_and_know_no_case(
        self, named: Store, text: str, expected: list[int]
    ) -> None:
        """A search finds a substring of one field, ignores case, and treats no character as a wildcard."""
        assert expected == numbers(named, ConfigQuery(text=text))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("02:b2:c3:d4:e5:f6", [ADDRESS], id="colons"),
            pytest.param("02-B2-C3-D4-E5-F6", [ADDRESS], id="dashes"),
            pytest.param("02b2.c3d4.e5f6", [ADDRESS], id="dots"),
            pytest.param("02B2C3D4E5F6", [ADDRESS], id="bare"),
            pytest.param(" 02b2c3d4e5f6 ", [ADDRESS], id="pasted-with-spaces"),
            pytest.param("b2c3d4", [ADDRESS], id="digits"),
            pytest.param("2C3D", [ADDRESS, NAMED], id="digits-from-the-middle-of-an-octet"),
            pytest.param("b2-c3", [ADDRESS, NAMED], id="some-dashes"),
            pytest.param("2-C3-D", [ADDRESS], id="dashes-and-half-octets"),
            pytest.param("-f6", [ADDRESS], id="dash-before"),
            pytest.param("c3-", [ADDRESS], id="dash-behind"),
            pytest.param("b2.c3d4.e5", [ADDRESS], id="some-dots"),
            pytest.param("b2c3.d4", [ADDRESS], id="dots-elsewhere"),
            pytest.param("-2c3d", [NAMED], id="literal-where-it-is-no-octet"),
            pytest.param("02-b2:c3", [], id="mixed"),
            pytest.param("02b2c3d4e5f602", [], id="longer-than-an-address"),
            pytest.param("3-", [ADDRESS], id="half-an-octet-and-a-dash"),
            pytest.param("v1.", [NAMED], id="dot-of-a-name"),
            pytest.param("-", [NAMED], id="dash-of-a-name"),
            pytest.param(".", [NAMED], id="dot-of-a-name-alone"),
            pytest.param("--", [], id="two-dashes"),
            pytest.param("b2%", [], id="percent"),
            pytest.param("b2_c3", [], id="underscore"),
        ],
    )
    def test_searches_find_mac_addresses_in_any_spelling(
        self, store: Store, text: str, expected: list[int]
    ) -> None:
        """A part of a MAC address is found in any spelling; in names, the same text is literal."""
        add(store, ADDRESS)
        add(store, NAMED, content(deviceName="lamp 02b2-c3 v1.", deviceEntityId="x-2c3d"))

        with store.reading() as view:
            page = view.configs.find(ConfigQuery(text=text))

        assert [mac(number) for number in expected] == [config.mac_address for config in page.configs]
        assert len(expected) == page.count

    def test_lists_filter_by_ota(self, store: Store) -> None:
        """`enable_ota` has three states: true, false and absent; a filter finds only its own."""
        for number, flag in enumerate((True, False, None, True), 1):
            add(store, number, content(enableOTA=flag))

        assert [1, 4] == numbers(store, ConfigQuery(enable_ota=True))
        assert [2] == numbers(store, ConfigQuery(enable_ota=False))
        assert [1, 2, 3, 4] == numbers(store, ConfigQuery())
        assert [4] == numbers(store, ConfigQuery(enable_ota=True, text=":04"))

    @pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 1000])
    def test_pages_cover_everything_once_in_order(self, store: Store, limit: int) -> None:
        """The pages together have every config once, sorted by MAC address."""
        for number in (0xFF, 3, 0x10, 1, 0xA0, 2, 0xAB):
            add(store, number)
        seen: list[str] = []
        sizes: list[int] = []
        query: ConfigQuery | None = ConfigQuery(limit=limit)
        while query is not None:
            with store.reading() as view:
                page = view.configs.find(query)
            seen += [str(config.mac_address) for config in page.configs]
            sizes.append(len(page.configs))
            assert 7 == page.count
            query = None if page.next is None else ConfigQuery(limit=limit, after=page.next)

        assert [str(mac(n)) for n in (1, 2, 3, 0x10, 0xA0, 0xAB, 0xFF)] == seen
        assert -(-7 // limit) == len(sizes)
        assert all(size == limit for size in sizes[:-1])

    def test_pages_of_a_search_hold_matches_only(self, named: Store) -> None:
        """Search, filter and page can be combined; the count is of all matches."""
        with named.reading() as view:
            first = view.configs.find(ConfigQuery(text="100", limit=1))
            second = view.configs.find(ConfigQuery(text="100", limit=1, after=first.next))

        assert ([mac(4)], 2, mac(4)) == ([c.mac_address for c in first.configs], first.count, first.next)
        assert ([mac(5)], 2, None) == ([c.mac_address for c in second.configs], second.count, second.next)

    def test_a_page_may_begin_behind_a_config_that_is_gone(self, named: Store) -> None:
        """A cursor is a position in the order: its config may have been deleted."""
        with named.reading() as view:
            page = view.configs.find(ConfigQuery(after=mac(0xFFFF)))
            late = view.configs.find(ConfigQuery(after=mac(0), limit=1))

        assert ((), len(NAMES), None) == (page.configs, page.count, page.next)
        assert [mac(1)] == [config.mac_address for config in late.configs]

    def test_counting_can_be_left_out(self, named: Store) -> None:
        """A page without a count has the same configs."""
        with named.reading() as view:
            counted, uncounted = (
                view.configs.find(ConfigQuery(limit=3, count=count)) for count in (True, False)
            )

        assert uncounted.count is None
        assert (counted.configs, counted.next) == (uncounted.configs, uncounted.next)
