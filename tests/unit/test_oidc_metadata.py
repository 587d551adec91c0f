"""What a provider says of itself: what is believed, and what is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from iotconfig.adapters.oidc.faults import ProviderUnavailable
from iotconfig.adapters.oidc.metadata import Metadata

ISSUER = "https://sso.example.org/realms/home"
DOCUMENT = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/certs",
    "authorization_endpoint": f"{ISSUER}/auth?tenant=1",
    "token_endpoint": "https://elsewhere.example.com/token",
    "end_session_endpoint": f"{ISSUER}/logout",
    "token_endpoint_auth_methods_supported": ["client_secret_post"],
    "authorization_response_iss_parameter_supported": True,
}


def read(more: Mapping[str, object], asked: str = ISSUER) -> Metadata:
    return Metadata.read({**DOCUMENT, **more}, asked)


def test_a_whole_document() -> None:
    """Each member finds its place; endpoints may be on other hosts."""
    expected = Metadata(
        issuer=ISSUER,
        jwks_uri=f"{ISSUER}/certs",
        authorization_endpoint=f"{ISSUER}/auth?tenant=1",
        token_endpoint="https://elsewhere.example.com/token",
        end_session_endpoint=f"{ISSUER}/logout",
        token_auth_methods=("client_secret_post",),
        names_itself=True,
    )

    assert expected == read({})


def test_the_least_document() -> None:
    """Issuer and keys are enough for bearer tokens; the rest has the defaults of the specification."""
    expected = Metadata(
        ISSUER, f"{ISSUER}/certs", None, None, None, ("client_secret_basic",), names_itself=False
    )

    assert expected == Metadata.read({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs"}, ISSUER)


@pytest.mark.parametrize(
    ("setting", "published"), [(f"{ISSUER}/", ISSUER), (ISSUER, f"{ISSUER}/"), (f"{ISSUER}/", f"{ISSUER}/")]
)
def test_a_slash_at_the_end_makes_no_difference(setting: str, published: str) -> None:
    """What the provider spells is what counts."""
    assert published == read({"issuer": published}, setting).issuer


@pytest.mark.parametrize(
    "issuer",
    [
        None,
        5,
        "",
        "https://sso.example.org",
        f"{ISSUER}2",
        f"{ISSUER}/x",
        ISSUER.upper(),
        "http" + ISSUER[5:],
        [ISSUER],
    ],
    ids=str,
)
def test_another_issuer(issuer: object) -> None:
    """A document speaks for the issuer that it was asked of."""
    with pytest.raises(ProviderUnavailable) as fault:
        read({"issuer": issuer})
    assert "they must be equal" in fault.value.reason


@pytest.mark.parametrize(
    "name", ["jwks_uri", "authorization_endpoint", "token_endpoint", "end_session_endpoint"]
)
@pytest.mark.parametrize(
    "url",
    [
        "http://sso.example.org/x", "http://127.0.0.1/x", "ftp://sso.example.org/x", "javascript:alert(1)", "/x", "",
        "https://", "https:///x", "https://u@sso.example.org/", "https://sso.example.org/#x", "https://sso.example.org/#", "https://sso.example.org/ x",
        "https://sso.example.org/\r\nx", "https://[", "https://sso.example.org:99999/", "https://sso.example.org/ä",
        5, ["https://sso.example.org/"], {},
    ],
    ids=str,
)  # fmt: skip
def test_an_endpoint_that_is_not_https(name: str, url: object) -> None:
    """One that is not spoils the whole document: somebody tampered with it."""
    with pytest.raises(ProviderUnavailable) as fault:
        read({name: url})
    assert name in fault.value.reason
    assert fault.value.reason.isprintable()


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8180", "http://keycloak:8080"])
def test_an_operator_who_wants_http(issuer: str) -> None:
    """Where the issuer was configured without TLS, its endpoints may be so, too."""
    metadata = Metadata.read({"issuer": issuer, "jwks_uri": f"{issuer}/certs"}, issuer)

    assert f"{issuer}/certs" == metadata.jwks_uri
    with pytest.raises(ProviderUnavailable):
        Metadata.read({"issuer": issuer, "jwks_uri": "file:///etc/passwd"}, issuer)


def test_no_keys() -> None:
    """Without keys there is nothing to verify with."""
    with pytest.raises(ProviderUnavailable) as fault:
        read({"jwks_uri": None})
    assert "no jwks_uri" in fault.value.reason


@pytest.mark.parametrize("value", [None, "true", 1, [], {}], ids=str)
def test_a_claim_to_name_itself_is_a_true(value: object) -> None:
    """Nothing else makes the parameter `iss` required."""
    assert read({"authorization_response_iss_parameter_supported": value}).names_itself is False
