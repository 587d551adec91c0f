"""Requests to the identity provider: each is bounded in time and size, and follows no redirect."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from iotconfig.adapters.outbound import AnyAddress, Deadline, HttpUrl, OutboundClient
from iotconfig.adapters.outbound.errors import OutboundError

from .faults import ProviderUnavailable

MAX_BYTES: Final = 256 * 1024
"""Size limit of an answer's body. The largest key sets, with their certificates, have some 30 KiB."""

_HEADERS: Final = {"accept": "application/json"}


@frozen
class Answer:
    """The provider's answer to one request."""

    status: int
    document: Mapping[str, Any]
    """The JSON object in its body."""


class ProviderClient:
    """Sends requests to one provider. Keeps no connection and no cookie."""

    def __init__(self, ca_file: Path | None, seconds: float) -> None:
        """`ca_file`: certificates to trust instead of the system's. `seconds`: the bound for each whole request.

        Raises `OSError` where the file cannot be read or holds no certificates.
        """
        # The operator configured the provider, often in a private network.
        self._client = OutboundClient(AnyAddress(), ssl.create_default_context(cafile=ca_file))
        self._seconds = seconds

    def get(self, url: str) -> Mapping[str, Any]:
        """Return the JSON object at `url`. Raises `ProviderUnavailable` for any other answer."""
        answer = self._request("GET", url, _HEADERS)
        if answer.status != HTTPStatus.OK:
            raise ProviderUnavailable(f"{url} answered with status {answer.status}")
        return answer.document

    def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Send a form. Raises `ProviderUnavailable` where the answer is not a JSON object."""
        return self._request("POST", url, {**_HEADERS, **headers}, body.encode())

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        try:
            with self._client.request(
                method, HttpUrl.split(url), headers, Deadline(self._seconds), content
            ) as response:
                status, body = response.status, response.body(MAX_BYTES)
        except OutboundError as error:
            raise ProviderUnavailable(f"{url}: {error}") from error
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise ProviderUnavailable(f"{url} answered with status {status}, and no JSON object")
        return Answer(status, document)
