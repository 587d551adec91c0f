"""Names that refer to other paths, through the server's parser; tests/http/test_asset_names.py has all of them."""

from __future__ import annotations

import pytest

from tests.support.api import expect_problem
from tests.support.depot import Depot
from tests.support.wire import exchange, request_bytes


@pytest.fixture(scope="module")
def something(shared_depot: Depot) -> None:
    """An asset, so that the directory exists; the key is in a file beside it."""
    shared_depot.uploaded("firmware.bin", b"firmware")
    assert (shared_depot.directory.parent / "signing.pem").is_file()


@pytest.mark.usefixtures("something")
@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("%2e%2e", 400, "VALIDATION_FAILED"),
        ("..\\signing.pem", 400, "VALIDATION_FAILED"),
        ("firmware.bin%00", 400, "VALIDATION_FAILED"),
        ("%c0%ae%c0%ae", 400, "VALIDATION_FAILED"),
        ("..%2fsigning.pem", 404, "ROUTE_NOT_FOUND"),
        ("../../../../etc/passwd", 404, "ROUTE_NOT_FOUND"),
        ("/firmware.bin", 404, "ROUTE_NOT_FOUND"),
    ],
)
def test_the_server_does_not_normalize_paths(depot: Depot, target: str, status: int, code: str) -> None:
    """Such a path reaches the application unchanged, and is refused."""
    answer = exchange(depot.client, request_bytes("GET", f"/api/assets/{target}"))

    expect_problem(answer, status, code)


@pytest.mark.usefixtures("something")
def test_a_target_in_absolute_form_is_the_same_path(depot: Depot) -> None:
    """RFC 9112, section 3.2.2."""
    base = depot.client.base_url
    expect_problem(
        exchange(depot.client, request_bytes("GET", f"{base}/api/assets/%2e%2e")), 400, "VALIDATION_FAILED"
    )
    good = exchange(depot.client, request_bytes("GET", f"{base}/api/assets/firmware.bin"))
    assert b"firmware" == good.body


@pytest.mark.usefixtures("something")
def test_control_characters_in_a_path_are_refused(depot: Depot) -> None:
    """They are not escaped: NUL, line breaks and others."""
    for byte in (b"\0", b"\n", b"\r", b"\x7f", b"\t"):
        request = request_bytes("GET", "/api/assets/firmware.bin").replace(
            b"firmware.bin", b"firmware" + byte + b".bin"
        )
        answer = exchange(depot.client, request)
        assert answer.status in (400, 404), byte
        assert b"firmware" != answer.body
