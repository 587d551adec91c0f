"""Errors of the provider and of its tokens."""

from __future__ import annotations

from iotconfig.domain.errors import AuthenticationRequired, ExternalServiceError


class ProviderUnavailable(ExternalServiceError):
    """The provider is away, or its answer is not usable.

    `reason` is for the log: it may name hosts, never a secret. The message is for callers.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The identity provider is not available, or its answer is not usable: try again in a moment. "
            "The service's log has the reason."
        )
        self.reason = reason


def refused(why: str) -> AuthenticationRequired:
    """Return the refusal of a token. `why` completes the sentence, without details of the token."""
    return AuthenticationRequired(f"The token is not valid: {why}.")
