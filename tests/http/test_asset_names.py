"""Names that refer to other paths, in URLs and in uploads."""

from __future__ import annotations

import pytest

from tests.support.api import expect_problem
from tests.support.depot import AssetClient, new_name
from tests.support.forms import Field, form, headers_of, part_with

NO_NAMES = [
    "..", ".", "...", "%2e%2e", "%2e", "%2E%2E", ".%2e", "..%5c..%5csigning.pem", "..\\signing.pem", "%5c", "%00", "a%00b", "firmware.bin%00",
"%252e%252e", "..%252fsigning.pem", "%c0%ae%c0%ae", "%ef%bc%8e%ef%bc%8e", "%e2%80%a6", "%ff", "a%20b", "a+b", "%0a",
    "firmware.bin%0a", "firmware.bin%0d%0aX:%201", ".digests", ".upload-1", ".hidden", "a;v=1", "a:b", "a*", "~root", "a%25", "C:%5cx",
    "a" * 256, "a" * 300, "%61" * 300, "a" * 3000, "%e4",
]  # fmt: skip
NO_SEGMENTS = [
    "a%2fb", "%2fetc%2fpasswd", "..%2fsigning.pem", "%2e%2e%2fsigning.pem", "..%2F..%2fetc%2fpasswd", ".digests%2ffirmware.bin", "%2f", "../signing.pem",
    "../../../../etc/passwd", "./firmware.bin", "/firmware.bin", "firmware.bin/", "firmware.bin/.", "..;/signing.pem", ".digests/firmware.bin", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def something(shared_depot: AssetClient) -> None:
    """An asset, so that the directory exists; the key is in a file beside it."""
    shared_depot.uploaded("firmware.bin", b"firmware")
    assert (shared_depot.directory.parent / "signing.pem").is_file()


@pytest.mark.usefixtures("something")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        *[pytest.param(name, 400, "VALIDATION_FAILED", id=f"400 {name[:24]}") for name in NO_NAMES],
        *[pytest.param(path, 404, "ROUTE_NOT_FOUND", id=f"404 {path[:24]}") for path in NO_SEGMENTS],
    ],
)
def test_a_path_out_of_the_directory_is_refused(
    depot: AssetClient, method: str, target: str, status: int, code: str
) -> None:
    """400 for one invalid segment, 404 for another number of segments; no other file is shown or removed."""
    answer = depot.client.request(method, f"/api/assets/{target}")

    expect_problem(answer, status, code)
    assert b"PRIVATE KEY" not in answer.body
    assert b"root:" not in answer.body
    assert b"firmware" == depot.client.get("/api/assets/firmware.bin").body
    assert (depot.directory.parent / "signing.pem").is_file()


FILE_NAMES = [
    "", ".", "..", "../signing.pem", "../../evil", "/etc/cron.d/evil", "a/b", "..\\evil", "C:\\evil.bin", "\\\\host\\share", ".hidden", ".upload-1",
    ".digests", ".digests/firmware.bin", "a\0b", "evil.bin\0.png", "\0", "a b", " evil", "evil ", "a\tb", "%2e%2e%2fevil", "ä.bin", "\udcff", "\udcc0\udcae",
    "a" * 256, "a" * 300, "a" * 3000, "a;b", "a:b", "a'b", "a$(b)", "a`b`", "a|b", "a\u202egnp", "\uff0e\uff0e",
]  # fmt: skip


@pytest.mark.parametrize("name", FILE_NAMES, ids=lambda name: ascii(name)[:24])
def test_a_file_name_out_of_the_directory_is_refused(depot: AssetClient, name: str) -> None:
    """The answer is 400, and no file is written."""
    before = _tree(depot)
    parts = [
        Field("file", b"evil", name) if part.name == "file" else part
        for part in depot.fields(new_name(), b"evil")
    ]
    body = form(*parts)
    answer = depot.client.request("POST", "/api/assets", body, headers_of(body))

    expect_problem(answer, 400, "VALIDATION_FAILED")
    assert before == _tree(depot)


def _tree(depot: AssetClient) -> list[str]:
    """All files below the directory of the service, except those of the database."""
    return sorted(str(path) for path in depot.directory.parent.rglob("*") if "configs.db" not in path.name)


@pytest.mark.parametrize(
    "disposition",
    [
        b"form-data; name=file; filename=../evil",
        b"form-data; name=file; filename*=UTF-8''..%2Fevil",
        b"form-data; name=file; filename=good.bin; filename*=UTF-8''..%2Fevil",
        b'form-data; name=file; filename="good.bin"; filename="../evil"',
        b"form-data; name=file; filename*=UTF-16''%2e%2e",
        b"form-data; name=file; filename*=idna''%2e%2e%2fevil",
        b'form-data; name=file; filename="..\\"/evil"',
        b"form-data; name=file; filename=",
        b"form-data; name=file",
        b"form-data; filename=evil.bin",
        b'form-data; name="file" filename="../evil"',
        b"attachment",
        b"",
        b";" * 3000,
        b'"' * 3000,
    ],
    ids=lambda value: value[:48].decode(),
)
def test_a_file_name_in_another_spelling_is_refused_as_well(depot: AssetClient, disposition: bytes) -> None:
    """Extended parameters (RFC 8187), repeated ones, and invalid headers are refused."""
    before = _tree(depot)
    file = part_with([b"Content-Disposition: " + disposition], b"evil")
    rest = depot.fields(new_name(), b"evil", order=("timestamp", "signature"))
    answer = depot.send([file, *rest])

    assert 400 == answer.status, answer.body
    assert before == _tree(depot)
