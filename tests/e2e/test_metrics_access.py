"""Access to metrics, and their address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from tests.support.api import created, expect_problem
from tests.support.http import Client
from tests.support.scraping import address_of, metrics_address, parsed, value
from tests.support.serving import Serve, environment, run_command

TOKEN = "a-token-of-many-letters"


def test_metrics_behind_a_token(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """Without a separate address, the API serves them with the token, from any worker."""
    serve = start_serve(sqlite_url, workers=2, IOTCONFIG_METRICS_TOKEN=TOKEN)
    created(serve.client, {})

    def authorized() -> float | None:
        answer = serve.client.get("/metrics", Authorization=f"Bearer {TOKEN}")
        assert 200 == answer.status
        return value(
            parsed(answer.body.decode()), "iot_config_operations_total", operation="create", status="success"
        )

    assert [1.0] * 10 == [authorized() for _ in range(10)]
    for header in (
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer é"},
    ):
        problem = expect_problem(
            serve.client.request("GET", "/metrics", headers=header), 401, "AUTHENTICATION_REQUIRED"
        )
        assert TOKEN not in problem["error"]
    assert TOKEN not in serve.output()


def test_without_settings_there_are_no_metrics(single: Serve) -> None:
    """The route does not exist, and nothing is counted."""
    expect_problem(single.client.get("/metrics"), 404, "ROUTE_NOT_FOUND")
    environ = Path(f"/proc/{single.web_pid()}/environ").read_bytes().decode()
    assert "PROMETHEUS" not in environ


def test_a_separate_address_of_metrics(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """The API has no route for them, and a token is required if it is set."""
    bind = metrics_address()
    serve = start_serve(sqlite_url, workers=1, IOTCONFIG_METRICS_TOKEN=TOKEN, **bind)
    scraper = Client(f"http://{address_of(serve, bind)}")

    assert 404 == serve.client.get("/metrics", Authorization=f"Bearer {TOKEN}").status
    assert (401, 200, 200) == (
        scraper.get("/metrics").status,
        scraper.get("/metrics", Authorization=f"Bearer {TOKEN}").status,
        scraper.get("/metrics", Authorization=f"bEARER   {TOKEN} ").status,
    )
    given = {"Authorization": f"Bearer {TOKEN}", "Accept": 'Application/OpenMetrics-Text ; Version="1.0.0"'}
    negotiated = scraper.request("GET", "/metrics", headers=given)
    assert negotiated.headers["content-type"].startswith("application/openmetrics-text")
    odd = scraper.request(
        "GET", "/metrics", headers={**given, "Accept": "application/openmetrics-text; version=x"}
    )
    assert (200, True) == (odd.status, odd.headers["content-type"].startswith("text/plain"))
    assert 404 == scraper.get("/api/configs").status
    assert b"" == scraper.request("HEAD", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).body


def test_an_address_in_use_refuses_the_start(sqlite_url: str) -> None:
    """One line names the variable, and no process stays."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run_command(
            "serve", "--port", "0", env=environment(sqlite_url, IOTCONFIG_METRICS_BIND=address)
        )
    (line,) = ended.stderr.decode().splitlines()

    assert 1 == ended.returncode
    assert address in line
    assert "IOTCONFIG_METRICS_BIND" in line
