"""A browser without a window: it keeps cookies as RFC 6265 requires, and follows no redirect by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urljoin, urlsplit

from attrs import define, field

from .http import Answer, Caller


@define
class Browser:
    """The browser of one user at one service."""

    client: Caller
    cookies: dict[str, str] = field(factory=dict)
    """What it would send."""
    origin: str = ""
    """What it takes the service to be; where that is reached through a proxy, another than the client's."""
    received: dict[str, Morsel[str]] = field(factory=dict)
    """The cookies that came last, with their attributes."""

    def __attrs_post_init__(self) -> None:
        self.origin = self.origin or self.client.base_url

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a GET as a browser does after a click."""
        return self.request("GET", path, None, {"Sec-Fetch-Site": "none", **(headers or {})})

    def send_json(
        self, method: str, path: str, value: object, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send `value` as JSON, with no header about its origin except these."""
        body = json.dumps(value).encode()
        return self.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send any request with the cookies of the browser."""
        given = dict(headers)
        if sent := [f"{name}={value}" for name, value in self.cookies.items() if self._is_for(path, name)]:
            given["Cookie"] = "; ".join(sent)
        answer = self.client.request(method, path, body, given)
        self._keep(answer.set_cookies)
        return answer

    def follow(self, answer: Answer) -> Answer:
        """Follow a redirect, which must lead to the service."""
        return self.get(self.local(answer.headers["location"]))

    def local(self, url: str) -> str:
        """Return path and query of a URL of the service, or of a relative one."""
        parts = urlsplit(urljoin(self.origin, url))
        assert f"{parts.scheme}://{parts.netloc}" == self.origin, url
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _is_for(self, path: str, name: str) -> bool:
        prefix = self.received[name]["path"] if name in self.received else "/"
        return prefix == "/" or path.partition("?")[0] == prefix

    def _keep(self, lines: Iterable[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self.received[name] = morsel
                if morsel["expires"]:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
