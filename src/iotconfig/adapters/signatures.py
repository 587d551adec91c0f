"""`SignatureVerifier` with an RSA key from a PEM file (cryptography)."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from iotconfig.domain.errors import ValidationFailed, excerpt

from .regular_files import read_regular

_MIN_BITS: Final = 2048
_MAX_FILE: Final = 64 * 1024
_EXPECTED: Final = "expected a PEM file with an RSA key, private or public"


@frozen
class RsaSignatureVerifier:
    """Verifies RSA signatures: PKCS#1 v1.5 with SHA-256 (RFC 8017, section 8.2)."""

    _key: RSAPublicKey = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load the key from this file. Of a private key only the public half is kept.

        Raises `ValidationFailed` for a file that cannot be read, or has no RSA key of at least
        2048 bits. The message shows nothing of the file's content.
        """
        try:
            pem = read_regular(path, _MAX_FILE)
        except OSError as error:
            shown = excerpt(str(path.absolute()))
            raise ValidationFailed(f"{shown} cannot be read: {error.strerror}") from None
        key = _public_key(pem)
        if key.key_size < _MIN_BITS:
            raise ValidationFailed(
                f"the key has {key.key_size} bits: at least {_MIN_BITS} are needed for secure signatures"
            )
        return cls(key)

    def signed_digest(self, signature: bytes) -> bytes | None:
        try:
            # Checks the padding as `verify` does, but returns the digest: the signed file may not have
            # arrived yet.
            return self._key.recover_data_from_signature(signature, PKCS1v15(), SHA256())
        except InvalidSignature:
            return None


def _public_key(pem: bytes) -> RSAPublicKey:
    key: object
    try:
        if b"PRIVATE KEY-----" in pem:
            private = load_pem_private_key(pem, password=None)
            key = private.public_key() if isinstance(private, RSAPrivateKey) else None
        else:
            key = load_pem_public_key(pem)
    except TypeError:
        raise ValidationFailed("the private key is encrypted: give its public key instead") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise ValidationFailed(_EXPECTED)
    return key
