"""Names that lead elsewhere, as the server's parser passes them on; tests/http/test_asset_names.py has all of them."""

from __future__ import annotations

import pytest

from tests.support.api import expect_problem
from tests.support.depot import Depot
from tests.support.wire import exchange, request_bytes


@pytest.fixture(scope="module")
def something(shared_depot: Depot) -> None:
    """An asset, so that the directory is there; beside it lies the key."""
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
def test_the_server_takes_no_path_apart(depot: Depot, target: str, status: int, code: str) -> None:
    """What leads elsewhere reaches the application as it was sent, and is refused."""
    answer = exchange(depot.client, request_bytes("GET", f"/api/assets/{target}"))

    expect_problem(answer, status, code)


@pytest.mark.usefixtures("something")
def test_a_whole_address_is_taken_apart_the_same_way(depot: Depot) -> None:
    """A request may name the service, too (RFC 9112, section 3.2.2)."""
    base = depot.client.base_url
    expect_problem(
        exchange(depot.client, request_bytes("GET", f"{base}/api/assets/%2e%2e")), 400, "VALIDATION_FAILED"
    )
    good = exchange(depot.client, request_bytes("GET", f"{base}/api/assets/firmware.bin"))
    assert b"firmware" == good.body


@pytest.mark.usefixtures("something")
def test_bytes_that_no_path_has_are_refused(depot: Depot) -> None:
    """A NUL, a line break or another control character as it is."""
    for byte in (b"\0", b"\n", b"\r", b"\x7f", b"\t"):
        request = request_bytes("GET", "/api/assets/firmware.bin").replace(
            b"firmware.bin", b"firmware" + byte + b".bin"
        )
        answer = exchange(depot.client, request)
        assert answer.status in (400, 404), byte
        assert b"firmware" != answer.body
