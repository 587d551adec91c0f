"""RSA keys for tests, and signatures with them."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@frozen
class SigningKey:
    """The key of a build pipeline."""

    private: RSAPrivateKey

    def signature(self, text: bytes) -> bytes:
        return self.private.sign(text, PKCS1v15(), SHA256())

    def sign(self, text: str | bytes) -> str:
        """Return the signature in base64."""
        data = text.encode() if isinstance(text, str) else text
        return base64.b64encode(self.signature(data)).decode()

    def sign_strongly(self, timestamp: str, name: str, content: bytes) -> str:
        """Return the signature over timestamp, file name and SHA-256, as its documentation defines it."""
        return self.sign(f"{timestamp}\n{name}\n{hashlib.sha256(content).hexdigest()}")

    def private_pem(self, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
        return self.private.private_bytes(Encoding.PEM, form, NoEncryption())

    def public_pem(self, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, form)

    def write(self, path: Path) -> Path:
        """Write the private key to a file."""
        path.write_bytes(self.private_pem())
        path.chmod(0o600)
        return path


@cache
def signing_key(owner: str = "the pipeline") -> SigningKey:
    """Return the key of this owner; each is made once, because that takes long."""
    return SigningKey(generate_private_key(65537, 2048))


def timestamp(moment: datetime | None = None) -> str:
    """Return a time, by default the current one, as a pipeline prints it; never the same twice in a test."""
    return (moment or datetime.now(UTC)).isoformat()
