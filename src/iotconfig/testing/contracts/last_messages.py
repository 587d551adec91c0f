"""The contract of `LastMessageStore`: what each device said last over the broker."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.incoming import LastMessages, digest_of
from iotconfig.domain.devices.incoming_ports import LastMessageStore
from iotconfig.domain.devices.presence import Presence
from iotconfig.domain.errors import ServiceClosed
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

_LATER: Final = START + timedelta(microseconds=1)
_WHOLE: Final = LastMessages(mac(1), digest_of(b"{}"), START, Presence(False, _LATER, START), is_kept=False)


class LastMessageStoreContract:
    """Needs the fixtures `store`, an empty store, and `last_messages`, what its devices said last."""

    @pytest.mark.parametrize(
        "stored",
        [
            _WHOLE,
            LastMessages(mac(1), digest_of(b"a"), _LATER),
            LastMessages(mac(1), presence=Presence(True, START)),
        ],
        ids=["whole", "report", "presence"],
    )
    def test_every_member_is_kept(self, last_messages: LastMessageStore, stored: LastMessages) -> None:
        """What is read is what was written, to the microsecond. The device need not have a document."""
        last_messages.write([stored])

        assert {mac(1): stored} == last_messages.of([mac(1), mac(2)])

    def test_the_last_ones_replace_the_earlier_ones(self, last_messages: LastMessageStore) -> None:
        """Those of other devices stay."""
        other = LastMessages(mac(2), digest_of(b"b"), START)
        last_messages.write([_WHOLE, other])
        last_messages.write([LastMessages(mac(1), digest_of(b"c"), _LATER)])

        assert {
            mac(1): LastMessages(mac(1), digest_of(b"c"), _LATER),
            mac(2): other,
        } == last_messages.of([mac(2), mac(1)])

    def test_what_is_empty_is_removed(self, last_messages: LastMessageStore) -> None:
        """It need not have been there."""
        last_messages.write([_WHOLE])
        last_messages.write([LastMessages(mac(3)), LastMessages(mac(1))])

        assert {} == last_messages.of([mac(1), mac(3)])

    def test_unkept_messages_are_found(self, last_messages: LastMessageStore) -> None:
        """One device is enough, until it is cleared or its messages are kept."""
        assert not last_messages.has_unkept()
        last_messages.write([_WHOLE, evolve(_WHOLE, mac_address=mac(2), is_kept=True)])
        assert last_messages.has_unkept()
        last_messages.write([evolve(_WHOLE, is_kept=True)])
        assert not last_messages.has_unkept()

    def test_many_at_once(self, last_messages: LastMessageStore) -> None:
        """A batch may be of any size, or empty."""
        many = {mac(number): evolve(_WHOLE, mac_address=mac(number)) for number in range(1_500, 0, -1)}
        last_messages.write([])
        last_messages.write(list(many.values()))

        assert {} == last_messages.of([])
        assert many == last_messages.of(list(many))

    def test_a_closed_store_refuses(self, last_messages: LastMessageStore, store: Store) -> None:
        """It neither reads nor writes."""
        store.close()

        with pytest.raises(ServiceClosed):
            last_messages.of([mac(1)])
        with pytest.raises(ServiceClosed):
            last_messages.write([_WHOLE])
        with pytest.raises(ServiceClosed):
            last_messages.has_unkept()
