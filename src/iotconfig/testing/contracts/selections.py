"""The contract of `BulkWrite.select`: the candidates of a selection, as each of its parts finds them."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.testing.builders import content, mac

FLEET = {
    1: content(deviceName="Floor 1", enableOTA=True),
    2: content(deviceName="Floor 10", enableOTA=False),
    3: content(deviceName="floor 1"),
    4: content(deviceName="Floor 1", n=4),
    5: content(deviceName="Flur \u00dc"),
    6: content(),
}
HAS_N = MemberValue("/n", "4")
SELECTIONS = {
    "all": (Selection(everything=True), [1, 2, 3, 4, 5, 6]),
    "addresses": (Selection(mac_addresses=["02-00-00-00-00-04", str(mac(2))]), [2, 4]),
    "addresses of which one is unknown": (Selection(mac_addresses=[mac(2), mac(9)]), [2]),
    "no addresses": (Selection(mac_addresses=[]), []),
    "a name": (Selection(device_names=["Floor 1"]), [1, 4]),
    "names": (Selection(device_names=["Flur \u00dc", "Floor 10", "unknown"]), [2, 5]),
    "a name beyond ASCII in other case": (Selection(device_names=["flur \u00fc"]), []),
    "an empty name": (Selection(device_names=[""]), []),
    "no names": (Selection(device_names=[]), []),
    "addresses or names": (Selection(mac_addresses=[mac(1), mac(6)], device_names=["Floor 1"]), [1, 4, 6]),
    "text": (Selection(text="FLOOR 1"), [1, 2, 3, 4]),
    "text beyond ASCII": (Selection(text="\u00fc"), [5]),
    "the flag": (Selection(enable_ota=False), [2]),
    "text and the flag": (Selection(text="floor", enable_ota=True), [1]),
    "names, not the conditions": (Selection(device_names=["Floor 1"], text="x", where=[HAS_N]), [1, 4]),
    "not the values of members": (Selection(where=[HAS_N]), [1, 2, 3, 4, 5, 6]),
}


class SelectionsContract:
    """Needs the fixture `store`, which is empty."""

    @pytest.mark.parametrize(("selection", "expected"), SELECTIONS.values(), ids=SELECTIONS)
    def test_candidates_are_selected(
        self, store: Store, service: ConfigService, selection: Selection, expected: list[int]
    ) -> None:
        """Each once, sorted by MAC address; the domain selects the same."""
        for number, document in FLEET.items():
            service.put(mac(number), document)
        with store.bulk_writing() as write:
            write.select(selection)
            found = [config for page in write.selected() for config in page]
        with store.reading() as view:
            stored = view.configs.load([mac(number) for number in FLEET])

        assert [mac(number) for number in expected] == [config.mac_address for config in found]
        assert [config for config in stored if selection.is_candidate(config)] == found

    def test_thousands_of_names_are_selected(self, store: Store, service: ConfigService) -> None:
        """Known and unknown ones, beyond the number of parameters of one statement."""
        document = ConfigContent.parse('{"deviceName": "Device 33999"}')
        service.put(mac(1), document)
        service.put(mac(2), content())
        names = [f"Device {number}" for number in range(34_000)]
        with store.bulk_writing() as write:
            write.select(Selection(mac_addresses=map(mac, range(2, 34_000)), device_names=names))

            assert [mac(1), mac(2)] == [config.mac_address for page in write.selected() for config in page]
