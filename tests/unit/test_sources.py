"""The source address that a failed sign-in counts for."""

from __future__ import annotations

from ipaddress import ip_network

import falcon.testing
import pytest

from iotconfig.adapters.http.access.sources import source_of

_PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "source"),
    [
        pytest.param("192.0.2.1", None, "192.0.2.1", id="no-proxy"),
        pytest.param("192.0.2.1", "198.51.100.7", "192.0.2.1", id="a-stranger-forwards-nothing"),
        pytest.param("10.1.2.3", "198.51.100.7", "198.51.100.7", id="a-proxy-of-ours"),
        pytest.param("10.1.2.3", "203.0.113.9, 198.51.100.7", "198.51.100.7", id="the-client-lied-before-it"),
        pytest.param("10.1.2.3", "198.51.100.7, 10.9.9.9", "198.51.100.7", id="two-proxies-of-ours"),
        pytest.param("10.1.2.3", None, "10.1.2.3", id="a-proxy-that-says-nothing"),
        pytest.param("10.1.2.3", " , ", "10.1.2.3", id="a-proxy-that-says-commas"),
        pytest.param("10.1.2.3", "nonsense", "10.1.2.3", id="a-proxy-that-says-nonsense"),
        pytest.param("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="ipv6-by-site"),
        pytest.param("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64", id="ipv6-without-proxy"),
        pytest.param("::ffff:192.0.2.1", None, "192.0.2.1", id="ipv4-in-ipv6"),
        pytest.param("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7", id="a-proxy-in-ipv6-spelling"),
        pytest.param("", None, "", id="a-socket-without-address"),
    ],
)
def test_the_source_of_a_request(remote: str, forwarded: str | None, source: str) -> None:
    """Entries of trusted proxies are read from the end; earlier ones are not trusted."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    req = falcon.testing.create_req(headers=headers)
    req.env["REMOTE_ADDR"] = remote

    assert source == source_of(req, _PROXIES)
