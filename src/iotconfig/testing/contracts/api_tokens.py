"""The contract of `ApiTokenStore`: tokens are shown once, stored as digests, and valid until they expire or are revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from iotconfig.domain.access.api_tokens import ApiToken, ApiTokenService, ApiTokenStore
from iotconfig.domain.access.principal import Principal, Role
from iotconfig.domain.errors import (
    AuthenticationRequired,
    NameTaken,
    RecordNotFound,
    StoreUnavailable,
    ValidationFailed,
)
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_HOUR = timedelta(hours=1)


def _cut(text: str) -> str:
    return text[:-1]


def _other_secret(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def _other_key(text: str) -> str:
    prefix, key, secret = text.split("_")
    return "_".join((prefix, key[:-1] + ("0" if key[-1] != "0" else "1"), secret))


class _ReadOnly:
    """A store that cannot record uses."""

    def __init__(self, store: ApiTokenStore) -> None:
        self._store = store
        self.attempts = 0

    def find(self, key: str) -> ApiToken | None:
        return self._store.find(key)

    def record_use(self, _key: str, _at: object) -> None:
        self.attempts += 1
        raise StoreUnavailable("full")


class ApiTokenStoreContract(UseCases):
    """Needs the fixture `api_tokens`: an empty store of API tokens."""

    @pytest.fixture
    def tokens(self, api_tokens: ApiTokenStore, clock: SteppingClock) -> ApiTokenService:
        """The use cases over the store of the test."""
        return ApiTokenService(api_tokens, clock)

    @pytest.mark.parametrize("role", list(Role))
    def test_a_token_identifies_its_caller(self, tokens: ApiTokenService, role: Role) -> None:
        """Authentication returns the name and the role of the token."""
        _, text = tokens.create("ci", role)

        assert Principal("ci", frozenset({role}), name="ci") == tokens.authenticate(text)

    def test_the_secret_is_not_stored(self, tokens: ApiTokenService) -> None:
        """The stored row, or a log of it, is not enough to use the token."""
        created, text = tokens.create("ci", Role.ADMIN)

        (stored,) = tokens.all()
        assert created == stored
        assert text not in repr(stored)
        assert text.rpartition("_")[2] not in stored.digest
        assert stored.digest not in repr(stored)

    def test_no_two_tokens_are_alike(self, tokens: ApiTokenService) -> None:
        """Twenty tokens differ as a whole, and in their keys."""
        made = [tokens.create(f"t{n}", Role.VIEWER) for n in range(20)]

        assert 20 == len({text for _, text in made}) == len({token.key for token, _ in made})

    @pytest.mark.parametrize(
        "spoil",
        [
            _cut,
            _other_secret,
            _other_key,
            str.upper,
            lambda text: text + "0",
            lambda text: text + "\n",
            lambda text: " " + text,
            lambda text: text.replace("iotc_", "iotd_"),
            lambda text: text.replace("0", "\u0660") + "\u0660",
            lambda _text: "iotc__",
            lambda _text: "iotc_",
            lambda _text: "",
        ],
    )
    def test_tokens_that_are_refused(self, tokens: ApiTokenService, spoil: Callable[[str], str]) -> None:
        """A token with one wrong character is refused, wherever the character is."""
        _, text = tokens.create("ci", Role.ADMIN)

        with pytest.raises(AuthenticationRequired, match="API token"):
            tokens.authenticate(spoil(text))

    def test_a_session_lasts_as_long_as_its_token(
        self, tokens: ApiTokenService, clock: SteppingClock
    ) -> None:
        """The key of a token that was verified identifies the caller, until the token expires or is revoked."""
        revoked, text = tokens.create("ci", Role.ADMIN)
        expiring, _ = tokens.create("nightly", Role.VIEWER, START + _HOUR)
        assert revoked.key == tokens.verify(text).key
        for token in (revoked, expiring):
            assert token.principal == tokens.principal_of_key(token.key)

        tokens.revoke("ci")
        clock.go_to(START + _HOUR)

        for key in (revoked.key, expiring.key, "no such key", ""):
            with pytest.raises(AuthenticationRequired, match="API token"):
                tokens.principal_of_key(key)
        with pytest.raises(AuthenticationRequired, match="API token"):
            tokens.verify(text)

    def test_an_expired_token_is_refused(self, tokens: ApiTokenService, clock: SteppingClock) -> None:
        """A token is refused from the moment of its expiry on."""
        _, text = tokens.create("ci", Role.ADMIN, START + _HOUR)
        tokens.authenticate(text)

        clock.go_to(START + _HOUR)
        with pytest.raises(AuthenticationRequired):
            tokens.authenticate(text)
        assert "expired" == tokens.all()[0].state(clock())

    def test_a_token_cannot_have_expired_before_it_began(self, tokens: ApiTokenService) -> None:
        """A token with an expiry in the past is refused and not stored."""
        with pytest.raises(ValidationFailed, match="expired already"):
            tokens.create("ci", Role.ADMIN, START - _HOUR)

        assert [] == list(tokens.all())

    def test_a_revoked_token_is_refused_at_once(self, tokens: ApiTokenService, clock: SteppingClock) -> None:
        """A revoked token is refused, and other tokens remain valid."""
        _, text = tokens.create("ci", Role.ADMIN)
        _, other = tokens.create("other", Role.ADMIN)

        tokens.revoke("ci")

        with pytest.raises(AuthenticationRequired):
            tokens.authenticate(text)
        assert "other" == tokens.authenticate(other).subject
        assert ["revoked", "active"] == [token.state(clock()) for token in tokens.all()]

    def test_what_cannot_be_revoked(self, tokens: ApiTokenService) -> None:
        """An unknown name and a revoked one raise `RecordNotFound`."""
        tokens.create("ci", Role.ADMIN)
        tokens.revoke("ci")

        for name in ("ci", "other"):
            with pytest.raises(RecordNotFound, match=f"Active token {name} was not found"):
                tokens.revoke(name)

    def test_a_name_is_given_once(self, tokens: ApiTokenService) -> None:
        """A name cannot be used again, even after its token was revoked: revisions have it as their author."""
        tokens.create("ci", Role.ADMIN)
        with pytest.raises(NameTaken, match='"ci" was given before'):
            tokens.create("ci", Role.VIEWER)
        tokens.revoke("ci")
        with pytest.raises(NameTaken):
            tokens.create("ci", Role.VIEWER)

        assert [Role.ADMIN] == [token.role for token in tokens.all()]

    def test_concurrent_tokens_of_one_name(self, tokens: ApiTokenService) -> None:
        """Of eight concurrent creations with one name, one succeeds, and its token is valid."""

        def create(number: int) -> str | None:
            try:
                return tokens.create("ci", Role.ADMIN)[1]
            except NameTaken:
                return None

        got = [text for text in together(8, create) if text is not None]

        assert 1 == len(got)
        assert "ci" == tokens.authenticate(got[0]).subject

    @pytest.mark.parametrize("name", ["a", "CI", "home.assistant", "a@b-c_d", "9", "x" * 64])
    def test_names_that_are_given(self, tokens: ApiTokenService, name: str) -> None:
        """Tokens are sorted by name in code point order, whatever the database's locale."""
        tokens.create(name, Role.VIEWER)
        tokens.create("b", Role.VIEWER)

        assert sorted([name, "b"]) == [token.name for token in tokens.all()]

    @pytest.mark.parametrize("name", ["", "x" * 65, " a", "a b", "-a", "ä", "a\n", "a\0", "anonymous"])
    def test_names_that_are_refused(self, tokens: ApiTokenService, name: str) -> None:
        """Malformed names are refused, and so is `anonymous`: it is reserved for changes without authentication."""
        with pytest.raises(ValidationFailed):
            tokens.create(name, Role.VIEWER)

    def test_a_use_is_recorded_once_a_minute(self, tokens: ApiTokenService, clock: SteppingClock) -> None:
        """A use within a minute of the recorded one is not written."""
        _, text = tokens.create("ci", Role.ADMIN)
        assert tokens.all()[0].last_used_at is None

        clock.go_to(START + _HOUR)
        tokens.authenticate(text)
        first = tokens.all()[0].last_used_at
        assert first == START + _HOUR

        clock.go_to(START + _HOUR + timedelta(seconds=59))
        tokens.authenticate(text)
        assert first == tokens.all()[0].last_used_at

        clock.go_to(START + _HOUR + timedelta(seconds=61))
        tokens.authenticate(text)
        assert START + _HOUR + timedelta(seconds=61) == tokens.all()[0].last_used_at

    def test_a_use_is_recorded_behind_the_request(
        self, api_tokens: ApiTokenStore, clock: SteppingClock
    ) -> None:
        """The use is handed on once for all requests of a minute, and stored when that is done with it."""
        waiting: list[tuple[str, datetime]] = []
        tokens = ApiTokenService(api_tokens, clock, lambda key, at: waiting.append((key, at)))
        _, text = tokens.create("ci", Role.ADMIN)

        for _ in range(5):
            tokens.authenticate(text)

        assert 1 == len(waiting)
        assert tokens.all()[0].last_used_at is None
        api_tokens.record_use(*waiting.pop())
        assert tokens.all()[0].last_used_at is not None

    def test_the_last_use_never_goes_back(self, api_tokens: ApiTokenStore, clock: SteppingClock) -> None:
        """An earlier use that is recorded later changes nothing: workers record in any order."""
        token, _ = ApiTokenService(api_tokens, clock).create("ci", Role.ADMIN)

        api_tokens.record_use(token.key, START + _HOUR)
        api_tokens.record_use(token.key, START)
        api_tokens.record_use("no such key", START)

        assert [START + _HOUR] == [token.last_used_at for token in api_tokens.all()]

    def test_a_use_that_cannot_be_recorded_does_not_refuse_the_token(
        self, api_tokens: ApiTokenStore, clock: SteppingClock
    ) -> None:
        """Authentication succeeds if the use cannot be recorded, and the next request does not try to record it again."""
        _, text = ApiTokenService(api_tokens, clock).create("ci", Role.ADMIN)
        store = _ReadOnly(api_tokens)
        tokens = ApiTokenService(store, clock)  # type: ignore[arg-type] # it has what is used here

        assert "ci" == tokens.authenticate(text).subject == tokens.authenticate(text).subject
        assert 1 == store.attempts
