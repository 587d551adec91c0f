"""`RsaSignatureVerifier`: the signatures that it accepts, and the key files that it loads."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from iotconfig.adapters.signatures import RsaSignatureVerifier
from iotconfig.domain.errors import ValidationFailed
from tests.support.signing import SigningKey, signing_key

TEXT = b"2026-01-31T12:00:05Z"
KEY = signing_key()
SIGNATURE = KEY.signature(TEXT)
MODULUS = KEY.private.public_key().public_numbers().n


def load(pem: bytes, directory: Path) -> RsaSignatureVerifier:
    path = directory / "key.pem"
    path.write_bytes(pem)
    return RsaSignatureVerifier.load(path)


def refusal(pem: bytes, directory: Path) -> str:
    with pytest.raises(ValidationFailed) as refused:
        load(pem, directory)
    return str(refused.value)


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(KEY.private_pem(), id="private, PKCS#8"),
        pytest.param(KEY.private_pem(PrivateFormat.TraditionalOpenSSL), id="private, PKCS#1"),
        pytest.param(KEY.public_pem(), id="public"),
        pytest.param(KEY.public_pem(PublicFormat.PKCS1), id="public, PKCS#1"),
        pytest.param(b"\n# the pipeline's\n" + KEY.public_pem() + b"\n", id="text around it"),
        pytest.param(KEY.private_pem().replace(b"\n", b"\r\n"), id="line ends of Windows"),
    ],
)
def test_signatures_of_the_key(tmp_path: Path, pem: bytes) -> None:
    """The digest is recovered from the signature, with a file of the private or the public key."""
    assert hashlib.sha256(TEXT).digest() == load(pem, tmp_path).signed_digest(SIGNATURE)


def test_signatures_of_openssl(tmp_path: Path) -> None:
    """The signatures are those of `openssl dgst -sha256 -sign`."""
    key = KEY.write(tmp_path / "pipeline.pem")
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=TEXT, capture_output=True, check=True
    )

    assert hashlib.sha256(TEXT).digest() == RsaSignatureVerifier.load(key).signed_digest(made.stdout)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"x", id="a byte"),
        pytest.param(bytes(256), id="zeros"),
        pytest.param(b"\xff" * 256, id="ones"),
        pytest.param(MODULUS.to_bytes(256, "big"), id="the modulus"),
        pytest.param((1).to_bytes(256, "big"), id="one"),
        pytest.param(SIGNATURE[:-1], id="cut off"),
        pytest.param(SIGNATURE + b"\0", id="a byte longer"),
        pytest.param(b"\0" + SIGNATURE, id="a zero in front"),
        pytest.param(SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1]), id="a bit flipped"),
        pytest.param(SIGNATURE * 2, id="twice"),
        pytest.param(hashlib.sha256(TEXT).digest(), id="the digest alone"),
        pytest.param(signing_key("another").signature(TEXT), id="another key"),
        pytest.param(KEY.private.sign(TEXT, PKCS1v15(), SHA1()), id="SHA-1"),  # noqa: S303 (to be refused)
        pytest.param(KEY.private.sign(TEXT, PKCS1v15(), SHA512()), id="SHA-512"),
        pytest.param(KEY.private.sign(TEXT, PSS(MGF1(SHA256()), 32), SHA256()), id="PSS"),
    ],
)
def test_other_signatures(tmp_path: Path, signature: bytes) -> None:
    """Another key, padding, hash or length, and signatures that are valid for any key, are refused."""
    assert None is load(KEY.public_pem(), tmp_path).signed_digest(signature)


SMALL = SigningKey(generate_private_key(65537, 1024))  # noqa: S505 (to be refused)
ENCRYPTED = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2"))
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("pem", "rule"),
    [
        pytest.param(b"", "expected a PEM file", id="empty"),
        pytest.param(b"hunter2", "expected a PEM file", id="text"),
        pytest.param(bytes(range(256)), "expected a PEM file", id="bytes"),
        pytest.param(KEY.private_pem()[:400], "expected a PEM file", id="cut off"),
        pytest.param(KEY.public_pem().replace(b"A", b"B"), "expected a PEM file", id="corrupt"),
        pytest.param(
            KEY.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "expected a PEM file",
            id="DER",
        ),
        pytest.param(generate_ec_key(SECP256R1()).private_bytes(*PKCS8), "RSA key", id="EC"),
        pytest.param(Ed25519PrivateKey.generate().private_bytes(*PKCS8), "RSA key", id="Ed25519"),
        pytest.param(SMALL.private_pem(), "1024 bits: at least 2048", id="small, private"),
        pytest.param(SMALL.public_pem(), "1024 bits: at least 2048", id="small, public"),
        pytest.param(ENCRYPTED, "encrypted: give its public key", id="encrypted"),
        pytest.param(
            KEY.private.private_bytes(
                Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x")
            ),
            "encrypted: give its public key",
            id="encrypted, PKCS#1",
        ),
    ],
)
def test_a_file_without_a_good_key_is_refused(tmp_path: Path, pem: bytes, rule: str) -> None:
    """The refusal is one line with the expected form, and shows nothing of the file."""
    message = refusal(pem, tmp_path)

    assert rule in message
    assert "\n" not in message
    assert "hunter2" not in message
    assert str(tmp_path) not in message
    assert [] == [line for line in pem.decode("latin-1").split() if len(line) > 30 and line in message]


@pytest.mark.parametrize("kind", ["missing", "directory", "endless"])
def test_a_path_that_is_no_key_file_is_refused(tmp_path: Path, kind: str) -> None:
    """A missing file, a directory and an endless device are refused."""
    path = {"missing": tmp_path / "none.pem", "directory": tmp_path, "endless": Path("/dev/zero")}[kind]

    with pytest.raises(ValidationFailed):
        RsaSignatureVerifier.load(path)


def test_nothing_of_the_key_is_shown(tmp_path: Path) -> None:
    """The `repr` of the verifier does not show the key."""
    assert "RsaSignatureVerifier()" == repr(load(KEY.private_pem(), tmp_path))
