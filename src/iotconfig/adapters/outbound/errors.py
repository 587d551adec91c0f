"""The reasons for which a request to another host gets no usable answer."""

from __future__ import annotations


class OutboundError(Exception):
    """The request got no usable answer. The message completes "the request failed: …"."""


class RequestMalformed(OutboundError):
    """A URL or a header cannot be sent."""

    def __init__(self) -> None:
        super().__init__("the URL or a header is not well-formed")


class HostNotFound(OutboundError):
    """The host has no address."""

    def __init__(self) -> None:
        super().__init__("the host was not found")


class AddressRefused(OutboundError):
    """The policy allows none of the host's addresses."""

    def __init__(self) -> None:
        super().__init__("no address of the host may be contacted")


class Unreachable(OutboundError):
    """No address of the host accepts the connection."""


class CertificateRefused(OutboundError):
    """The server's certificate failed verification."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"the server's certificate was refused: {rule}")
        self.rule = rule
        """The rule that it broke, in OpenSSL's words, without a full stop."""


class TlsFailed(OutboundError):
    """The TLS handshake failed for another reason than the certificate."""


class ConnectionBroken(OutboundError):
    """The server closed the connection early, or its answer is not HTTP."""


class DeadlineExceeded(OutboundError):
    """The request took longer than its deadline allows."""

    def __init__(self) -> None:
        super().__init__("the answer took too long")


class BodyCompressed(OutboundError):
    """The body is compressed although the request asked for identity: a few bytes could become gigabytes."""

    def __init__(self) -> None:
        super().__init__("the body is compressed, although the request asked for an uncompressed one")


class BodyTooLarge(OutboundError):
    """The body has more bytes than the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is longer than {limit} bytes")
