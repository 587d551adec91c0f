"""Signing in from the page with a token, tokens made and revoked there, and what a viewer is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem
from tests.support.serving import Serve
from tests.support.spare_databases import SpareDatabases
from tests.support.tokens import api_token, bearer
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out


@pytest.fixture
def guarded(start_serve: Callable[..., Serve], _spare_databases: SpareDatabases) -> Iterator[Serve]:
    """A service with authentication, and without an identity provider."""
    url = _spare_databases.take()
    serve = start_serve(url, IOTCONFIG_AUTH="on", IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="1000")
    yield serve
    serve.__exit__(None, None, None)
    _spare_databases.give_back(url)


@pytest.fixture
def guests(chromium: Browser, guarded: Serve) -> Visitor:
    """Opens pages of that service."""
    return Visitor(chromium, guarded.client.base_url)


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("API token").fill(token)
    page.keyboard.press("Enter")


def token_row(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def test_a_token_is_made_and_revoked_by_an_administrator(guarded: Serve, guests: Visitor) -> None:
    """Who has signed in with a token. The new one is shown once; revoked, it ends the session that began with it."""
    admin = api_token(guarded.database_url, Role.ADMIN, "ada")
    with guests.page("/access") as page, guests.page("/access", **PHONE) as phone:
        sign_in(page, f"{admin}0")
        expect(page.get_by_role("alert")).to_contain_text("does not accept this token")
        sign_in(page, admin)
        expect(page.get_by_label("You")).to_contain_text("ada")
        expect(page.get_by_label("You")).to_contain_text("administrator")
        assert not page.evaluate("document.cookie + JSON.stringify([localStorage, sessionStorage])").count(
            "iotc"
        )

        page.get_by_label("Name").fill("wall")
        page.get_by_role("button", name="Create the token").click()
        secret = page.get_by_label("New token").input_value()
        page.get_by_role("button", name="I have it").click()
        expect(token_row(page, "wall")).to_contain_text("viewer")
        assert secret not in page.content()

        sign_in(phone, secret)
        expect(phone.get_by_label("You")).to_contain_text("wall")
        expect(phone.get_by_text("Tokens are made and revoked by administrators.")).to_be_visible()
        for offered in ("Create the token", "Create the device's token", "Revoke"):
            expect(phone.get_by_role("button", name=offered)).to_have_count(0)

        page.get_by_role("button", name="Revoke the token of wall").click()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Revoked and expired: 1")).to_be_visible()
        expect(token_row(page, "wall")).to_be_hidden()
        # The stream of the phone's page ends, too; a further request is refused at once.
        phone.get_by_role("button", name="Menu").click()
        phone.get_by_role("link", name="Fleet").click()
        phone.reload()
        expect(phone.get_by_label("API token")).to_be_focused()
    refused = guarded.client.get("/api/configs", **bearer(secret))
    expect_problem(refused, 401, "AUTHENTICATION_REQUIRED")


def test_a_device_gets_a_token_and_a_new_one(guarded: Serve, guests: Visitor) -> None:
    """The second replaces the first, after a question."""
    with guests.page("/access") as page:
        sign_in(page, api_token(guarded.database_url, Role.ADMIN))
        first, second = (_device_token(page, is_new) for is_new in (True, False))
        assert first != second

        page.get_by_role("button", name="Revoke the token of 02:00:00:00:00:01").click()
        page.keyboard.press("Enter")
        expect(page.get_by_text("No device has a token.")).to_be_visible()


def _device_token(page: Page, is_new: bool) -> str:
    page.get_by_label("MAC address").fill("02-00-00-00-00-01")
    page.get_by_role("button", name="Create the device's token").click()
    if not is_new:
        page.get_by_role("button", name="Replace it").click()
    secret = page.get_by_label("New token").input_value()
    assert secret.startswith("iotd_")
    page.get_by_role("button", name="I have it").click()
    return secret


def test_a_person_signs_out(guarded: Serve, guests: Visitor) -> None:
    """All tabs of the browser ask for a sign-in."""
    with guests.page("/access") as page:
        sign_in(page, api_token(guarded.database_url, Role.VIEWER))
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        other = page.context.new_page()
        other.goto("/access")
        expect(other.get_by_role("button", name="Sign out")).to_be_visible()

        page.get_by_role("button", name="Sign out").click()

        expect(page.get_by_label("API token")).to_be_focused()
        expect(other.get_by_label("API token")).to_be_visible()


def test_without_authentication_everyone_is_administrator(page: Page) -> None:
    """The page says so, and how to change it."""
    page.goto("/access")

    expect(page.get_by_label("You")).to_contain_text("IOTCONFIG_AUTH=on")
    expect(page.get_by_role("button", name="Create the token")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}])
def test_axe_finds_nothing(guarded: Serve, guests: Visitor, options: dict[str, Any]) -> None:
    """In the sign-in, and on the screen; nothing is wider than the screen."""
    with guests.page("/access", **options) as page:
        expect(page.get_by_label("API token")).to_be_focused()
        assert [] == faults_of_accessibility(page)
        sign_in(page, api_token(guarded.database_url, Role.ADMIN, "ada"))
        page.get_by_label("Name").fill("a-name-that-is-as-long-as-names-of-tokens-may-be-and-then-some-1")
        page.get_by_role("button", name="Create the token").click()
        expect(page.get_by_role("button", name="I have it")).to_be_visible()
        page.get_by_role("button", name="Revoke the token of ada").click()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)
