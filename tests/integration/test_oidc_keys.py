"""The provider's keys: when they are fetched, and how long they are used while the provider is unavailable."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from iotconfig.adapters.oidc.cached_fetch import COOL_DOWN, FRESH, GOOD
from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.domain.errors import AuthenticationRequired, ExternalServiceError
from tests.support.identities import registered, wait_for_fetches
from tests.support.identity_provider import CONFIGURATION, JWKS, Provider
from tests.support.standing_clock import StandingClock
from tests.support.waiting import wait_until

AWAY = "The identity provider is not available"
UNKNOWN = "none of the identity provider's published keys signed it"


def lasting(provider: Provider, **more: Any) -> str:
    """A token that is valid for longer than the clock is advanced."""
    return provider.token(exp=4_000_000_000, **more)


def refuse(identity: OidcIdentityProvider, token: str, match: str = UNKNOWN) -> None:
    with pytest.raises(AuthenticationRequired, match=match):
        identity.principal_of(token)


def cool_down(clock: StandingClock) -> None:
    clock.shift(seconds=COOL_DOWN.total_seconds() + 1)


def test_nothing_is_fetched_before_it_is_needed(provider: Provider, clock: StandingClock) -> None:
    """A service starts while its provider is unavailable."""
    provider.stop()

    registered(provider, clock)
    assert 0 == provider.requests(CONFIGURATION)


def test_keys_are_fetched_once(identity: OidcIdentityProvider, provider: Provider) -> None:
    """Only the first token causes a request."""
    for _ in range(20):
        identity.principal_of(provider.token())

    assert (1, 1) == (provider.requests(CONFIGURATION), provider.requests(JWKS))


def test_a_crowd_at_the_start_fetches_keys_once(identity: OidcIdentityProvider, provider: Provider) -> None:
    """Concurrent callers wait for one fetch."""
    token = provider.token()
    together = Barrier(20)

    def call(_: int) -> str:
        together.wait()
        return identity.principal_of(token).subject

    with ThreadPoolExecutor(20) as crowd:
        assert ["ada"] * 20 == list(crowd.map(call, range(20)))
    assert 1 == provider.requests(JWKS)


def test_rotated_keys_are_fetched_for_their_first_token(
    identity: OidcIdentityProvider, provider: Provider
) -> None:
    """This needs no restart and no wait; tokens of the old key are refused."""
    old = provider.token()
    assert "ada" == identity.principal_of(old).subject

    provider.rotate()
    assert "eve" == identity.principal_of(provider.token("eve")).subject
    refuse(identity, old)
    assert 2 == provider.requests(JWKS)


def test_rotated_keys_without_ids(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The same holds for tokens without an id of the key."""
    identity.principal_of(provider.token())

    provider.rotate()
    assert "eve" == identity.principal_of(provider.sign(provider.claims("eve"), kid=None)).subject


def test_keys_that_overlap(identity: OidcIdentityProvider, provider: Provider) -> None:
    """While both keys are published, both are accepted."""
    old, before = provider.key, provider.token()
    provider.rotate()
    provider.published = [old]

    assert "ada" == identity.principal_of(before).subject
    assert "eve" == identity.principal_of(provider.token("eve")).subject


def test_unknown_kids_a_thousand_times(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """A thousand unknown ids by fifty callers cause one fetch per cool-down."""
    forger = RSAKey.generate_key()
    forged = [provider.sign(provider.claims(), key=forger, kid=f"made-up-{n}") for n in range(1000)]
    identity.principal_of(provider.token())
    together = Barrier(50)

    def storm(first: int) -> int:
        together.wait()
        for token in forged[first::50]:
            refuse(identity, token)
        return len(forged[first::50])

    with ThreadPoolExecutor(50) as crowd:
        assert 1000 == sum(crowd.map(storm, range(50)))
    assert 2 == provider.requests(JWKS)

    cool_down(clock)
    with ThreadPoolExecutor(50) as crowd:
        assert 1000 == sum(crowd.map(storm, range(50)))
    assert 3 == provider.requests(JWKS)
    assert "ada" == identity.principal_of(provider.token()).subject


def test_an_unknown_kid_at_the_start(identity: OidcIdentityProvider, provider: Provider) -> None:
    """Keys that were fetched for this token are not fetched again for it."""
    refuse(identity, provider.sign(provider.claims(), key=RSAKey.generate_key()))

    assert 1 == provider.requests(JWKS)


def test_a_new_key_within_the_cool_down(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """Unknown ids delay a new key by one cool-down at most."""
    identity.principal_of(provider.token())
    refuse(identity, provider.sign(provider.claims(), key=RSAKey.generate_key()))
    provider.rotate()
    refuse(identity, provider.token())

    cool_down(clock)
    assert "ada" == identity.principal_of(provider.token()).subject


def test_withdrawn_keys_expire(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """A withdrawn key is refused after a limited time, even without a new key."""
    stolen = lasting(provider)
    assert "ada" == identity.principal_of(stolen).subject
    provider.rotate()
    assert "ada" == identity.principal_of(stolen).subject

    clock.shift(seconds=FRESH.total_seconds() + 1)
    # This token is verified with the cached keys, and starts a fetch.
    identity.principal_of(stolen)
    wait_until(lambda: provider.requests(JWKS) == 2, "the keys are fetched again")
    wait_for_fetches()
    refuse(identity, stolen)


def test_keys_move_to_another_address(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """The discovery document is fetched again, too."""
    identity.principal_of(provider.token())
    moved = {"keys": [{**provider.key.as_dict(), "kid": "moved"}]}
    provider.answer_with("/moved", moved)
    provider.discovery = {"jwks_uri": f"{provider.issuer}/moved"}

    assert "ada" == identity.principal_of(provider.sign(provider.claims(), kid="moved")).subject


def test_provider_away_after_warm_up(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Cached keys are used for up to a day; then tokens are unverifiable, until the provider is back."""
    token = lasting(provider)
    identity.principal_of(token)
    provider.stop()

    for hours in (1, 10, 12.9):
        clock.shift(hours=hours)
        assert "ada" == identity.principal_of(token).subject
        wait_for_fetches()
    assert GOOD.total_seconds() > 23.9 * 3600
    clock.shift(hours=0.2)
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(token)
    assert provider.issuer in caplog.text

    provider.start()
    cool_down(clock)
    assert "ada" == identity.principal_of(token).subject


def test_provider_away_from_the_start(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """Without keys, tokens are unverifiable; the provider is asked again after a pause."""
    provider.stop()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token())

    provider.start()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token())
    assert 0 == provider.requests(CONFIGURATION)

    cool_down(clock)
    assert "ada" == identity.principal_of(provider.token()).subject


def test_provider_away_and_an_unknown_key(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """A token of an unknown key is refused; cached keys stay valid."""
    known = provider.token()
    identity.principal_of(known)
    provider.rotate()
    provider.stop()

    refuse(identity, provider.token())
    assert "ada" == identity.principal_of(known).subject

    provider.start()
    refuse(identity, provider.token())
    cool_down(clock)
    assert "ada" == identity.principal_of(provider.token()).subject


def test_a_hung_provider_does_not_delay_known_keys(provider: Provider, clock: StandingClock) -> None:
    """During a fetch, cached keys are used at once."""
    identity = registered(provider, clock, seconds=3600)
    token = lasting(provider)
    identity.principal_of(token)
    provider.hang()
    clock.shift(hours=1)

    for _ in range(100):
        assert "ada" == identity.principal_of(token).subject
    wait_until(lambda: provider.requests(CONFIGURATION) == 2, "the keys are asked for again")
    assert "ada" == identity.principal_of(token).subject
    assert 2 == provider.requests(CONFIGURATION)


def test_waiting_for_a_hung_provider_is_bounded(provider: Provider, clock: StandingClock) -> None:
    """The first caller waits for a limited time, the next ones not at all."""
    identity = registered(provider, clock, seconds=0.2)
    provider.hang()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token())

    wait_for_fetches()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token())
    assert 1 == provider.requests(CONFIGURATION)

    provider.resume()
    cool_down(clock)
    assert "ada" == identity.principal_of(provider.token()).subject


@pytest.mark.parametrize("path", [CONFIGURATION, JWKS])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200), (b"<html>", 200), (b"[" * 100_000, 200), (b"\xff", 200), ([], 200), ({}, 200), (5, 200),
        ({"keys": {}, "issuer": 5}, 200), ({"keys": []}, 200), ({"keys": [{"kty": "oct", "k": "AAAA"}]}, 200),
        ({"keys": []}, 500), ({"keys": []}, 404), (b" " * 300_000, 200),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_a_provider_with_malformed_answers(
    identity: OidcIdentityProvider,
    provider: Provider,
    clock: StandingClock,
    path: str,
    body: object,
    status: int,
) -> None:
    """They count as failed fetches: cached keys are used until the provider recovers."""
    provider.answer_with(path, body, status)
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token())

    provider.answer_as_it_should()
    cool_down(clock)
    known = lasting(provider)
    assert "ada" == identity.principal_of(known).subject

    provider.answer_with(path, body, status)
    provider.rotate()
    refuse(identity, provider.token())
    assert "ada" == identity.principal_of(known).subject


def test_another_issuers_document(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A document of another issuer is refused."""
    provider.discovery = {"issuer": "https://evil.example"}

    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.principal_of(provider.token(iss="https://evil.example"))


def test_a_slash_at_the_settings_end(provider: Provider, clock: StandingClock) -> None:
    """A final slash of the setting does not matter; tokens have the issuer of the document."""
    assert (
        "ada"
        == registered(provider, clock, issuer=f"{provider.issuer}/").principal_of(provider.token()).subject
    )

    provider.discovery = {"issuer": f"{provider.issuer}/"}
    identity = registered(provider, clock)
    assert "ada" == identity.principal_of(provider.token(iss=f"{provider.issuer}/")).subject
    refuse(identity, provider.token(), "another issuer")


@pytest.mark.parametrize("hours", [-48, -1])
def test_a_clock_that_is_set_back(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock, hours: int
) -> None:
    """Keys with a fetch time in the future are fetched again."""
    token = lasting(provider, iat=1)
    identity.principal_of(token)

    clock.shift(hours=hours)
    identity.principal_of(token)
    wait_until(lambda: provider.requests(JWKS) == 2, "the keys are fetched again")
    wait_for_fetches()
    identity.principal_of(token)
    assert 2 == provider.requests(JWKS)


def test_no_secret_in_the_log(
    provider: Provider, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    """No failure logs a token or the client's secret."""
    caplog.set_level(logging.DEBUG)
    identity = registered(provider, clock)
    token = provider.token()
    refuse(identity, provider.sign(provider.claims(), key=RSAKey.generate_key()))
    provider.stop()
    identity.principal_of(token)

    assert token not in caplog.text
    assert provider.client_secret not in caplog.text
    assert provider.client_secret not in repr(identity)
