"""What goes wrong between the service, its provider and who calls."""

from __future__ import annotations

from iotconfig.domain.errors import AuthenticationRequired, ExternalServiceError


class ProviderUnavailable(ExternalServiceError):
    """The provider is away, or what it says cannot be used.

    `reason` is for the operator's log: it may name hosts, never a secret. The
    message is for everyone.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The identity provider does not answer as it should: try again in a moment. "
            "The service's log says more."
        )
        self.reason = reason


def refused(why: str) -> AuthenticationRequired:
    """The refusal of a token: `why` completes a sentence, in general words."""
    return AuthenticationRequired(f"The token does not hold: {why}.")
