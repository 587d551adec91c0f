"""The authorization of uploads: current timestamps, signatures of the key, each used once for a name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.assets.upload_rules import SignatureForm, UploadRules
from iotconfig.domain.errors import AuthorizationFailed, SignatureUsed, ValidationFailed
from iotconfig.testing.clocks import START
from tests.unit.uploading import CONTENT, NAME, Workshop

OTHER = AssetName("other.bin")
STRONG = UploadRules(form=SignatureForm.STRONG)
FIELDS_FIRST = ("timestamp", "signature", "file")
FIELDS_LAST = ("file", "signature", "timestamp")


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


def at(seconds: float) -> str:
    """A time this many seconds from the clock's, as a pipeline prints it."""
    return (START + timedelta(seconds=seconds)).isoformat()


def never_read() -> Iterator[bytes]:
    raise AssertionError("the file was read")
    yield b""


@pytest.mark.parametrize("tolerance", [1, 300])
def test_the_timestamp_may_be_off_by_the_tolerance(tolerance: int) -> None:
    """The limit is inclusive in both directions; the refusal has the tolerance and the service's time."""
    workshop = Workshop(UploadRules(timedelta(seconds=tolerance)))
    for bound in (-tolerance, 0, tolerance):
        workshop.upload(at(bound))
    for seconds in (-tolerance - 0.000001, tolerance + 0.000001, -86400, 10 * 365 * 86400):
        with pytest.raises(AuthorizationFailed) as refused:
            workshop.upload(at(seconds), blocks=never_read(), order=FIELDS_FIRST)
        assert f"more than {tolerance} s from the service's time, which is 2026-01-02T03:04:05Z." in str(
            refused.value
        )
        assert {
            "service_time": "2026-01-02T03:04:05Z",
            "tolerance_seconds": tolerance,
        } == refused.value.details


def test_a_slow_upload_does_not_expire_its_timestamp(workshop: Workshop) -> None:
    """The duration of the upload is added to the tolerance, wherever the timestamp stands in the form."""
    for number, order in enumerate((FIELDS_FIRST, FIELDS_LAST)):
        begin = workshop.timestamp()
        workshop.upload(
            begin,
            order=order,
            name=AssetName(f"begin-{number}"),
            between=lambda: workshop.clock.wait(hours=3),
        )
    end = (workshop.clock.now + timedelta(hours=6)).isoformat()
    workshop.upload(end, order=FIELDS_LAST, between=lambda: workshop.clock.wait(hours=3))


@pytest.mark.parametrize("order", [FIELDS_FIRST, FIELDS_LAST], ids=["fields first", "file first"])
def test_an_upload_of_more_than_a_day_is_refused(workshop: Workshop, order: tuple[str, ...]) -> None:
    """A signature cannot be kept for later by a connection that sends almost nothing."""
    with pytest.raises(AuthorizationFailed, match="more than 300 s from the service's time"):
        workshop.upload(order=order, between=lambda: workshop.clock.wait(hours=12, seconds=200))
    assert None is workshop.content()


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-01-02", "1e9", "2026-01-02T03:04:05Z\nfirmware.bin\nab"]
)
def test_a_text_that_is_no_timestamp_is_refused(workshop: Workshop, text: str) -> None:
    """The signed text of the stronger form is not a timestamp, so its signature is not valid for this form."""
    with pytest.raises(ValidationFailed, match=r"is not a timestamp: use 2026-01-31T12:00:00Z"):
        workshop.upload(text)


def test_the_signature_is_of_the_text_as_sent(workshop: Workshop) -> None:
    """A line break that was signed must be sent, and the reverse."""
    for signed, sent in (
        ("2026-01-02T03:04:05Z\n", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
    ):
        with pytest.raises(AuthorizationFailed, match="matches neither this timestamp, nor this"):
            workshop.upload(sent, workshop.key.sign(signed.encode()))
    workshop.upload("2026-01-02T03:04:05Z\n")
    assert CONTENT == workshop.content()


@pytest.mark.parametrize("text", ["%", "ab%d", "a", "aGk", "aGk=x", "aGk==", "aGk=aGk=", "aGl=", "-_-_", "ä"])
def test_what_is_not_base64_is_refused(workshop: Workshop, text: str) -> None:
    """Other alphabets, missing padding and non-zero trailing bits are refused."""
    with pytest.raises(ValidationFailed, match="not base64"):
        workshop.upload(signature=text)


def test_line_breaks_in_base64_are_ignored(workshop: Workshop) -> None:
    """`base64` and `openssl base64` wrap lines, and end the last one."""
    time = workshop.timestamp()
    signature = base64.encodebytes(base64.b64decode(workshop.key.sign(time.encode()))).decode()
    assert "\n" in signature[:-1]
    workshop.upload(time, signature.replace("\n", "\r\n"))


@pytest.mark.parametrize("signature", ["", base64.b64encode(b"x" * 256).decode()], ids=["empty", "made up"])
def test_a_signature_of_another_key_is_refused_before_the_file_is_read(
    workshop: Workshop, signature: str
) -> None:
    """If the fields precede the file, no file is written."""
    with pytest.raises(AuthorizationFailed, match="not made with the service's key"):
        workshop.upload(signature=signature, blocks=never_read(), order=("signature", "file", "timestamp"))


def test_a_signature_of_another_timestamp_is_refused(workshop: Workshop) -> None:
    """It could be a signature of the file, so it is refused after the file was read."""
    with pytest.raises(AuthorizationFailed, match="matches neither this timestamp"):
        workshop.upload(at(0), workshop.key.sign(at(1).encode()))
    assert (None, []) == (workshop.content(), workshop.announced())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{at(0)}\nother.bin\n{hashlib.sha256(CONTENT).hexdigest()}", id="another name"),
        pytest.param(f"{at(0)}\nfirmware.bin\n{hashlib.sha256(b'x').hexdigest()}", id="other bytes"),
        pytest.param(f"{at(1)}\nfirmware.bin\n{hashlib.sha256(CONTENT).hexdigest()}", id="another timestamp"),
        pytest.param(
            f"{at(0)}\nfirmware.bin\n{hashlib.sha256(CONTENT).hexdigest().upper()}", id="upper case"
        ),
        pytest.param(
            f"{at(0)}\nfirmware.bin\n{hashlib.sha256(CONTENT).hexdigest()}\n", id="a line break at the end"
        ),
        pytest.param(
            f"{at(0)}\r\nfirmware.bin\r\n{hashlib.sha256(CONTENT).hexdigest()}", id="other line breaks"
        ),
        pytest.param(f"{at(0)} firmware.bin {hashlib.sha256(CONTENT).hexdigest()}", id="no lines"),
        pytest.param(f"{at(0)}\nfirmware.bin", id="no digest"),
        pytest.param(f"firmware.bin\n{hashlib.sha256(CONTENT).hexdigest()}", id="no timestamp"),
    ],
)
@pytest.mark.parametrize("rules", [UploadRules(), STRONG], ids=["any", "strong"])
def test_the_stronger_form_holds_for_one_upload_only(rules: UploadRules, text: str) -> None:
    """Its three lines are exactly this timestamp, this name and this digest."""
    workshop = Workshop(rules)
    with pytest.raises(AuthorizationFailed, match="matches neither this timestamp, nor this"):
        workshop.upload(at(0), workshop.key.sign(text.encode()))
    assert None is workshop.content()


def test_a_plain_signature_is_refused_if_the_stronger_form_is_required() -> None:
    """It is refused at once if the fields precede the file, and otherwise after it."""
    workshop = Workshop(STRONG)
    with pytest.raises(AuthorizationFailed, match="covers the timestamp only: this service requires"):
        workshop.upload(blocks=never_read(), order=FIELDS_FIRST)
    with pytest.raises(AuthorizationFailed, match="covers the timestamp only: this service requires"):
        workshop.upload(order=FIELDS_LAST)
    workshop.upload(at(0), workshop.key.sign_strongly(at(0)))
    assert CONTENT == workshop.content()


@pytest.mark.parametrize("strong", [False, True], ids=["plain", "strong"])
def test_a_signature_is_used_once_for_a_name(workshop: Workshop, strong: bool) -> None:
    """A second use is refused with the same bytes and with others; the first upload stays."""
    signature = workshop.key.sign_strongly(at(0)) if strong else None
    workshop.upload(at(0), signature)
    announced = workshop.announced()
    for blocks in ([CONTENT], [b"other"]):
        if not strong or blocks == [CONTENT]:
            with pytest.raises(SignatureUsed, match=r"used for firmware\.bin before: each is accepted once"):
                workshop.upload(at(0), signature, blocks=blocks)
    assert CONTENT == workshop.content()
    assert announced == workshop.announced()


def test_another_spelling_is_the_same_signature(workshop: Workshop) -> None:
    """The decoded bytes are compared."""
    time = workshop.timestamp()
    signature = workshop.key.sign(time.encode())
    workshop.upload(time, signature)
    for spelling in (f"{signature}\n", f" {signature}", "\n".join(signature)):
        with pytest.raises(SignatureUsed):
            workshop.upload(time, spelling, blocks=[b"other"])
    assert CONTENT == workshop.content()


def test_one_signature_of_a_timestamp_serves_for_several_files(workshop: Workshop) -> None:
    """A pipeline can upload all its files with one signature, each name once."""
    time = workshop.timestamp()
    for name in (NAME, OTHER):
        workshop.upload(time, name=name)
    with pytest.raises(SignatureUsed, match=r"other\.bin"):
        workshop.upload(time, name=OTHER)
    assert [NAME, OTHER] == [asset.name for asset in workshop.service.find()]


def test_a_signature_is_remembered_for_as_long_as_it_could_be_used(workshop: Workshop) -> None:
    """It is forgotten when even an upload of a day that began at the last moment is over."""
    time = workshop.timestamp()
    workshop.upload(time)

    def late(hours: float) -> str:
        return workshop.upload(time, between=lambda: workshop.clock.wait(hours=hours / 3))[0].sha256

    workshop.clock.wait(seconds=300)
    with pytest.raises(SignatureUsed):
        late(23.9)
    workshop.clock.now = START + timedelta(seconds=300)
    with pytest.raises(AuthorizationFailed):
        late(24.1)
    workshop.clock.now = START + timedelta(days=2)
    with pytest.raises(AuthorizationFailed):
        workshop.upload(time)
