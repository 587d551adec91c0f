"""The contract of `DeviceTokenStore`: one token a device, kept as a digest."""

from __future__ import annotations

import pytest

from iotconfig.domain.devices.tokens import DeviceTokenService, DeviceTokenStore
from iotconfig.domain.errors import AuthenticationRequired, RecordNotFound
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_A = MacAddress("aa:bb:cc:dd:ee:0a")

_B = MacAddress("aa:bb:cc:dd:ee:0b")


def _created(tokens: DeviceTokenService, mac_address: MacAddress) -> str:
    text = tokens.create(mac_address)
    assert text is not None
    return text


class DeviceTokenStoreContract(UseCases):
    """Needs the fixture `device_tokens`: an empty store of device tokens."""

    @pytest.fixture
    def tokens(self, device_tokens: DeviceTokenStore, clock: SteppingClock) -> DeviceTokenService:
        """The use cases over the store of the test."""
        return DeviceTokenService(device_tokens, clock)

    def test_a_token_identifies_its_device(self, tokens: DeviceTokenService) -> None:
        """Each device has its own token."""
        of_a, of_b = _created(tokens, _A), _created(tokens, _B)

        assert (_A, _B) == (tokens.authenticate(of_a), tokens.authenticate(of_b))
        assert of_a not in repr(list(tokens.all()))

    def test_a_device_keeps_the_token_that_it_has(self, tokens: DeviceTokenService) -> None:
        """Without `replace`, a device that has a token gets no other: that would lock it out."""
        text = _created(tokens, _A)

        assert tokens.create(_A) is None
        assert _A == tokens.authenticate(text)

    def test_a_replaced_token_is_refused(self, tokens: DeviceTokenService) -> None:
        """With `replace`, the new token is valid and the old one is not."""
        old = _created(tokens, _A)
        new = tokens.create(_A, replace=True)

        assert new is not None
        assert _A == tokens.authenticate(new)
        with pytest.raises(AuthenticationRequired, match="device token"):
            tokens.authenticate(old)

    def test_the_owners_among_devices(
        self, device_tokens: DeviceTokenStore, tokens: DeviceTokenService
    ) -> None:
        """Only devices that have a token now."""
        _created(tokens, _A)
        assert {_A} == device_tokens.owners([_A, _B, _A])
        assert set() == device_tokens.owners([])

        tokens.revoke(_A)
        assert set() == device_tokens.owners([_A, _B])

    def test_replacing_a_missing_token_creates_one(self, tokens: DeviceTokenService) -> None:
        """`replace` also works for a device without a token."""
        text = tokens.create(_A, replace=True)

        assert text is not None
        assert _A == tokens.authenticate(text)

    def test_a_token_that_was_revoked_is_refused(self, tokens: DeviceTokenService) -> None:
        """A revoked token is refused, and the device can get another."""
        text = _created(tokens, _A)
        tokens.revoke(_A)

        with pytest.raises(AuthenticationRequired):
            tokens.authenticate(text)
        with pytest.raises(RecordNotFound, match=f"Token of device {_A} was not found"):
            tokens.revoke(_A)
        assert _A == tokens.authenticate(_created(tokens, _A))

    def test_a_secret_of_one_device_is_refused_for_another(self, tokens: DeviceTokenService) -> None:
        """The secret is valid only with the MAC address of its own device."""
        of_a, of_b = _created(tokens, _A), _created(tokens, _B)
        forged = "_".join((*of_b.split("_")[:2], of_a.split("_")[2]))

        with pytest.raises(AuthenticationRequired):
            tokens.authenticate(forged)

    @pytest.mark.parametrize(
        "text", ["", "iotd_", "iotd_aabbccddee0a_", "iotc_aabbccddee0a_" + "0" * 64, "x" * 99]
    )
    def test_texts_that_are_no_tokens(self, tokens: DeviceTokenService, text: str) -> None:
        """Malformed tokens raise the same error as a wrong secret."""
        _created(tokens, _A)

        with pytest.raises(AuthenticationRequired):
            tokens.authenticate(text)

    def test_all_tokens_in_pages(self, tokens: DeviceTokenService, device_tokens: DeviceTokenStore) -> None:
        """Tokens are listed by MAC address, whatever the order of their creation."""
        macs = [MacAddress(f"aa:bb:cc:dd:ee:{n:02x}") for n in range(7)]
        for mac in reversed(macs):
            _created(tokens, mac)

        assert macs == [token.mac_address for token in tokens.all()]
        assert macs[3:5] == [token.mac_address for token in device_tokens.page(macs[2], 2)]
        assert [] == list(device_tokens.page(macs[-1], 2))

    def test_concurrent_tokens_of_one_device(self, tokens: DeviceTokenService) -> None:
        """Of eight concurrent creations for one device, one succeeds, and its token is valid."""
        got = [text for text in together(8, lambda _: tokens.create(_A)) if text is not None]

        assert 1 == len(got)
        assert _A == tokens.authenticate(got[0])
