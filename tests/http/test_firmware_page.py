"""`docs/firmware.md`: its requests are sent as they stand there, and answered as it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from attrs import frozen

from iotconfig.adapters.codec import report_of_header
from tests.support.in_process import Service
from tests.support.markdown import blocks

_PAGE = (Path(__file__).parents[2] / "docs" / "firmware.md").read_text()
MAC = "02:00:00:00:00:02"


@frozen
class Message:
    """A request or an answer of the page."""

    start: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        head, _, body = text.partition("\n\n")
        start, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        return cls(start, headers, body.removesuffix("\n").encode())


def _exchanges() -> list[tuple[Message, Message]]:
    shown = [Message.parse(block.text) for block in blocks(_PAGE) if block.language == "http"]
    return list(zip(shown[::2], shown[1::2], strict=True))


def test_requests_and_answers(start_service: Callable[..., Service]) -> None:
    """In their order; before the refusal, the operator has saved the document that is refused."""
    client = start_service(IOTCONFIG_SIGHTINGS_INTERVAL="3600").client

    def save(brightness: int) -> None:
        content = f'{{"deviceName": "Hall lamp", "brightness": {brightness}}}'
        answer = client.send_json("PUT", f"/api/configs/by-mac/{MAC}", {"content": content})
        assert answer.status in (200, 201)

    save(20)
    exchanges = _exchanges()
    for request, expected in exchanges:
        if "Config-Report" in request.headers:
            save(150)
        method, path, _ = request.start.split()
        assert str(len(request.body)) == request.headers.get("Content-Length", "0")
        sent = {name: value for name, value in request.headers.items() if name != "Host"}
        answer = client.request(method, path, request.body or None, sent)

        assert expected.start.split()[1] == str(answer.status)
        assert expected.body == answer.body
        given = {name: answer.headers.get(name.lower()) for name in expected.headers}
        assert dict(expected.headers) == given
        assert "config-report-error" not in answer.headers

    device = client.get(f"/api/devices/{MAC}").json()
    assert ("rejected", 2, "1.0.0") == (device["state"], device["wanted"], device["firmware"])
    assert "refused 2 at /brightness: 150 > 100" in device["why"].lower()
    assert ["200", "304", "304", "204"] == [answer.start.split()[1] for _, answer in exchanges]


def test_reports_have_the_size_that_the_page_allows() -> None:
    """As a header and as JSON."""
    requests = [request for request, _ in _exchanges()]
    headers = [request.headers["Config-Report"] for request in requests if "Config-Report" in request.headers]
    bodies = [request.body for request in requests if request.body]

    assert [1, 1] == [len(headers), len(bodies)]
    assert "rejected" == report_of_header(headers[0]).outcome
    assert max(len(headers[0]), len(bodies[0])) <= 192
