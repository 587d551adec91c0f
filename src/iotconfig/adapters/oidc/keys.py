"""The provider's published keys (RFC 7517), and verification with them (RFC 7518, 8037, 9864)."""

from __future__ import annotations

import binascii
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from attrs import frozen
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import CompactSignature, JWSRegistry, validate_compact
from joserfc.registry import Header
from joserfc.util import urlsafe_b64decode

from .faults import ProviderUnavailable

log = logging.getLogger(__name__)

ALGORITHMS: Final = frozenset(
    {
        *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
        "EdDSA",
        "Ed25519",
        "Ed448",
    }
)
"""Asymmetric algorithms only: with a shared secret, everyone who can verify a signature can also make one."""

_MAX_KEYS: Final = 32
_MIN_RSA_BITS: Final = 2048
# The members of a public key; members of a private one are dropped.
_MEMBERS: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_SHARED: Final = ("kty", "kid", "use", "alg", "key_ops")


class Algorithms(JWSRegistry):
    """The accepted algorithms. No header of a token adds to them."""

    max_header_length = 8 * 1024
    max_signature_length = 2 * 1024

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """Return the algorithm of this name.

        Unlike the inherited method it does not warn of EdDSA: RFC 9864 deprecated the name, but
        providers use it.
        """
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name} is not accepted")
        return self.algorithms[name]

    def check_header(self, header: Header) -> None:
        """Refuse critical extensions, since none is supported."""
        if "crit" in header:
            raise UnsupportedAlgorithmError("crit is not supported")
        super().check_header(header)


REGISTRY: Final = Algorithms()


@frozen(eq=False)
class Keys:
    """The public keys of a provider."""

    keys: tuple[Key, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Parse a JWK set. Unusable keys are ignored (RFC 7517, section 5).

        Raises `ProviderUnavailable` where no usable key is left.
        """
        published = document.get("keys")
        keys = tuple(_usable(published[:_MAX_KEYS])) if isinstance(published, list) else ()
        if not keys:
            raise ProviderUnavailable("the provider publishes no usable key")
        return cls(keys)

    def signed(self, signature: CompactSignature) -> bool | None:
        """Whether one of these keys made the signature.

        None if this is unknown: the token names no key, or names a key that is not in the
        set. A newer key of the provider may have made the signature.
        """
        kid = signature.headers().get("kid")
        candidates = [key for key in self.keys if kid is None or key.kid == kid]
        if any(_made(key, signature) for key in candidates):
            return True
        return False if candidates and kid is not None else None


def _made(key: Key, signature: CompactSignature) -> bool:
    """Whether the key made the signature, and its type, curve, use and algorithm allow that."""
    try:
        return validate_compact(signature, key, registry=REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False


def _usable(published: list[Any]) -> Iterator[Key]:
    for member in published:
        try:
            key = _key(member)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.debug("identity provider: a key was ignored: %s", error)
        else:
            if key is not None:
                yield key


def _key(member: Any) -> Key | None:
    """Return the public key of one member; None where it is not for signatures of an accepted algorithm."""
    if not isinstance(member, dict) or member.get("kty") not in _MEMBERS or member.get("use") == "enc":
        return None
    wanted = (*_SHARED, *_MEMBERS[member["kty"]])
    public = {name: member[name] for name in wanted if name in member}
    if public["kty"] == "RSA" and _bits(public["n"]) < _MIN_RSA_BITS:
        return None
    return JWKRegistry.import_key(public)


def _bits(number: str) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(number.encode())).bit_length()
    except (AttributeError, binascii.Error):
        return 0
