"""A provider's discovery document: accepted and refused values."""

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
    "device_authorization_endpoint": f"{ISSUER}/device",
    "end_session_endpoint": f"{ISSUER}/logout",
    "token_endpoint_auth_methods_supported": ["client_secret_post"],
    "authorization_response_iss_parameter_supported": True,
}


def read(more: Mapping[str, object], asked: str = ISSUER) -> Metadata:
    return Metadata.read({**DOCUMENT, **more}, asked)


def test_a_whole_document() -> None:
    """Each member is read; endpoints may be on other hosts."""
    expected = Metadata(
        issuer=ISSUER,
        jwks_uri=f"{ISSUER}/certs",
        authorization_endpoint=f"{ISSUER}/auth?tenant=1",
        token_endpoint="https://elsewhere.example.com/token",
        device_authorization_endpoint=f"{ISSUER}/device",
        end_session_endpoint=f"{ISSUER}/logout",
        token_auth_methods=("client_secret_post",),
        names_itself=True,
    )

    assert expected == read({})


def test_the_minimal_document() -> None:
    """Issuer and keys suffice for bearer tokens; the rest has the defaults of the specification."""
    expected = Metadata(
        ISSUER, f"{ISSUER}/certs", None, None, None, None, ("client_secret_basic",), names_itself=False
    )

    assert expected == Metadata.read({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs"}, ISSUER)


@pytest.mark.parametrize(
    ("setting", "published"), [(f"{ISSUER}/", ISSUER), (ISSUER, f"{ISSUER}/"), (f"{ISSUER}/", f"{ISSUER}/")]
)
def test_a_slash_at_the_end_makes_no_difference(setting: str, published: str) -> None:
    """The issuer is the one in the document, with its slash or without."""
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
    """A document is refused if its issuer is not the configured one."""
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
    """One endpoint without https invalidates the document, which may have been tampered with."""
    with pytest.raises(ProviderUnavailable) as fault:
        read({name: url})
    assert name in fault.value.reason
    assert fault.value.reason.isprintable()


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8180", "http://keycloak:8080"])
def test_an_issuer_configured_with_http(issuer: str) -> None:
    """If the configured issuer has no TLS, its endpoints may have none either."""
    metadata = Metadata.read({"issuer": issuer, "jwks_uri": f"{issuer}/certs"}, issuer)

    assert f"{issuer}/certs" == metadata.jwks_uri
    with pytest.raises(ProviderUnavailable):
        Metadata.read({"issuer": issuer, "jwks_uri": "file:///etc/passwd"}, issuer)


def test_no_keys() -> None:
    """A document without keys is refused: no signature could be verified."""
    with pytest.raises(ProviderUnavailable) as fault:
        read({"jwks_uri": None})
    assert "no jwks_uri" in fault.value.reason


@pytest.mark.parametrize("value", [None, "true", 1, [], {}], ids=str)
def test_only_true_makes_the_issuer_parameter_required(value: object) -> None:
    """No other value makes the parameter `iss` required in callbacks."""
    assert read({"authorization_response_iss_parameter_supported": value}).names_itself is False
