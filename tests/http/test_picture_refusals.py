"""Refusals of `GET /api/images/lvgl`: invalid parameters, non-public addresses, and files that are not pictures."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.api import expect_problem
from tests.support.in_process import Service
from tests.support.picture_server import PictureServer, answer, head
from tests.support.pictures import PATH, ask, png, png_claiming
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "url"),
        ("url=", "url"),
        ("url=picture.png", "url"),
        ("url=file:///etc/passwd", "url"),
        ("url=http://user:password@127.0.0.1/", "url"),
        ("url=http://127.0.0.1:0/", "url"),
        ("url=http://a/&url=http://b/", "url"),
        *((f"url=http://127.0.0.1/&{side}={value}", side) for side in ("width", "height") for value in ("", "0", "-1", "4097", "1.5", "x", "1e2", "%D9%A3", "1&{side}=1")),
        ("url=http://127.0.0.1/&headers=A&headers=B", "headers"),
        ("url=http://127.0.0.1/&size=1", "size"),
        ("url=http://127.0.0.1/&Width=1", "Width"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(pictures: Service, query: str, parameter: str) -> None:
    """The refusal names the unknown, missing, repeated or invalid parameter."""
    query = query.replace("{side}", parameter)
    problem = expect_problem(pictures.client.get(f"{PATH}?{query}"), 400, "VALIDATION_FAILED")

    assert {"parameter": parameter} == problem["details"]


@pytest.mark.parametrize(
    "names", ["X-Missing", "Cookie", "Host", "Content-Length", "X-Forwarded-For", "a b", ","]
)
def test_a_header_that_cannot_be_forwarded_is_refused(
    pictures: Service, picture_server: PictureServer, names: str
) -> None:
    """It is missing, protected or invalid; nothing is fetched."""
    given = {"Cookie": "session=secret", "X-Forwarded-For": "10.0.0.1"}
    refused = ask(pictures.client, picture_server.on("/picture", answer(png())), given, headers=names)

    assert {"parameter": "headers"} == expect_problem(refused, 400, "VALIDATION_FAILED")["details"]
    assert [] == picture_server.asked


def test_a_failed_fetch_is_502(pictures: Service, picture_server: PictureServer) -> None:
    """Another status, without the text of the answer; too large; broken off; connection refused."""
    missing = ask(pictures.client, picture_server.on("/missing", answer(b"secret", "404 Not Found")))
    assert {"status": 404} == expect_problem(missing, 502, "EXTERNAL_SERVICE_ERROR")["details"]
    assert b"secret" not in missing.body
    large = picture_server.on("/large", head(), bytes(300_000))
    broken = picture_server.on("/broken", head(Content_Length="10"), b"x")
    for url in (large, broken, "http://nowhere.invalid/", f"http://127.0.0.1:{free_port()}/"):
        expect_problem(ask(pictures.client, url), 502, "EXTERNAL_SERVICE_ERROR")


def test_unreadable_pictures_are_422(pictures: Service, picture_server: PictureServer) -> None:
    """No picture, a truncated one, or too many pixels, also where Pillow itself would warn."""
    files = [b"", b"<html>", png(100, 100)[:-50], png_claiming(1001, 1000), png_claiming(50_000, 50_000)]
    for number, file in enumerate(files):
        refused = ask(pictures.client, picture_server.on(f"/{number}", answer(file)))
        expect_problem(refused, 422, "UNPROCESSABLE")


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[::ffff:127.0.0.1]", "0x7f.2"]
)
def test_other_than_listed_networks_are_refused(pictures: Service, host: str) -> None:
    """The refusal is about the caller's URL, and has the setting for the operator."""
    refused = ask(pictures.client, f"http://{host}/")

    assert "IOTCONFIG_PICTURE_NETWORKS" in expect_problem(refused, 400, "VALIDATION_FAILED")["error"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "0.0.0.0", "127.0.0.1.", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1"],  # noqa: S104
)  # fmt: skip
def test_without_the_setting_nothing_private_is_fetched(
    single: Service, picture_server: PictureServer, host: str
) -> None:
    """This holds for all spellings of this machine."""
    refused = single.client.get(f"{PATH}?url=http://{host}:{picture_server.port}/")

    expect_problem(refused, 400, "VALIDATION_FAILED")
    assert 0 == picture_server.connections


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_of_other_sites_are_refused(
    pictures: Service, picture_server: PictureServer, site: str
) -> None:
    """A browser would add the user's credentials, and this route would forward them."""
    url = picture_server.on("/picture", answer(png()))
    given = {"Sec-Fetch-Site": site, "Authorization": "Basic YTpi"}

    expect_problem(ask(pictures.client, url, given, headers="Authorization"), 403, "AUTHORIZATION_FAILED")
    expect_problem(ask(pictures.client, url, {"Origin": "https://evil.example"}), 403, "AUTHORIZATION_FAILED")
    assert 0 == picture_server.connections


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [f"/{PATH}", f"//{PATH}", PATH.replace("lvgl", "%6cvgl")])
def test_no_spelling_of_the_path_avoids_the_check_of_other_sites(
    pictures: Service, picture_server: PictureServer, path: str, method: str
) -> None:
    """The router accepts several leading slashes and encoded letters."""
    url = picture_server.on("/picture", answer(png()))
    asked = f"{path}?{urlencode({'url': url})}"

    refused = pictures.client.request(method, asked, headers={"Sec-Fetch-Site": "cross-site"})
    allowed = pictures.client.request(method, asked, headers={"Sec-Fetch-Site": "same-origin"})

    assert (403, 200) == (refused.status, allowed.status)
