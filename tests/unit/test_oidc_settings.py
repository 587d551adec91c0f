"""Settings of OpenID Connect: accepted values, and refusals that name the variable and show no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.entrypoints.settings import InvalidSetting, Settings
from iotconfig.entrypoints.wiring import access

SECRET = "hunter2"
ON = {
    "OIDC_ENABLED": "true",
    "OIDC_ISSUER_URL": "https://sso.example.org/realms/home",
    "OIDC_CLIENT_ID": "iot",
}


def read(**environ: str) -> Settings:
    return Settings.from_environ(environ)


def test_it_is_off_by_default() -> None:
    """Without the switch, OpenID Connect is off whatever else is set."""
    assert access.identity_provider(read()) is None
    assert access.identity_provider(read(**{**ON, "OIDC_ENABLED": "false"})) is None


def test_defaults() -> None:
    """Three variables suffice."""
    settings = read(**ON)

    assert isinstance(access.identity_provider(settings), OidcIdentityProvider)
    assert ("", "", "openid profile email", None) == (
        settings.access.oidc.client_secret,
        settings.access.oidc.audience,
        settings.access.oidc.scopes,
        settings.access.oidc.roles.claim,
    )
    assert ("admin", "asset-uploader", "viewer") == (
        settings.access.oidc.roles.admin,
        settings.access.oidc.roles.asset_uploader,
        settings.access.oidc.roles.viewer,
    )


@pytest.mark.parametrize("missing", ["OIDC_ISSUER_URL", "OIDC_CLIENT_ID"])
def test_on_without_a_required_variable(missing: str) -> None:
    """The start is refused with the name of the missing variable."""
    with pytest.raises(InvalidSetting) as refusal:
        read(**{**ON, missing: ""})

    assert f"{missing}: it is needed with OIDC_ENABLED=true" == str(refusal.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://sso.example.org", "https://sso.example.org"),
        ("https://sso.example.org/realms/home/", "https://sso.example.org/realms/home"),
        ("http://127.0.0.1:8180/realms/home", "http://127.0.0.1:8180/realms/home"),
        ("http://keycloak:8080", "http://keycloak:8080"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        ("https://login.example.org/9188040d/v2.0", "https://login.example.org/9188040d/v2.0"),
    ],
)
def test_issuers(text: str, expected: str) -> None:
    """http and https URLs are accepted, with or without a path; a final slash is removed."""
    assert expected == read(OIDC_ISSUER_URL=text).access.oidc.issuer_url


def test_scopes_are_normalized() -> None:
    """Any white space between scopes becomes one space."""
    assert "openid groups" == read(OIDC_SCOPES="  openid \t groups\n").access.oidc.scopes


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OIDC_ENABLED", "maybe"),
        *[
            ("OIDC_ISSUER_URL", url)
            for url in (
                "sso.example.org", "ftp://sso.example.org", "https://", "file:///etc", "javascript:alert(1)",
                "https://sso.example.org?a=1", "https://sso.example.org#a", "https://sso.example.org/a b",
                f"https://u:{SECRET}@sso.example.org", "https://sso.example.org\n", "https://sso\x00.example.org",
                "https://sso.example.org:99999", "https://[", "https://sso.example.org\\@evil", "https://büro.example",
            )
        ],
        *[("OIDC_SCOPES", scopes) for scopes in ("profile", "openid,profile", "openidx", 'openid "x"', "openid ä", " ")],
        *[("OIDC_CLIENT_ID", text) for text in ("iöt", "a\nb", "a\x00")],
        *[("OIDC_CLIENT_SECRET", text) for text in (f"{SECRET}\n", f"{SECRET}ä", f"{SECRET}\x00")],
        ("OIDC_AUDIENCE", "a\nb"),
        ("IOTCONFIG_OIDC_CA_FILE", "no/such/file.pem"),
        ("IOTCONFIG_OIDC_CA_FILE", "."),
    ],
)  # fmt: skip
def test_refusals(variable: str, value: str) -> None:
    """A bad value stops the start with one line that names its variable and repeats no secret."""
    with pytest.raises(InvalidSetting) as refusal:
        read(**{**ON, variable: value})

    line = str(refusal.value)
    assert line.startswith(f"{variable}: ")
    assert SECRET not in line
    assert 1 == len(line.splitlines())


def test_a_file_without_certificates(tmp_path: Path) -> None:
    """It is refused at the start, not at the first sign-in."""
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")

    with pytest.raises(InvalidSetting) as refusal:
        access.identity_provider(read(**ON, IOTCONFIG_OIDC_CA_FILE=str(file)))
    assert str(refusal.value).startswith("IOTCONFIG_OIDC_CA_FILE: ")


def test_secrets_do_not_show() -> None:
    """Neither the settings nor the objects made from them show the secret."""
    settings = read(**ON, OIDC_CLIENT_SECRET=SECRET)

    assert SECRET == settings.access.oidc.client_secret
    assert SECRET not in f"{settings}{settings!r}{access.identity_provider(settings)!r}"
