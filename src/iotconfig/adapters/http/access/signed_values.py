"""Values that the service gives away, signed, to get them back unchanged within a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import field, frozen
from itsdangerous import BadData, URLSafeTimedSerializer

_SKEW: Final = timedelta(minutes=1)
"""Permitted difference between the clocks of the serving machines."""


@frozen
class SignedValues:
    """Signs values for one purpose. Their content is not secret."""

    _secret: str = field(repr=False)
    """The same in every serving process."""
    purpose: str
    """A value that was signed for another purpose is refused."""

    def sign(self, value: object) -> str:
        """Return the text of a JSON value: letters, digits, `-`, `_` and dots."""
        signed: str = self._serializer().dumps(value)
        return signed

    def read(self, text: str, longest: timedelta | None) -> Any:
        """Return the value that was signed at most `longest` ago, or at any time; None for any other text."""
        try:
            value, signed_at = self._serializer().loads(text, return_timestamp=True)
        except BadData:
            return None
        age = datetime.now(UTC) - signed_at
        return value if -_SKEW <= age and (longest is None or age <= longest) else None

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret, salt=f"iotconfig.{self.purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )
