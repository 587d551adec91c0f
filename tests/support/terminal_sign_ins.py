"""The device authorization grant (RFC 8628) of the tests' identity provider, and the browser in which a person approves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from secrets import token_hex
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

VERIFICATION: Final = "/device"
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"


class TerminalSignIns:
    """The sign-ins at terminals that have begun."""

    def __init__(self) -> None:
        self.begun: list[Mapping[str, str]] = []
        """The forms with which they began."""
        self.response: dict[str, Any] = {}
        """Members of the answer to change; None takes one away."""
        self.answers: list[str] = []
        """Errors to answer the next requests for tokens with, in order."""
        self._lock = Lock()
        self._user_codes: dict[str, str] = {}
        """By device code, until the tokens are given."""
        self._subjects: dict[str, str] = {}
        """The persons who approved, by user code; empty where the person refused."""

    def begin(self, form: Mapping[str, str], verification_uri: str) -> tuple[int, bytes]:
        with self._lock:
            self.begun.append(form)
            user_code, device_code = f"CODE-{len(self.begun)}", token_hex()
            self._user_codes[device_code] = user_code
        document = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": verification_uri,
            "verification_uri_complete": f"{verification_uri}?user_code={user_code}",
            "expires_in": 600,
            "interval": 1,
            **self.response,
        }
        return 200, json.dumps(
            {name: value for name, value in document.items() if value is not None}
        ).encode()

    def verify(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        """What the person does at the provider: approve as `sub`, or refuse without."""
        self._subjects[form["user_code"]] = form.get("sub", "")
        return 200, b"{}"

    def redeem(self, device_code: str) -> str | bytes:
        """The person who approved the sign-in; or the body of the refusal."""
        with self._lock:
            if self.answers:
                return _error(self.answers.pop(0))
            user_code = self._user_codes.get(device_code)
            if user_code is None:
                return _error("invalid_grant")
            if user_code not in self._subjects:
                return _error("authorization_pending")
            del self._user_codes[device_code]
            return self._subjects[user_code] or _error("access_denied")


def _error(code: str) -> bytes:
    return json.dumps({"error": code, "error_description": "as told"}).encode()


def approve(verification_uri: str, user_code: str, sub: str | None = "ada") -> None:
    """Act as the browser of a person who approves the sign-in with this code as `sub`, or refuses it as None."""
    parts = urlsplit(verification_uri)
    form = {"user_code": user_code} if sub is None else {"user_code": user_code, "sub": sub}
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(
            "POST", parts.path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        assert 200 == answer.status, answer.read()
    finally:
        connection.close()
